/** Loads and saves a stack's world. */
import { z } from "zod";
import { readJson, writeJson } from "./files.ts";
import { UserError } from "./user-error.ts";
import { joinShared } from "./world/proxmox/storage/types.ts";
import { WORLD_FORMAT, type WorldState } from "./world/kernel/state.ts";

const record = <Value extends z.ZodType>(value: Value) => z.record(z.string(), value);
const anything = record(z.unknown());
const disk = z.looseObject({
  id: z.string(),
  interface: z.string(),
  datastore: z.string(),
  sizeBytes: z.number(),
  media: z.enum(["disk", "cdrom", "efi"]),
  content: z.looseObject({ kind: z.enum(["blank", "talos", "gpt", "foreign"]) }),
});

/** Deep enough that whatever passes can be worked with: a damaged file is found here, not by a crash in the middle of a run. */
const worldFile = z.looseObject({
  format: z.literal(WORLD_FORMAT),
  stack: z.string(),
  seed: z.number(),
  elapsed: z.number().min(0),
  nextId: z.int().min(0),
  apiPort: z.int().min(1).max(65535).optional(),
  talosPort: z.int().min(1).max(65535).optional(),
  kubernetesPort: z.int().min(1).max(65535).optional(),
  proxmox: z.looseObject({
    hosts: record(
      z.looseObject({
        name: z.string(),
        bridges: z.array(z.string()),
        datastores: record(z.looseObject({ content: z.array(z.string()), files: anything })),
      }),
    ),
    vms: record(
      z.looseObject({
        vmId: z.int(),
        host: z.string(),
        power: z.enum(["stopped", "running"]),
        config: record(z.union([z.string(), z.number()])),
        disks: record(disk),
      }),
    ),
  }),
  machines: record(
    z.looseObject({
      vmId: z.int(),
      bootId: z.string(),
      answersAt: z.number(),
      addresses: z.array(z.string()),
      image: z.looseObject({ schematicId: z.string(), extensions: z.array(z.string()) }),
      devices: record(z.string()),
      volumes: z.array(z.looseObject({ name: z.string() })),
      iscsi: z.array(z.looseObject({ name: z.string() })),
    }),
  ),
  clusters: record(
    z.looseObject({
      id: z.string(),
      etcd: record(z.looseObject({ vmId: z.int() })),
      nodes: record(z.looseObject({ name: z.string(), vmId: z.int() })),
      namespaces: record(z.looseObject({ labels: record(z.string()) })),
      releases: record(z.looseObject({ chart: z.string() })),
      objects: record(z.looseObject({ kind: z.string(), body: anything })),
      pods: record(z.looseObject({ node: z.string() })),
      longhorn: z.looseObject({ settings: record(z.string()), volumes: anything }).optional(),
    }),
  ),
  events: z.array(
    z.looseObject({
      at: z.number(),
      kind: z.string(),
      subject: z.string(),
      text: z.string(),
      severity: z.string(),
    }),
  ),
  faults: z.array(z.looseObject({ kind: z.string(), subject: z.string() })).optional(),
  declarations: anything.optional(),
  factory: z.looseObject({ schematics: anything }).optional(),
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
  const state = value as WorldState;
  joinShared(state.proxmox);
  return state;
}

/** For its owner only: the world's disks hold machine configs, and those hold the cluster's secrets, if made-up ones. */
export function saveWorld(file: string): (state: WorldState) => Promise<void> {
  return (state) => writeJson(file, state, 0o600);
}

/**
 * A report is written at the end of every run. One that is no report of this stack is somebody's something, or a sign that the
 * folder is damaged: it is not written over.
 */
export async function refuseDamagedReport(file: string, stack: string): Promise<void> {
  const value = await readJson(file, "report");
  if (
    value === undefined ||
    z.looseObject({ stack: z.literal(stack), command: z.string() }).safeParse(value).success
  )
    return;
  throw new UserError(
    `The report ${file} is damaged: it is no report of stack "${stack}". It was left as it is. ` +
      "Move the stack's folder away to begin the rehearsal anew.",
  );
}
