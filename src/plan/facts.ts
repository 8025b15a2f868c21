/** What a plan is judged by: what it costs a machine or its data to change. The same words for what is wanted and for what was made. */
import { gibToBytes, talosSize } from "../config/sizes.ts";
import type { DiskConfig, HomelabConfig, NodeConfig, Role } from "../config/types.ts";

export interface DiskFacts {
  sizeGiB: number;
  datastore: string;
}

/** What a VM is made of. */
export interface MachineFacts {
  name: string;
  host: string;
  vmId: number;
  address: string;
  retiring: boolean;
  cores: number;
  memoryGiB: number;
  bridge: string;
  vlan?: number;
  /** What cloud-init tells the machine at its next boot, besides its address. */
  cloudInit: { prefixLength: number; gateway: string; nameservers: string[] };
  /** Of the config only where it names one. */
  macAddress?: string;
  osDisk: DiskFacts;
  dataDisk?: DiskFacts & { serial: string };
  /** Undefined where one was detached. */
  extraDisks: (DiskFacts | undefined)[];
}

export interface NodeFacts extends MachineFacts {
  role: Role;
}

export function nodeFacts({ network }: Pick<HomelabConfig, "network">, node: NodeConfig): NodeFacts {
  const { name, role, host, vmId, address, cores, memoryGiB, macAddress, retiring, ...disks } = node;
  return {
    name,
    role,
    host,
    vmId,
    address,
    cores,
    memoryGiB,
    retiring: retiring === true,
    bridge: network.bridge,
    cloudInit: {
      prefixLength: network.prefixLength,
      gateway: network.gateway,
      nameservers: network.nameservers,
    },
    ...(network.vlan !== undefined && { vlan: network.vlan }),
    ...(macAddress !== undefined && { macAddress }),
    osDisk: diskFacts(disks.osDisk),
    ...(disks.dataDisk && { dataDisk: { ...diskFacts(disks.dataDisk), serial: disks.dataDisk.serial } }),
    extraDisks: disks.extraDisks.map(diskFacts),
  };
}

function diskFacts({ sizeGiB, datastore }: DiskConfig): DiskFacts {
  return { sizeGiB, datastore };
}

/** Versions that run; a part that was never installed has none. */
export interface VersionFacts {
  talos?: string;
  kubernetes?: string;
  longhorn?: string;
  traefik?: string;
}

export function wantedVersions({
  cluster,
  longhorn,
  traefik,
}: Pick<HomelabConfig, "cluster" | "longhorn" | "traefik">): Required<VersionFacts> {
  return {
    talos: cluster.talosVersion,
    kubernetes: cluster.kubernetesVersion,
    longhorn: longhorn.version,
    traefik: traefik.version,
  };
}

/** `40 GiB (43 GB in Talos)`. */
export function sizeText(sizeGiB: number): string {
  return `${sizeGiB} GiB (${talosSize(gibToBytes(sizeGiB))} in Talos)`;
}
