/**
 * What a plan is judged by: the facts of the configuration whose change can cost a machine or its data. They are kept in
 * the state, so that the next run knows what the machines were made of.
 */
import { gibToBytes, talosSize } from "../config/sizes.ts";
import type { Consent, DiskConfig, HomelabConfig, NodeConfig, Role } from "../config/types.ts";

export interface DiskFacts {
  sizeGiB: number;
  datastore: string;
}

export interface NodeFacts {
  name: string;
  role: Role;
  host: string;
  vmId: number;
  address: string;
  retiring: boolean;
  osDisk: DiskFacts;
  dataDisk?: DiskFacts & { serial: string };
  extraDisks: DiskFacts[];
}

/** What the cluster was last asked to run. A run that broke off may have left some of it, or all, at what was before. */
export interface VersionFacts {
  talos: string;
  kubernetes: string;
  longhorn: string;
  traefik: string;
}

export interface PlanFacts {
  /** Also the prefix of every resource's name: under another name everything would be made anew. */
  clusterName: string;
  nodes: NodeFacts[];
  longhorn: { replicaCount: number; dataPath: string };
  allow: Consent[];
  /** Missing in a state from before versions were compared. */
  versions?: VersionFacts;
}

export function planFacts(config: HomelabConfig): PlanFacts {
  return {
    clusterName: config.cluster.name,
    nodes: config.nodes.map(nodeFacts),
    longhorn: { replicaCount: config.longhorn.replicaCount, dataPath: config.longhorn.dataPath },
    allow: config.allow,
    versions: {
      talos: config.cluster.talosVersion,
      kubernetes: config.cluster.kubernetesVersion,
      longhorn: config.longhorn.version,
      traefik: config.traefik.version,
    },
  };
}

function nodeFacts({ name, role, host, vmId, address, retiring, ...disks }: NodeConfig): NodeFacts {
  return {
    name,
    role,
    host,
    vmId,
    address,
    retiring: retiring === true,
    osDisk: diskFacts(disks.osDisk),
    ...(disks.dataDisk && { dataDisk: { ...diskFacts(disks.dataDisk), serial: disks.dataDisk.serial } }),
    extraDisks: disks.extraDisks.map(diskFacts),
  };
}

function diskFacts({ sizeGiB, datastore }: DiskConfig): DiskFacts {
  return { sizeGiB, datastore };
}

/** `40 GiB (43 GB in Talos)`. */
export function sizeText(sizeGiB: number): string {
  return `${sizeGiB} GiB (${talosSize(gibToBytes(sizeGiB))} in Talos)`;
}
