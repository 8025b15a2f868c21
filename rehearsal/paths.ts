/** Where a rehearsal keeps its things: one folder per stack, below `.rehearsal` of the checkout. */
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { stateFileIn } from "../scripts/recover/state-file.ts";
import { PROJECT } from "../src/config/schema.ts";

export const REPOSITORY = fileURLToPath(new URL("..", import.meta.url));

export interface RehearsalPaths {
  folder: string;
  /** Pulumi's name of the rehearsed stack. */
  stackName: string;
  /** Pulumi's working directory: project file and the stack's config as rehearsed. */
  work: string;
  /** Pulumi's own state, as files. */
  state: string;
  /** The stack's checkpoint in it. */
  stateFile: string;
  world: string;
  report: string;
  outputs: string;
  lock: string;
  /** The script that stands for talosctl. */
  talosctl: string;
  /** Folder of etcd's snapshots. */
  snapshots: string;
}

/** No real stack's name begins so: `readEnvironment` refuses an environment that does. */
export const REHEARSED = "rehearsed-";

export function rehearsalPaths(stack: string, root = join(REPOSITORY, ".rehearsal")): RehearsalPaths {
  const folder = resolve(root, stack);
  const stackName = `${REHEARSED}${stack}`;
  const state = join(folder, "state");
  return {
    folder,
    stackName,
    work: join(folder, "work"),
    state,
    stateFile: stateFileIn(state, { project: PROJECT, stackName }),
    world: join(folder, "world.json"),
    report: join(folder, "report.json"),
    outputs: join(folder, "outputs.json"),
    lock: join(folder, "lock.json"),
    talosctl: join(folder, "bin", "talosctl"),
    snapshots: join(folder, "etcd-snapshots"),
  };
}

export const TOOLCHAIN_FILE = join(REPOSITORY, ".rehearsal", "toolchain.json");
