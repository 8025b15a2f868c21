/**
 * Homelabs to begin from, each brought up once for all tests by the right program, and copied from then on. The first test that asks
 * for one makes it, whichever worker it runs in; the others wait for it.
 */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { cp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readEnvironment } from "../../../rehearsal/environment.ts";
import { REPOSITORY, rehearsalPaths } from "../../../rehearsal/paths.ts";
import { freePort } from "../../../rehearsal/ports.ts";
import type { WorldState } from "../../../rehearsal/world/kernel/state.ts";
import { withLock } from "../../../scripts/bootstrap/lock.mjs";
import { SNAPSHOTS } from "../../support/snapshots.ts";

export interface Beginning {
  /** Default: `lab`. */
  stack?: string;
  overlays?: string[];
  /** Whether somebody uses the cluster from its first `up` on. Default: false. */
  inhabited?: boolean;
}

/**
 * Lays a copy of a snapshot into a new folder.
 *
 * @param make Brings up the homelab; the folder that it is in.
 */
export async function layOut(
  { stack = "lab", overlays = [], inhabited = false }: Beginning,
  root: string,
  make: () => Promise<string>,
): Promise<void> {
  // What the config comes to, not how it was written.
  const { plain } = await readEnvironment(REPOSITORY, stack, overlays);
  const key = createHash("sha256")
    .update(JSON.stringify([stack, plain, inhabited]))
    .digest("hex")
    .slice(0, 16);
  const kept = join(process.env[SNAPSHOTS]!, key);
  await withLock(
    `${kept}.lock`,
    () => undefined,
    "bringing a homelab up",
    async () => {
      if (!existsSync(kept)) await rename(await make(), kept);
    },
  );
  await cp(kept, root, { recursive: true });
  await giveOwnPorts(stack, root);
}

/** Two copies may run at a time. That of Proxmox is part of the state; the others are only in the config, which each run writes anew. */
async function giveOwnPorts(stack: string, root: string): Promise<void> {
  const paths = rehearsalPaths(stack, root);
  const world = JSON.parse(await readFile(paths.world, "utf8")) as WorldState;
  const port = await freePort();
  const state = await readFile(paths.stateFile, "utf8");
  await writeFile(paths.stateFile, state.replaceAll(`127.0.0.1:${world.apiPort}/`, `127.0.0.1:${port}/`));
  await rm(`${paths.stateFile}.attrs`, { force: true });
  delete world.talosPort;
  delete world.kubernetesPort;
  await writeFile(paths.world, JSON.stringify({ ...world, apiPort: port }));
}
