/**
 * The hardware of a simulated homelab: described in plain data, and made into the world's first state. Without a
 * description of its own, an environment gets one that fits its config (`hardwareFor`).
 */
import type { HomelabConfig, NodeConfig } from "../../../../src/config/types.ts";
import type {
  DatastoreContent,
  DatastoreState,
  HostState,
  ProxmoxState,
  StoreType,
  VmState,
} from "../state.ts";
import { joinShared, STORE_TYPES } from "../storage/types.ts";
import { addForeignDisk } from "../qemu/vms.ts";
import { GiB } from "../../kernel/units.ts";
import { numberToAddress, parseSubnet } from "../../../../src/config/addresses.ts";

export interface Hardware {
  hosts: HardwareHost[];
  /** Machines that the homelab already has, and that no program may touch. They run, unless their host is off. */
  foreignVms?: ForeignVm[];
  /** LXC containers that it already has. */
  containers?: ForeignContainer[];
  /** Release of Proxmox VE, e.g. `8.3.2`; default: a current one. */
  version?: string;
}

export interface ForeignContainer {
  vmId: number;
  name: string;
  host: string;
  /** Default: true, unless its host is off. */
  running?: boolean;
}

export interface HardwareHost {
  name: string;
  cpus: number;
  memoryGiB: number;
  bridges: string[];
  datastores: HardwareDatastore[];
  /** A member of the cluster that is switched off. */
  off?: boolean;
}

export interface HardwareDatastore {
  name: string;
  type: DatastoreState["type"];
  content: DatastoreContent[];
  sizeGiB: number;
  /** One datastore for every host that has it under this name; true by itself where the type is. */
  shared?: boolean;
}

export interface ForeignVm {
  vmId: number;
  name: string;
  host: string;
  address?: string;
  macAddress?: string;
  disks?: { datastore: string; sizeGiB: number }[];
}

/** The first state of a Proxmox with that hardware. `ids` numbers the disks. */
export function installHardware(hardware: Hardware, ids: { nextId(prefix: string): string }): ProxmoxState {
  const hosts = Object.fromEntries(hardware.hosts.map((host) => [host.name, installHost(host)]));
  const vms: Record<string, VmState> = {};
  for (const foreign of hardware.foreignVms ?? []) {
    const host = hosts[foreign.host]!;
    const vm: VmState = {
      vmId: foreign.vmId,
      host: foreign.host,
      power: host.off ? "stopped" : "running",
      foreign: true,
      disks: {},
      config: {
        name: foreign.name,
        cores: 1,
        memory: 1024,
        net0: `virtio=${foreign.macAddress?.toUpperCase() ?? macOf(foreign.vmId)},bridge=${host.bridges[0] ?? "vmbr0"}`,
        ...(foreign.address ? { ipconfig0: `ip=${foreign.address}/24` } : {}),
      },
    };
    (foreign.disks ?? []).forEach(({ datastore, sizeGiB }, index) => {
      addForeignDisk(ids, host, vm, `scsi${index}`, datastore, sizeGiB * GiB);
    });
    vms[foreign.vmId] = vm;
  }
  const containers = (hardware.containers ?? []).map(({ vmId, name, host, running = true }) => ({
    vmId,
    name,
    host,
    power: running && !hosts[host]!.off ? ("running" as const) : ("stopped" as const),
  }));
  const proxmox: ProxmoxState = {
    hosts,
    vms,
    ...(containers.length > 0 && {
      containers: Object.fromEntries(containers.map((one) => [one.vmId, one])),
    }),
    ...(hardware.version !== undefined && { version: hardware.version }),
  };
  joinShared(proxmox);
  return proxmox;
}

function installHost(host: HardwareHost): HostState {
  const datastores = host.datastores.map(({ name, type, content, sizeGiB, shared }): DatastoreState => {
    const described = { name, type, content: [...content], capacityBytes: sizeGiB * GiB, files: {} };
    return shared || STORE_TYPES[type].shared === "always" ? { ...described, shared: true } : described;
  });
  return {
    name: host.name,
    cpus: host.cpus,
    memoryBytes: host.memoryGiB * GiB,
    bridges: [...host.bridges],
    datastores: Object.fromEntries(datastores.map((datastore) => [datastore.name, datastore])),
    ...(host.off && { off: true }),
  };
}

/** A homelab on which that environment can be brought up: its hosts, bridges and datastores, and one foreign machine. */
export function hardwareFor(config: HomelabConfig): Hardware {
  const names = [...new Set(config.nodes.map(({ host }) => host))];
  return {
    hosts: names.map((name) => hostFor(name, config)),
    foreignVms: [foreignFor(names[0]!, config)],
  };
}

function hostFor(name: string, config: HomelabConfig): HardwareHost {
  const nodes = config.nodes.filter(({ host }) => host === name);
  const cores = nodes.map((node) => node.cores);
  const memory = sum(nodes.map(({ memoryGiB }) => memoryGiB));
  return {
    name,
    cpus: Math.max(8, ...cores.map((count) => count + 2)),
    memoryGiB: Math.max(32, Math.ceil((memory + 8) / 16) * 16),
    bridges: [...new Set(["vmbr0", config.network.bridge])],
    datastores: datastoresFor(nodes, config),
  };
}

/** Proxmox's own two, as its installer makes them, and whatever else the config names. */
function datastoresFor(nodes: NodeConfig[], config: HomelabConfig): HardwareDatastore[] {
  const { imageDatastore, diskDatastore } = config.proxmox;
  const disks = nodes.flatMap(({ osDisk, dataDisk, extraDisks }) => [
    osDisk,
    ...(dataDisk ? [dataDisk] : []),
    ...extraDisks,
  ]);
  const named = new Set([
    imageDatastore,
    diskDatastore,
    ...disks.map(({ datastore }) => datastore),
    "local",
    "local-lvm",
  ]);
  const room = (name: string): number => {
    const wanted = sum(disks.filter(({ datastore }) => datastore === name).map(({ sizeGiB }) => sizeGiB));
    return Math.max(400, Math.ceil((wanted * 1.5) / 100) * 100);
  };
  return [...named].map((name): HardwareDatastore => {
    const holdsDisks = disks.some(({ datastore }) => datastore === name) || name === diskDatastore;
    if (name === "local" || (name === imageDatastore && name !== "local-lvm")) {
      const content: DatastoreContent[] = ["iso", "vztmpl", "backup", "import", "snippets"];
      return {
        name,
        type: "dir",
        content: holdsDisks ? [...content, "images"] : content,
        sizeGiB: holdsDisks ? room(name) : 100,
      };
    }
    return {
      name,
      type: typeBy(name),
      content: ["images", "rootdir"],
      sizeGiB: room(name),
    };
  });
}

/** What a store of disks is called tells what it may be. */
function typeBy(name: string): StoreType {
  return NAMES.find(([pattern]) => pattern.test(name))?.[1] ?? "lvmthin";
}

const NAMES: [RegExp, StoreType][] = [
  [/zfs|rpool|tank/, "zfspool"],
  [/ceph|rbd/, "rbd"],
  [/nfs/, "nfs"],
  [/btrfs/, "btrfs"],
];

/** Somebody's file server, with an id, an address and a disk that the environment leaves alone. */
function foreignFor(host: string, config: HomelabConfig): ForeignVm {
  const { network, cluster, nodes } = config;
  const taken = new Set([
    ...nodes.map(({ address }) => address),
    network.gateway,
    ...network.nameservers,
    cluster.endpoint,
    ...(cluster.vip ? [cluster.vip] : []),
  ]);
  const ids = new Set(nodes.map((node) => node.vmId));
  let vmId = 900;
  while (ids.has(vmId)) vmId++;
  const address = addressesIn(network.subnet, network.prefixLength).find(
    (candidate) => !taken.has(candidate),
  );
  const foreign: ForeignVm = { vmId, name: "nas", host, disks: [{ datastore: "local-lvm", sizeGiB: 64 }] };
  return address ? { ...foreign, address } : foreign;
}

/** The subnet's addresses from the third on, at most 250 of them. */
function addressesIn(subnet: string, prefixLength: number): string[] {
  const { network } = parseSubnet(`${subnet.split("/")[0]}/${prefixLength}`);
  const count = Math.min(250, 2 ** (32 - prefixLength) - 2);
  return Array.from({ length: Math.max(0, count - 2) }, (_, index) => numberToAddress(network + 3 + index));
}

function macOf(vmId: number): string {
  const hex = vmId.toString(16).toUpperCase().padStart(6, "0").slice(-6);
  return `BC:24:11:${hex.slice(0, 2)}:${hex.slice(2, 4)}:${hex.slice(4, 6)}`;
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
