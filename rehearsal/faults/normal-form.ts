/**
 * The end of a run in a form that two runs share when they ended alike: the world and Pulumi's state without ids, times,
 * random names and secrets. What is left out is only what two undisturbed runs differ in too.
 */
import { VM } from "../../scripts/recover/decide.ts";
import { createHash } from "node:crypto";
import type { StateResource } from "../engine/state.ts";
import { SIGNATURE } from "../providers/server/values.ts";
import type { ClusterState } from "../world/kubernetes/state.ts";
import type { DiskState, VmState } from "../world/proxmox/state.ts";
import type { MachineState } from "../world/talos/state.ts";
import type { WorldState } from "../world/kernel/state.ts";

/** Keys whose values are made anew at every run, wherever they stand. */
const PASSING = new Set(
  "meta smbios1 vmgenid uid creationTimestamp resourceVersion revision lastUpdated finishedAt __meta __defaults".split(
    " ",
  ),
);

/** Texts that are made at random: UUIDs, MACs of Proxmox's range, bootstrap tokens, long base64. */
const RANDOM = [
  /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g,
  /\bBC:24:11(:[0-9A-F]{2}){3}\b/g,
  /\b[a-z0-9]{6}\.[a-z0-9]{16}\b/g,
  /(?<![\w+/=.-])(?=[\w+/]*[A-Z])[\w+/]{40,}={0,2}/g,
];

export function masked(text: string): string {
  return RANDOM.reduce((masking, pattern) => masking.replace(pattern, "*"), text);
}

/** A machine config without the secrets and certificates of its cluster. */
export function maskedConfig(yaml: string): string {
  return yaml.replace(/^(\s*(?:crt|key|token|secret|id|secretboxEncryptionSecret):) \S.*$/gm, "$1 *");
}

/**
 * Deep: keys in order, passing values away, random texts masked, a secret only as the fact that there is one. What says nothing,
 * an empty object or list, is as good as absent: providers fill such in at a read.
 */
export function normal(value: unknown): unknown {
  if (typeof value === "string") return masked(value);
  if (Array.isArray(value)) return value.map((each) => normal(each) ?? null);
  if (!isObject(value)) return value;
  if (SIGNATURE in value) return "[secret]";
  const told = Object.entries(value)
    .filter(([key, each]) => !PASSING.has(key) && each !== undefined)
    .map(([key, each]) => [key, normal(each)] as const)
    .filter(([, each]) => !saysNothing(each))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  // Configs hold keys made anew at every run, and so do their hashes.
  const hashes = told.length > 0 && told.every(([, each]) => typeof each === "string" && HASH.test(each));
  return hashes ? told.map(([key]) => key) : Object.fromEntries(told);
}

const HASH = /^[0-9a-f]{64}$/;

function saysNothing(value: unknown): boolean {
  if (Array.isArray(value)) return value.every(saysNothing);
  return value === undefined || value === null || (isObject(value) && Object.keys(value).length === 0);
}

export function normalWorld(state: WorldState): Record<string, unknown> {
  const { hosts, vms } = state.proxmox;
  return {
    vms: mapped(vms, (vm) => normalVm(vm)),
    files: mapped(hosts, ({ datastores }) => mapped(datastores, ({ files }) => Object.keys(files).sort())),
    machines: mapped(state.machines, (machine) => normalMachine(machine, vms[machine.vmId])),
    clusters: Object.values(state.clusters).map(normalCluster),
    schematics: Object.keys(state.factory?.schematics ?? {}).sort(),
  };
}

function normalVm({ host, power, config, pending, disks, foreign }: VmState): unknown {
  return normal({ host, power, config, pending, foreign, disks: mapped(disks, normalDisk) });
}

function normalDisk({ interface: slot, datastore, sizeBytes, serial, media, content }: DiskState): unknown {
  const partitions =
    "partitions" in content
      ? content.partitions.map(({ label, sizeBytes, filesystem }) => ({ label, sizeBytes, filesystem }))
      : [];
  const etcd = content.kind === "talos" && content.state?.etcd !== undefined;
  const configured = content.kind === "talos" ? content.state?.machineConfig : undefined;
  const config = configured === undefined ? undefined : lines(configured);
  return { slot, datastore, sizeBytes, serial, media, kind: content.kind, partitions, etcd, config };
}

/** By line, so that a difference is found where it is. */
function lines(config: string): string[] {
  return maskedConfig(config).split("\n");
}

function normalMachine(machine: MachineState, vm: VmState | undefined): unknown {
  const slotOf = (diskId?: string) =>
    Object.values(vm?.disks ?? {}).find(({ id }) => id === diskId)?.interface;
  return {
    addresses: machine.addresses,
    config: machine.machineConfig && lines(machine.machineConfig),
    volumes: machine.volumes.map(({ name, kind, phase, diskId, mountPoint }) => ({
      name,
      kind,
      phase,
      mountPoint,
      disk: slotOf(diskId),
    })),
    iscsi: machine.iscsi.map(({ sizeBytes, filesystem }) => ({ sizeBytes, filesystem })),
  };
}

function normalCluster(cluster: ClusterState): unknown {
  const { longhorn } = cluster;
  return normal({
    name: cluster.name,
    members: Object.values(cluster.etcd).map(({ name, vmId }) => ({ name, vmId })),
    nodes: mapped(cluster.nodes, ({ address, controlPlane, labels, taints, unschedulable, vmId }) => ({
      address,
      controlPlane,
      labels,
      taints: [...taints].sort(),
      unschedulable,
      vmId,
    })),
    namespaces: mapped(cluster.namespaces, ({ labels }) => labels),
    releases: mapped(cluster.releases, ({ chart, version, values, status }) => ({
      chart,
      version,
      values,
      status,
    })),
    objects: mapped(cluster.objects, ({ body }) => body),
    pods: Object.values(cluster.pods)
      .map(({ namespace, node, phase, release, hostPorts }) => ({
        namespace,
        node,
        phase,
        release,
        hostPorts,
      }))
      .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
    longhorn: longhorn && {
      ...longhorn,
      disks: mapped(longhorn.disks, ({ path }) => path),
      volumes: Object.values(longhorn.volumes)
        .map(({ claim, sizeBytes, replicasWanted, replicas, robustness, files, attachedTo }) => ({
          claim,
          sizeBytes,
          replicasWanted,
          replicas: replicas
            .map(({ node, healthy, onSystemDisk }) => ({ node, healthy, onSystemDisk }))
            .sort((a, b) => (a.node < b.node ? -1 : 1)),
          robustness,
          files,
          attachedTo,
        }))
        .sort((a, b) => (a.claim < b.claim ? -1 : 1)),
    },
  });
}

/** What a run must leave in Pulumi's state: resources with inputs, dependencies and protection; nothing pending or half done. */
export function normalState(resources: ExportedResource[], pending: unknown[]): Record<string, unknown> {
  return {
    pending: pending.length,
    resources: resources
      .map((resource) => ({
        urn: resource.urn,
        inputs: normal(
          resource.type === VM ? withoutChosenMacs(resource.inputs ?? {}) : (resource.inputs ?? {}),
        ),
        // A machine is protected from the run on that finds it with its config, so a repeated run is one ahead of an undisturbed one.
        protect: resource.type === VM ? undefined : (resource.protect ?? false),
        initErrors: resource.initErrors ?? [],
        // A provider is named by its URN and an id of its own.
        provider: resource.provider?.replace(/::[^:]+$/, ""),
        parent: resource.parent,
        dependencies: [...(resource.dependencies ?? [])].sort(),
      }))
      .sort((a, b) => (a.urn < b.urn ? -1 : 1)),
  };
}

/** A machine that is made anew names an address where Proxmox would have chosen one; from the next run on none is named again. */
function withoutChosenMacs(inputs: Tree): Tree {
  const cards = inputs["networkDevices"];
  if (!Array.isArray(cards)) return inputs;
  return {
    ...inputs,
    networkDevices: (cards as Tree[]).map(({ macAddress, ...card }) =>
      typeof macAddress === "string" && masked(macAddress) === "*" ? card : { macAddress, ...card },
    ),
  };
}

export interface ExportedResource extends StateResource {
  inputs?: Record<string, unknown>;
  protect?: boolean;
  initErrors?: string[];
}

/** The paths at which two normal forms differ, with both values; at most `most`. */
export function differences(expected: unknown, found: unknown, most = 8): string[] {
  const told: string[] = [];
  compare(expected, found, "");
  return told;

  function compare(a: unknown, b: unknown, path: string): void {
    if (told.length >= most || JSON.stringify(a) === JSON.stringify(b)) return;
    if (isObject(a) && isObject(b)) {
      for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
        compare(a[key], b[key], path === "" ? key : `${path}.${key}`);
      }
      return;
    }
    told.push(`${path}: ${short(b)} instead of ${short(a)}`);
  }
}

type Tree = Record<string, unknown>;

function isObject(value: unknown): value is Tree {
  return typeof value === "object" && value !== null;
}

function short(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 120
    ? `${text.slice(0, 100)}… (${createHash("sha256").update(text).digest("hex").slice(0, 8)})`
    : text;
}

function mapped<From, To>(record: Record<string, From>, change: (value: From) => To): Record<string, To> {
  return Object.fromEntries(
    Object.entries(record)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, value]) => [key, change(value)]),
  );
}
