/** Loads and saves a stack's world. */
import { z } from "zod";
import { readJson, writeJson } from "./files.ts";
import { UserError } from "./user-error.ts";
import { WORLD_FORMAT, type WorldState } from "./world/state.ts";

/** Deep enough to tell a world from anything else; what is inside was written by us. */
const worldFile = z.looseObject({
  format: z.literal(WORLD_FORMAT),
  stack: z.string(),
  seed: z.number(),
  elapsed: z.number().min(0),
  nextId: z.int().min(0),
  proxmox: z.looseObject({
    hosts: z.record(z.string(), z.unknown()),
    vms: z.record(z.string(), z.unknown()),
  }),
  machines: z.record(z.string(), z.unknown()),
  clusters: z.record(z.string(), z.unknown()),
  events: z.array(z.unknown()),
});

export async function loadWorld(file: string, stack: string): Promise<WorldState | undefined> {
  const value = await readJson(file, "world file");
  if (value === undefined) return undefined;
  const parsed = worldFile.safeParse(value);
  if (!parsed.success || parsed.data.stack !== stack) {
    throw new UserError(
      `The world file ${file} is damaged: it does not hold the world of stack "${stack}". It was left as it is. ` +
        "Move the stack's folder away to begin the rehearsal anew.",
    );
  }
  return value as WorldState;
}

/** For its owner only: the world's disks hold machine configs, and those hold the cluster's secrets, if made-up ones. */
export function saveWorld(file: string): (state: WorldState) => Promise<void> {
  return (state) => writeJson(file, state, 0o600);
}
