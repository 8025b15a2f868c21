/**
 * What was really made, read out of the state: machines by their VMs, sent configs by the records that the program
 * leaves before them, Longhorn by its release. What a run only wished for is in none of them. Pure.
 */
import type { MachineFacts, VersionFacts } from "./facts.ts";
import type { Role } from "../config/types.ts";
import { compareVersions } from "../config/versions.ts";
import type { StateResource } from "./own-state.ts";
import { machineFacts } from "./vm-facts.ts";

/** A node whose machine config was applied, or sent without an answer: its data disk may be formatted, and hold data. */
export interface KeptNode {
  name: string;
  /** Unknown where an earlier version of the program applied it. */
  role?: Role;
  /** See `lifeOf`; 0 where it is not said. */
  life?: number;
}

export interface ExistingMachine extends MachineFacts {
  /** The MAC address that its config named, empty when it was left to Proxmox. Unknown of an earlier version's. */
  namedMac?: string;
}

export interface NodeImageFacts {
  node: string;
  talosVersion: string;
  extensions: string[];
}

/** What the end of a run says of a node that retires: all of that run succeeded, the move of its copies as well. */
export interface Retired {
  name: string;
  /** Which of the nodes of that name it was. */
  life: number;
}

export interface Existing {
  /** Also the prefix of every resource's name; undefined before the first run. */
  clusterName?: string;
  machines: ExistingMachine[];
  kept: KeptNode[];
  /** The nodes whose retirement came to its end, those that are gone as well. */
  retired: Retired[];
  longhorn?: { replicaCount: number; dataPath: string };
  images: NodeImageFacts[];
  versions: VersionFacts;
}

export const NOTHING_EXISTS: Existing = { machines: [], kept: [], retired: [], images: [], versions: {} };

const TYPES = {
  homelab: "homelab:index:Homelab",
  virtualization: "homelab:proxmox:Virtualization",
  vm: "proxmoxve:index/vmLegacy:VmLegacy",
  config: "talos:machine/configurationApply:ConfigurationApply",
  release: "kubernetes:helm.sh/v3:Release",
  stash: "pulumi:index:Stash",
} as const;

export function readExisting(state: readonly StateResource[]): Existing {
  const homelab = state.find(({ type }) => type === TYPES.homelab);
  if (!homelab) return NOTHING_EXISTS;
  const clusterName = resourceName(homelab);
  const named = (type: string, prefix: string, suffix: string) =>
    state.flatMap((resource) => {
      const node =
        resource.type === type
          ? between(resourceName(resource), `${clusterName}-${prefix}`, suffix)
          : undefined;
      return node === undefined ? [] : [{ node, outputs: resource.outputs }];
    });
  const stash = (name: string) =>
    state.find((resource) => resource.type === TYPES.stash && resourceName(resource) === name)?.outputs[
      "input"
    ];

  const records = new Map(
    named(TYPES.stash, "talos-", "-kept").map(({ node, outputs }) => [node, recordIn(outputs)]),
  );
  const macs = new Map(Object.entries(addressesIn(state)));
  const applied = named(TYPES.config, "talos-", "-config").map(({ node }) => node);
  const images = named(TYPES.stash, "talos-upgrade-", "-image").map(
    ({ outputs }) => outputs["input"] as NodeImageFacts,
  );
  const longhorn = releaseIn(state, `${clusterName}-longhorn-release`);
  const storage = storageOf(longhorn);
  const kubernetes = stash(`${clusterName}-talos-upgrade-kubernetes-version`) as
    { kubernetesVersion?: string } | undefined;
  return {
    clusterName,
    machines: named(TYPES.vm, "proxmox-", "-vm").map(({ node, outputs }) => ({
      ...machineFacts(node, outputs),
      ...(macs.has(node) && { namedMac: macs.get(node)! }),
    })),
    kept: [...new Set([...records.keys(), ...applied])].map((name) => ({ ...records.get(name), name })),
    retired: retiredIn(stash("settled")),
    ...(storage && { longhorn: storage }),
    images,
    versions: defined({
      talos: images.map(({ talosVersion }) => talosVersion).sort(compareVersions)[0],
      kubernetes: kubernetes?.kubernetesVersion,
      longhorn: longhorn?.version,
      traefik: releaseIn(state, `${clusterName}-traefik-release`)?.version,
    }),
  };
}

function resourceName({ urn }: StateResource): string {
  return urn.split("::").at(-1)!;
}

function between(name: string, prefix: string, suffix: string): string | undefined {
  return name.startsWith(prefix) && name.endsWith(suffix) && name.length > prefix.length + suffix.length
    ? name.slice(prefix.length, name.length - suffix.length)
    : undefined;
}

function recordIn(outputs: StateResource["outputs"]): Omit<KeptNode, "name"> {
  return outputs["input"] ?? {};
}

/** MAC addresses as the config named them, by node, of the last run that made all machines. */
function addressesIn(state: readonly StateResource[]): Record<string, string> {
  const proxmox = state.find(({ type }) => type === TYPES.virtualization)?.outputs;
  return (proxmox?.["macAddresses"] ?? {}) as Record<string, string>;
}

/** Before names were counted the state held them alone. */
function retiredIn(settled: unknown): Retired[] {
  const { retired = [] } = (settled ?? {}) as { retired?: (Retired | string)[] };
  return retired.map((node) => (typeof node === "string" ? { name: node, life: 0 } : node));
}

interface Release {
  version?: string;
  values?: {
    persistence?: { defaultClassReplicaCount?: string };
    defaultSettings?: { defaultDataPath?: string };
  };
}

function releaseIn(state: readonly StateResource[], name: string): Release | undefined {
  return state.find((resource) => resource.type === TYPES.release && resourceName(resource) === name)
    ?.outputs;
}

/** Undefined for a release that was left without its values: there is nothing to compare with. */
function storageOf(release: Release | undefined): Existing["longhorn"] {
  const replicaCount = Number(release?.values?.persistence?.defaultClassReplicaCount);
  const dataPath = release?.values?.defaultSettings?.defaultDataPath;
  return replicaCount > 0 && dataPath !== undefined ? { replicaCount, dataPath } : undefined;
}

function defined(values: { [key in keyof VersionFacts]: string | undefined }): VersionFacts {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
