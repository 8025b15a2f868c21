/** What talosctl's outputs say. Its own formats: cmd/talosctl/cmd/talos/{version,get,etcd}.go of siderolabs/talos. */
import type { EtcdAlarm, EtcdMember, EtcdStatus, RunningImage, VolumePhase } from "../../observe/picture.ts";
import { cell, parseTable } from "./table.ts";

/** Of `version --client --short`, e.g. `v1.12.0`. */
export function clientVersion(text: string): string {
  const match = /^Talos (v\d+\.\d+\.\d+\S*)/m.exec(text);
  if (!match) throw new Error(`talosctl did not say its version: ${firstLine(text)}`);
  return match[1]!;
}

/** Of `version --json`: versions by the address that was asked. */
export function talosVersions(text: string): Map<string, string> {
  const messages = documents(text) as {
    metadata?: { hostname?: string };
    version?: { tag?: string };
  }[];
  return new Map(
    messages.flatMap(({ metadata, version }) =>
      metadata?.hostname !== undefined && version?.tag !== undefined
        ? [[metadata.hostname, version.tag] as const]
        : [],
    ),
  );
}

/** A resource of Talos, as `get -o json` prints it. */
interface Resource {
  node: string;
  metadata: { id: string };
  spec: unknown;
}

/** Of `get machinestatuses`: stage and unmet conditions, by address. */
export function machineStages(text: string): Map<string, { stage: string; unmet: string[] }> {
  return new Map(
    resources(text).map(({ node, spec }) => {
      const { stage, status } = spec as {
        stage: string;
        status?: { unmetConditions?: { name: string; reason: string }[] | null };
      };
      const unmet = (status?.unmetConditions ?? []).map(({ name, reason }) => `${name}: ${reason}`);
      return [node, { stage, unmet }];
    }),
  );
}

/** Written into an image by the factory, next to the extensions, as if it were one: its version is the schematic's id. */
const SCHEMATIC = "schematic";
/** Made at build time from the kernel modules of the others. */
const MODULES = "modules.dep";

/** Of `get extensions`. */
export function runningImage(text: string): RunningImage {
  const layers = resources(text).map(
    ({ spec }) => (spec as { metadata: { name: string; version: string } }).metadata,
  );
  return {
    schematicId: layers.find(({ name }) => name === SCHEMATIC)?.version,
    extensions: layers.map(({ name }) => name).filter((name) => name !== SCHEMATIC && name !== MODULES),
  };
}

/** Of `get volumestatuses`: the phase of one volume. */
export function volumePhase(text: string, id: string): VolumePhase {
  const found = resources(text).find(({ metadata }) => metadata.id === id);
  return (found?.spec as { phase?: string } | undefined)?.phase;
}

/** Of `etcd status`. The column NODE is there as every command names its nodes. */
export function etcdStatuses(text: string): EtcdStatus[] {
  return parseTable(text).map((row) => ({
    address: cell(row, "NODE"),
    member: cell(row, "MEMBER"),
    leader: cell(row, "LEADER"),
    learner: cell(row, "LEARNER") === "true",
    errors: cell(row, "ERRORS"),
  }));
}

/** Of `etcd members`. */
export function etcdMembers(text: string): EtcdMember[] {
  return parseTable(text).map((row) => ({
    id: cell(row, "ID"),
    hostname: cell(row, "HOSTNAME"),
    learner: cell(row, "LEARNER") === "true",
  }));
}

/** Of `etcd alarm list`, which prints nothing where there is none. */
export function etcdAlarms(text: string): EtcdAlarm[] {
  return parseTable(text).map((row) => ({ member: cell(row, "MEMBER"), alarm: cell(row, "ALARM") }));
}

/** Phases of Talos's upgrade that mean something to a user, of some twelve (its Sequencer, Upgrade). */
const PHASES: Record<string, string> = {
  drain: "cordoned and being drained",
  upgrade: "the new image is being written",
  stopEverything: "rebooting",
};

/**
 * What a line of `upgrade` says of the progress, in words, or undefined. talosctl prints
 * `"192.168.1.126": phase: drain action: START` where nobody watches in a terminal.
 */
export function upgradePhase(line: string): string | undefined {
  const phase = /phase: (\S+) action: START/.exec(line)?.[1];
  return phase === undefined ? undefined : PHASES[phase];
}

/**
 * What a line of `upgrade-k8s` says of the progress, or undefined: which component is next, and on which address it is
 * done (talos, pkg/cluster/kubernetes, talos_managed.go and kubelet.go).
 */
export function kubernetesProgress(line: string): { component: string } | { doneOn: string } | undefined {
  const component = /^updating "?([a-z-]+)"? to version/.exec(line.trim())?.[1];
  if (component !== undefined) return { component };
  const doneOn = /^< "([^"]+)": successfully updated/.exec(line.trim())?.[1];
  return doneOn === undefined ? undefined : { doneOn };
}

function resources(text: string): Resource[] {
  return documents(text) as Resource[];
}

/** JSON documents one after another, each beginning on a line of its own with an unindented brace. */
function documents(text: string): unknown[] {
  return text
    .split(/^(?=\{)/m)
    .filter((part) => part.trim() !== "")
    .map((part) => {
      try {
        return JSON.parse(part) as unknown;
      } catch {
        throw new Error(`talosctl printed no JSON: ${firstLine(part)}`);
      }
    });
}

function firstLine(text: string): string {
  return (text.trim().split("\n")[0] ?? "").slice(0, 200);
}
