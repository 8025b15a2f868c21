/**
 * The plan of an environment as a text to review: every resource that the program registers for its own stack file, in
 * a fixed order, secrets masked. A change of the program shows here as what it changes on real hosts.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import * as pulumi from "@pulumi/pulumi";
import { parse, stringify } from "yaml";
import type { HomelabOutputs } from "../../../src/outputs.ts";
import { nameIn, optionsOf } from "./find.ts";
import { SECRET_TEXTS } from "./mock-answers.ts";
import { runProgram, type Call, type Registration } from "./mock-engine.ts";
import { masked, settled } from "./secrets.ts";

const ROOT = resolve(fileURLToPath(import.meta.url), "../../../..");
const TOKEN_KEY = "homelab:proxmoxApiToken";

/** Every environment that has a stack file, sorted. */
export function environments(): string[] {
  return readdirSync(ROOT)
    .flatMap((file) => /^Pulumi\.([\w-]+)\.yaml$/.exec(file)?.[1] ?? [])
    .sort();
}

export function goldenFile(environment: string): string {
  return resolve(ROOT, "test/golden", `${environment}.yaml`);
}

/** Environments that have a golden plan, sorted. */
export function goldenEnvironments(): string[] {
  const folder = resolve(ROOT, "test/golden");
  return existsSync(folder)
    ? readdirSync(folder)
        .map((file) => file.replace(/\.yaml$/, ""))
        .sort()
    : [];
}

export async function goldenPlan(environment: string): Promise<string> {
  pulumi.runtime.setAllConfig(stackConfig(environment), [TOKEN_KEY]);
  // Imported here: the program reads nothing at import, but the SDK should be set up before it all the same.
  const { default: program } = await import("../../../src/index.ts");
  const run = await runProgram<HomelabOutputs>(program, { stack: environment });
  const outputs = await Promise.all(
    Object.entries(run.result).map(async ([key, value]): Promise<[string, unknown]> => [
      key,
      masked(await settled(pulumi.output(value))),
    ]),
  );
  const plan = {
    outputs: Object.fromEntries(outputs),
    resources: Object.fromEntries(run.resources.map((it) => [`${it.type} ${it.name}`, toPlan(it)])),
    // Their results are secrets, so what goes into them shows nowhere else.
    functions: run.calls.map(toFunction).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
  };
  const layout = { lineWidth: 0, sortMapEntries: true, aliasDuplicateObjects: false };
  // A machine's uuid is another one each time.
  const text = stringify(plan, layout).replace(
    /(uuid|replacementTrigger): [0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g,
    "$1: new",
  );
  return `# Generated: see scripts/update-golden.ts.\n${text}`;
}

function toPlan(registration: Registration): Record<string, unknown> {
  const { parent, inputs } = registration;
  const options = optionsOf(registration);
  return {
    ...(parent && { parent: nameIn(parent) }),
    ...(Object.keys(inputs).length > 0 && { inputs: masked(inputs) }),
    ...(Object.keys(options).length > 0 && { options }),
  };
}

/** A function's inputs reach the provider bare, so those that hold secrets are masked by name. */
function toFunction({ token, inputs }: Call): Record<string, unknown> {
  const hidden = ["machineSecrets", "clientConfiguration"];
  const shown = Object.entries(inputs).map(([key, value]) => [
    key,
    hidden.includes(key) ? "[secret]" : value,
  ]);
  return { token, inputs: Object.fromEntries(shown) as unknown };
}

/** The stack file as Pulumi hands it to the program, with a made-up token in the place of every encrypted one. */
function stackConfig(environment: string): Record<string, string> {
  const file = resolve(ROOT, `Pulumi.${environment}.yaml`);
  const { config } = parse(readFileSync(file, "utf8")) as { config: Record<string, unknown> };
  const texts = Object.entries(config).map(([key, value]) => [
    key,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  return { ...(Object.fromEntries(texts) as Record<string, string>), [TOKEN_KEY]: SECRET_TEXTS.token };
}
