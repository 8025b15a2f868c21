/** Pulumi's state of a rehearsed stack, read from its checkpoint file; never written. */
import type { OutputMap } from "@pulumi/pulumi/automation/index.js";
import { z } from "zod";
import type { HomelabConfig } from "../../src/config/types.ts";
import { readJson } from "../files.ts";
import { SIGNATURE } from "../providers/server/values.ts";
import { UserError } from "../user-error.ts";
import { withSecrets } from "./secrets.ts";

export interface StateResource {
  urn: string;
  type: string;
  parent?: string | undefined;
  provider?: string | undefined;
  dependencies?: string[] | undefined;
  /** Values that are secret stay encrypted. */
  outputs?: Record<string, unknown> | undefined;
  protect?: boolean | undefined;
}

const resource = z.looseObject({
  urn: z.string(),
  type: z.string(),
  parent: z.string().optional(),
  provider: z.string().optional(),
  dependencies: z.array(z.string()).optional(),
  outputs: z.record(z.string(), z.unknown()).optional(),
  protect: z.boolean().optional(),
});

/** Newer than any that the pinned CLI writes: refused rather than misread (pulumi sdk/go/common/apitype: checkpoints). */
const NEWEST_STATE = 4;

/** As Pulumi's file backend writes it; a stack without an update yet has no `latest`. */
const checkpointFile = z.looseObject({
  version: z.int().min(1).max(NEWEST_STATE),
  checkpoint: z.looseObject({
    latest: z
      .looseObject({
        resources: z.array(resource).nullish(),
        secrets_providers: z.looseObject({ state: z.looseObject({ salt: z.string().optional() }) }).nullish(),
      })
      .nullish(),
  }),
});

type Checkpoint = NonNullable<z.infer<typeof checkpointFile>["checkpoint"]["latest"]>;

async function readCheckpoint(file: string): Promise<Checkpoint> {
  const value = await readJson(file, "state file");
  if (value === undefined) return {};
  const parsed = checkpointFile.safeParse(value);
  if (!parsed.success) {
    throw new UserError(
      `The state file ${file} is damaged: it holds no Pulumi checkpoint that this CLI could have written. It was left as it is. ` +
        "Move the stack's folder away to begin the rehearsal anew.",
    );
  }
  return parsed.data.checkpoint.latest ?? {};
}

/** The resources in the state; none when the stack is new. Secrets in it stay encrypted. */
export async function readState(file: string): Promise<StateResource[]> {
  return (await readCheckpoint(file)).resources ?? [];
}

/** The stack's outputs, those that are secret marked as such, and in plain. */
export async function readStackOutputs(file: string, passphrase: string): Promise<OutputMap> {
  const { resources, secrets_providers: provider } = await readCheckpoint(file);
  const { outputs = {} } = resources?.find(({ type }) => type === "pulumi:pulumi:Stack") ?? {};
  const salt = provider?.state.salt ?? "";
  const entries = Object.entries(outputs).map(async ([name, value]) => {
    const output = { value: await withSecrets(value, passphrase, salt), secret: isEncrypted(value) };
    return [name, output] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

export function isEncrypted(value: unknown): boolean {
  return typeof value === "object" && value !== null && SIGNATURE in value;
}

const CONFIG_APPLICATION = "talos:machine/configurationApply:ConfigurationApply";

/** A node that retires before its config was ever applied is made no more, so nothing is expected of it. */
export function withoutUnmade(config: HomelabConfig, before: readonly StateResource[]): HomelabConfig {
  const applied = (node: string) =>
    before.some(({ type, urn }) => type === CONFIG_APPLICATION && urn.endsWith(`-${node}-config`));
  return { ...config, nodes: config.nodes.filter(({ name, retiring }) => !retiring || applied(name)) };
}
