/** What no fault may break, judged by the world's record and state alone. Each rule returns what it found against a world. */
import { MEANT_BY_DESTROY } from "../checks/machines/disks.ts";
import type { WorldState } from "../world/kernel/state.ts";

/** A file in a Longhorn volume, written before the fault. */
export interface KnownFile {
  claim: string;
  path: string;
  content: string;
}

export interface Judged {
  world: WorldState;
  /** Nothing is left to be lost after a destroy, and what it loses is meant. */
  destroyed: boolean;
  /** Data that must still be there. */
  known?: KnownFile;
  /** Ids of VMs that were to go. */
  removed?: readonly number[];
}

export type Rule = (judged: Judged) => string[];

const noCatastrophe: Rule = ({ world, destroyed }) =>
  world.events
    .filter(({ severity, kind }) => severity === "catastrophe" && !(destroyed && MEANT_BY_DESTROY.has(kind)))
    .map(({ text }) => `catastrophe: ${text}`);

const formatsRight: Rule = ({ world }) => {
  const formats = world.events.filter(({ kind }) => kind === "format");
  const seen = new Set<string>();
  return formats.flatMap(({ detail, subject, severity }) => {
    const disk = String(detail?.["diskId"]);
    const problems: string[] = [];
    if (seen.has(disk)) problems.push(`${disk} was formatted twice`);
    seen.add(disk);
    if (severity !== "info") {
      problems.push(
        `${subject}: ${disk} (${String(detail?.["interface"])}) was formatted, and is no declared data disk`,
      );
    }
    return problems;
  });
};

const bootstrapOnce: Rule = ({ world, destroyed }) => {
  const times = world.events.filter(({ kind }) => kind === "bootstrap").length;
  return times === 1 || (destroyed && times === 0) ? [] : [`etcd was bootstrapped ${times} times`];
};

/** A VM that a fault made twice, or left behind, has no place in the declarations, or has the name of another. */
const machinesOwned: Rule = ({ world, destroyed, removed = [] }) => {
  const own = Object.values(world.proxmox.vms).filter(({ foreign }) => !foreign);
  const names = own.map(({ config }) => String(config["name"]));
  return [
    ...own
      .filter(({ vmId }) => destroyed || removed.includes(vmId) || !world.declarations?.[vmId])
      .map(({ vmId }) => `VM ${vmId} is an orphan`),
    ...names
      .filter((name, index) => names.indexOf(name) !== index)
      .map((name) => `there are two VMs ${name}`),
    ...(destroyed
      ? []
      : Object.keys(world.declarations ?? {})
          .filter((vmId) => !world.proxmox.vms[vmId] && !removed.includes(Number(vmId)))
          .map((vmId) => `VM ${vmId} is missing`)),
  ];
};

const foreignUntouched: Rule = ({ world }) =>
  world.events
    .filter(({ kind, text }) => kind === "vm-deleted" && text.includes("not this program's"))
    .map(({ text }) => text);

const dataKept: Rule = ({ world, known }) => {
  if (!known) return [];
  const volumes = Object.values(world.clusters).flatMap(({ longhorn }) =>
    Object.values(longhorn?.volumes ?? {}),
  );
  const volume = volumes.find(({ claim, released }) => claim === known.claim && !released);
  if (!volume) return [`the volume of ${known.claim} is gone`];
  const problems: string[] = [];
  if (volume.files[known.path]?.content !== known.content)
    problems.push(`${known.path} in ${known.claim} is not what was written`);
  if (volume.robustness !== "healthy") problems.push(`the volume of ${known.claim} is ${volume.robustness}`);
  return problems;
};

const imagesOwned: Rule = ({ world, destroyed }) => {
  const images = Object.values(world.proxmox.hosts).flatMap(({ name, datastores }) =>
    Object.values(datastores).flatMap(({ files }) =>
      Object.values(files)
        .filter(({ image }) => image !== undefined)
        .map(({ volumeId }) => `${volumeId} on ${name}`),
    ),
  );
  return destroyed ? images.map((image) => `${image} was left behind`) : [];
};

export const RULES: Record<string, Rule> = {
  "no catastrophe": noCatastrophe,
  "each data disk formatted once, nothing else": formatsRight,
  "one bootstrap": bootstrapOnce,
  "no orphan, no duplicate": machinesOwned,
  "others' machines untouched": foreignUntouched,
  "data kept": dataKept,
  "no image left behind": imagesOwned,
};

export function broken(judged: Judged): string[] {
  return Object.values(RULES).flatMap((rule) => rule(judged));
}
