import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import type { Toolchain } from "../../../scripts/bootstrap/tools/toolchain.mjs";
import { readJson } from "../../../scripts/bootstrap/files.mjs";
import { toolchainFile } from "../../../scripts/bootstrap/settings.mjs";
import { repository } from "./fakes.js";

interface Properties {
  required?: string[];
  requiredInputs?: string[];
  properties?: Record<string, unknown>;
  inputProperties?: Record<string, unknown>;
}

interface Schema {
  provider: Properties;
  functions: Record<string, { inputs: Properties }>;
  resources: Record<string, Properties>;
  types: Record<string, Properties>;
}

const toolchain = readJson(toolchainFile(repository)) as Toolchain | undefined;
const schemaFile = toolchain && path.join(path.dirname(toolchain.proxmoxPluginPath), "schema.json");
const ownBuild =
  toolchain?.proxmoxPlugin === "own build" && schemaFile !== undefined && existsSync(schemaFile);
const sdk = path.join(repository, "node_modules/@muhlba91/pulumi-proxmoxve");

/** The members of an interface of the npm package, with a ? for optional ones. */
function members(file: string, name: string): string[] {
  const lines = readFileSync(path.join(sdk, file), "utf8").split("\n");
  const start = lines.findIndex((line) => line.trim() === `export interface ${name} {`);
  const indent = /^ */.exec(lines[start] ?? "")![0];
  const end = lines.indexOf(`${indent}}`, start);
  if (start < 0) return [];
  return lines
    .slice(start + 1, end)
    .flatMap((line) => new RegExp(`^${indent}    (?:readonly )?(\\w+\\??): `).exec(line)?.[1] ?? [])
    .sort();
}

function inputs(of: Properties): string[] {
  const required = new Set(of.requiredInputs ?? of.required);
  return Object.keys(of.inputProperties ?? of.properties ?? {})
    .map((name) => (required.has(name) ? name : `${name}?`))
    .sort();
}

// Without this a program that works with our build could fail with the published plugin, or the other way round.
describe.skipIf(!ownBuild)("our build of the Proxmox plugin takes what the npm package sends", () => {
  const schema = (ownBuild ? readJson(schemaFile) : { types: {}, functions: {} }) as Schema;

  it.each([
    ["proxmoxve:index/vmLegacy:VmLegacy", "vmLegacy.d.ts", "VmLegacyArgs", 58],
    ["proxmoxve:download/file:File", "download/file.d.ts", "FileArgs", 12],
  ])("%s", (token, file, name, count) => {
    const expected = members(file, name);
    expect(expected).toHaveLength(count);
    expect(inputs(schema.resources[token]!)).toEqual(expected);
  });

  it("the provider's configuration", () => {
    expect(inputs(schema.provider)).toEqual(members("provider.d.ts", "ProviderArgs"));
  });

  const functions = Object.entries(schema.functions).filter(([token]) => !token.startsWith("pulumi:"));
  it.each(functions)("%s", (token, { inputs: given }) => {
    const name = token.split(":").pop()!;
    expect(inputs(given)).toEqual(members(`${name}.d.ts`, `${capital(name)}Args`));
  });

  const nested = Object.entries(schema.types).filter(([token]) => !token.startsWith("proxmoxve:config/"));
  it.each(nested)("%s", (token, type) => {
    const name = capital(token.split(":").pop()!);
    const sent = members("types/input.d.ts", name);
    // What only comes back is typed among the outputs; there nothing is optional by a ?.
    const names = (list: string[]) => list.map((one) => one.replace("?", ""));
    if (sent.length > 0) expect(inputs(type)).toEqual(sent);
    else expect(names(inputs(type))).toEqual(names(members("types/output.d.ts", name)));
  });
});

/** Interfaces are capitalized in the npm package where the schema's names are not. */
function capital(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}
