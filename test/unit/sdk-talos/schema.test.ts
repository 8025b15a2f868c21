/**
 * Holds the package to the provider's own schema: every resource, function, nested type and property, its type and
 * whether it is required.
 */
import type * as pulumi from "@pulumi/pulumi";
import * as talos from "@pulumiverse/talos";
import { describe, expect, it } from "vitest";
import { readFacts, testFacts } from "../../support/facts.ts";
import { fakeEngine, valueOf } from "./fake-engine.ts";
import { diagnostics, names, outputsLine, signature, typeLine } from "./typescript-surface.ts";

interface Property {
  type?: string;
  $ref?: string;
  items?: Property;
  secret?: boolean;
}
interface Shape {
  properties?: Record<string, Property>;
  required?: string[];
  language?: { nodejs?: { requiredInputs?: string[]; requiredOutputs?: string[] } };
}
interface Resource extends Shape {
  inputProperties: Record<string, Property>;
  requiredInputs?: string[];
  stateInputs: Shape;
}
interface Schema {
  config: { variables: Record<string, Property> };
  provider: Resource;
  types: Record<string, Shape>;
  resources: Record<string, Resource>;
  functions: Record<string, { inputs?: Shape; outputs: Shape }>;
}

const FACTS = "talos-provider-0.8.1";
/** What is compared: nothing of how the schema describes it. */
const KEYS = new Set([
  ...["type", "$ref", "items", "secret", "properties", "required", "requiredInputs", "requiredOutputs"],
  ...["inputProperties", "stateInputs", "language", "nodejs", "inputs", "outputs", "variables"],
]);

/** @param named Whether the keys are names of somebody's, and so all are kept. */
function reduced(value: unknown, named = false): unknown {
  if (Array.isArray(value) || typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).filter(([key]) => named || KEYS.has(key));
  return Object.fromEntries(
    kept.map(([key, each]) => [key, reduced(each, /[pP]roperties$|^variables$/.test(key))]),
  );
}

testFacts(
  FACTS,
  "Schema of the Pulumi provider talos 0.8.1: names and types, what is required, and what is secret",
  ["pulumi-talos-0.8.1.schema.json"],
  ({ config, provider, types, resources, functions }: Schema) => ({
    config: reduced(config),
    provider: reduced(provider),
    ...Object.fromEntries(
      Object.entries({ types, resources, functions }).map(([kind, all]) => [
        kind,
        Object.fromEntries(Object.entries(all).map(([token, shape]) => [token, reduced(shape)])),
      ]),
    ),
  }),
);

const schema = readFacts<Schema>(FACTS);

it("compiles, the package as well as a program that uses it", { timeout: 60_000 }, () => {
  expect(diagnostics()).toEqual([]);
});

/** "talos:machine/getDisks:getDisks" -> ["machine", "getDisks"]; modules as the package exports them. */
function split(token: string): [module: string, name: string] {
  const [, module = "", name = ""] = token.split(":");
  return [module.replace(/\/.*/, "").toLowerCase(), name];
}
const capital = (name: string) => name[0]?.toUpperCase() + name.slice(1);

/** The token in a reference, which the schema writes with and without a slash. */
const typeToken = (reference: string) => reference.replace(/^#\/?types\//, "");

/** What typescript-surface.ts writes, from the schema. */
function line(property: Property, side: "input" | "output"): string {
  if (property.$ref) return shapeLine(schema.types[typeToken(property.$ref)] ?? {}, side);
  if (property.items) return `${line(property.items, side)}[]`;
  return property.type === "integer" ? "number" : (property.type ?? "unknown");
}
function shapeLine(shape: Shape, side: "input" | "output"): string {
  const special = shape.language?.nodejs?.[side === "input" ? "requiredInputs" : "requiredOutputs"];
  return propertiesLine(shape.properties ?? {}, special ?? shape.required ?? [], side);
}
function propertiesLine(
  properties: Record<string, Property>,
  required: string[],
  side: "input" | "output",
): string {
  const lines = Object.entries(properties).map(
    ([name, property]) => `${name}${required.includes(name) ? "" : "?"}: ${line(property, side)}`,
  );
  return `{${lines.sort().join(", ")}}`;
}

/** The nested types below some properties, by token. */
function reached(properties: Record<string, Property> = {}, found = new Set<string>()): Set<string> {
  for (const property of Object.values(properties)) {
    const token = typeToken(property.$ref ?? property.items?.$ref ?? "");
    if (token === "" || found.has(token)) continue;
    found.add(token);
    reached(schema.types[token]?.properties, found);
  }
  return found;
}

// A method of the provider, not a function of its own.
const isMethod = (token: string) => token.startsWith("pulumi:providers:");
/** Nothing of this project calls them, so this package leaves them out. */
const LEFT_OUT = /:get(Urls|ExtensionsVersions|OverlaysVersions)$/;
const functions = Object.entries(schema.functions).filter(
  ([token]) => !isMethod(token) && !LEFT_OUT.test(token),
);
const resources = Object.entries(schema.resources);

describe("against the schema", () => {
  it("has these resources and functions and no others", () => {
    const expected: Record<string, string[]> = {};
    const add = (module: string, ...all: string[]) => (expected[module] ??= []).push(...all);
    for (const [token] of resources) {
      const [module, name] = split(token);
      add(module, name, `${name}Args`, `${name}State`);
    }
    for (const [token] of functions) {
      const [module, name] = split(token);
      add(
        module,
        name,
        `${name}Output`,
        ...["Args", "OutputArgs", "Result"].map((end) => capital(name) + end),
      );
    }
    expect(resources).toHaveLength(5);
    expect(functions).toHaveLength(6);
    expect(names("")).toEqual(["Provider", "ProviderArgs", "types", ...Object.keys(expected)].sort());
    for (const [module, all] of Object.entries(expected)) expect(names(module)).toEqual(all.sort());
  });

  it.each(resources)("%s", (token, resource) => {
    const at = split(token).join(".");
    const args = propertiesLine(resource.inputProperties, resource.requiredInputs ?? [], "input");
    expect(typeLine(`${at}Args`, true)).toBe(args);
    expect(typeLine(`${at}State`, true)).toBe(
      propertiesLine(resource.stateInputs.properties ?? {}, [], "input"),
    );
    expect(outputsLine(at)).toBe(
      propertiesLine(resource.properties ?? {}, resource.required ?? [], "output"),
    );
    expect(signature(at).argsOptional).toBe((resource.requiredInputs ?? []).length === 0);
  });

  it.each(functions)("%s", (token, { inputs = {}, outputs }) => {
    const [module, name] = split(token);
    const type = `${module}.${capital(name)}`;
    expect(typeLine(`${type}Args`, false)).toBe(shapeLine(inputs, "input"));
    expect(typeLine(`${type}OutputArgs`, true)).toBe(shapeLine(inputs, "input"));
    expect(typeLine(`${type}Result`, false)).toBe(shapeLine(outputs, "output"));
    const argsOptional = (inputs.required ?? []).length === 0;
    expect(signature(`${module}.${name}`)).toEqual({
      argsOptional,
      gives: `Promise<${capital(name)}Result>`,
    });
    expect(signature(`${module}.${name}Output`)).toEqual({
      argsOptional,
      gives: `Output<${capital(name)}Result>`,
    });
  });

  it("the provider", () => {
    const { provider } = schema;
    expect(typeLine("ProviderArgs", true)).toBe(propertiesLine(provider.inputProperties, [], "input"));
    expect(outputsLine("Provider")).toBe(propertiesLine(provider.properties ?? {}, [], "output"));
    expect(Object.keys(schema.functions).filter(isMethod)).toEqual([
      "pulumi:providers:talos/terraformConfig",
    ]);
  });

  it("nested types, under the names that Pulumi's generator gives them", () => {
    const inputs: Record<string, string> = {};
    const outputs: Record<string, string> = {};
    const write = (into: Record<string, string>, token: string, end: string, side: "input" | "output") => {
      const module = token.split(":")[1]?.replace(/\/.*/, "") ?? "";
      into[`${module}.${capital(token.split(":")[2] ?? "")}${end}`] = shapeLine(
        schema.types[token] ?? {},
        side,
      );
    };
    const ofFunctions = functions.flatMap(([, { inputs: own }]) => [...reached(own?.properties)]);
    // A function's input has a plain and an `Args` form; a resource's has one, named `Args` only if it is shared.
    for (const token of ofFunctions) {
      write(inputs, token, "", "input");
      write(inputs, token, "Args", "input");
    }
    for (const [, { inputProperties, stateInputs, properties }] of resources) {
      for (const token of reached({ ...inputProperties, ...stateInputs.properties })) {
        if (!ofFunctions.includes(token)) write(inputs, token, "", "input");
      }
      for (const token of reached(properties)) write(outputs, token, "", "output");
    }
    for (const [, own] of functions)
      for (const token of reached(own.outputs.properties)) write(outputs, token, "", "output");

    const ours = (under: "types.input" | "types.output", plain: (name: string) => boolean) => {
      const all = names(under).flatMap((module) =>
        names(`${under}.${module}`).map((name) => `${module}.${name}`),
      );
      return Object.fromEntries(all.map((name) => [name, typeLine(`${under}.${name}`, !plain(name))]));
    };
    expect(ours("types.output", () => true)).toEqual(outputs);
    expect(ours("types.input", (name) => `${name}Args` in inputs)).toEqual(inputs);
  });

  it.each(resources)("%s wraps and marks the same secrets", async (token, resource) => {
    const [module, name] = split(token);
    const classes = talos as unknown as Record<
      string,
      Record<string, new (n: string, a: object) => pulumi.Resource>
    >;
    const inputs = Object.fromEntries(
      Object.keys(resource.inputProperties).map((key) => [key, `some ${key}`]),
    );
    const made = classes[module]?.[name];
    if (!made) throw new Error(`${token} is missing`);
    const engine = await fakeEngine();
    await valueOf(new made("any", inputs).urn);

    const secrets = (properties: Record<string, Property> = {}) =>
      Object.keys(properties).filter((key) => properties[key]?.secret);
    const wrapped = Object.entries(engine.requests[0]?.inputs as object).filter(
      ([, sent]) => typeof sent === "object",
    );
    expect(Object.keys(engine.requests[0]?.inputs as object).sort()).toEqual(Object.keys(inputs).sort());
    expect(wrapped.map(([key]) => key).sort()).toEqual(secrets(resource.inputProperties).sort());
    expect(engine.requests[0]?.additionalSecretOutputs?.sort()).toEqual(secrets(resource.properties).sort());
  });

  it.each(functions)("%s takes the same arguments at run time", async (token, { inputs = {} }) => {
    const [module, name] = split(token);
    const all = talos as unknown as Record<string, Record<string, (args: object) => Promise<unknown>>>;
    const args = Object.fromEntries(Object.keys(inputs.properties ?? {}).map((key) => [key, `some ${key}`]));
    const engine = await fakeEngine();
    await all[module]?.[name]?.({ ...args, extra: "no argument" });
    expect(engine.requests).toMatchObject([{ token, inputs: args }]);
    expect(Object.keys(engine.requests[0]?.inputs as object).sort()).toEqual(Object.keys(args).sort());
    const missing = (inputs.required ?? []).map((key) => `"${key}"`).join(" and ");
    if (missing) await expect(all[module]?.[name]?.({})).rejects.toThrow(`${token} needs ${missing}, which`);
  });
});
