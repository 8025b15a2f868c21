/** What a machine config means for one machine, read by Talos's own machinery library. */
import { parseAllDocuments } from "yaml";
import type { ConfigInspection } from "../../../machinery.ts";
import type { VmState } from "../../proxmox/state.ts";
import type { World } from "../../kernel/world.ts";
import type { NodeFacts, VolumeSpec } from "./node-facts.ts";
import { linksInForce, type ConfiguredLink } from "../network/links.ts";
import { hash } from "../../kernel/random.ts";
import { MiB } from "../../kernel/units.ts";

/** talos v1.12.0: volumeconfig/user_volumes.go MinUserVolumeSize; imager/quirks/partitions.go EphemeralMinSize. */
const MIN_VOLUME = 100 * MiB;
const MIN_EPHEMERAL = 2048 * MiB;

const PREFIXES: Record<string, string> = {
  UserVolumeConfig: "u-",
  RawVolumeConfig: "r-",
  SwapVolumeConfig: "s-",
};

interface InspectedVolume {
  kind?: string;
  name: string;
  volumeType?: string;
  diskSelector: string;
  minSizeBytes: number | null;
  maxSizeBytes: number | null;
  grow: boolean | null;
  filesystem?: string;
}

type Inspection = Omit<ConfigInspection, "userVolumes"> & {
  userVolumes: InspectedVolume[];
  otherVolumes?: InspectedVolume[];
  interfaces?: ConfiguredLink[];
  nodeIPSubnets?: string[];
};

export async function readFacts(world: World, vm: VmState, machineConfig: string): Promise<NodeFacts> {
  const found = await world.systems.machinery.call<Inspection>("config.inspect", {
    machineConfiguration: machineConfig,
  });
  const { addresses, gateways, stray, vip } = found.interfaces
    ? linksInForce(vm, found.interfaces)
    : { addresses: found.addresses, gateways: [], stray: [], vip: found.vip };
  const ephemeral = found.otherVolumes?.find(
    ({ name, kind }) => name === "EPHEMERAL" && kind === "VolumeConfig",
  );
  return {
    machineType: found.machineType,
    // Without one of its own Talos takes the platform's: nocloud hands over the VM's name (proxmox: Cloudinit.pm).
    hostname: found.hostname || String(vm.config["name"] ?? `vm-${vm.vmId}`),
    clusterName: found.clusterName,
    clusterId: found.clusterId,
    ...identityOf(machineConfig, found),
    clusterEndpoint: found.clusterEndpoint,
    kubernetesVersion: found.kubernetesVersion.replace(/^v/, ""),
    ...(found.apiServerVersion ? { apiServerVersion: found.apiServerVersion.replace(/^v/, "") } : {}),
    allowScheduling: found.allowSchedulingOnControlPlanes,
    extraMounts: found.kubeletExtraMounts.map(({ destination, source, options }) => ({
      destination,
      source,
      options,
    })),
    labels: { ...found.nodeLabels },
    taints: taintsOf(found),
    addresses,
    gateways,
    nodeIpSubnets: found.nodeIPSubnets ?? [],
    strayLinks: stray,
    ...(vip ? { vip } : {}),
    volumes: volumesOf(found),
    ephemeral: {
      minSizeBytes: ephemeral?.minSizeBytes ?? MIN_EPHEMERAL,
      maxSizeBytes: ephemeral?.maxSizeBytes ?? 0,
      grow: ephemeral?.grow ?? true,
      diskSelector: ephemeral?.diskSelector || "system_disk",
    },
  };
}

/** Volumes in the order in which Talos provisions them (volumes.CompareVolumeConfigs): those that do not grow, then small maxima. */
function volumesOf(found: Inspection): VolumeSpec[] {
  const user = found.userVolumes.map((volume) => ({ ...volume, kind: "UserVolumeConfig" }));
  const others = (found.otherVolumes ?? []).filter(({ kind }) => kind !== undefined && kind in PREFIXES);
  return [...user, ...others]
    .map((volume) => ({
      kind: volume.kind!,
      name: volume.name,
      label: PREFIXES[volume.kind!]! + volume.name,
      volumeType: volume.volumeType ?? "partition",
      diskSelector: volume.diskSelector,
      minSizeBytes: volume.minSizeBytes || MIN_VOLUME,
      maxSizeBytes: volume.maxSizeBytes ?? 0,
      grow: volume.grow ?? false,
      filesystem: volume.filesystem ?? (volume.kind === "SwapVolumeConfig" ? "swap" : "none"),
    }))
    .filter(({ volumeType }) => volumeType === "partition" || volumeType === "disk")
    .sort(
      (a, b) =>
        Number(a.grow) - Number(b.grow) || (a.maxSizeBytes || Infinity) - (b.maxSizeBytes || Infinity) || 0,
    );
}

/** The control plane's taint comes from Talos (k8s.NodeTaintSpecController), others from machine.nodeTaints: `value:Effect`. */
function taintsOf(found: Inspection): string[] {
  const own = Object.entries(found.nodeTaints).map(([key, given]) => {
    const [value, effect] = given.includes(":") ? (given.split(":", 2) as [string, string]) : ["", given];
    return value ? `${key}=${value}:${effect}` : `${key}:${effect}`;
  });
  const tainted = found.machineType === "controlplane" && !found.allowSchedulingOnControlPlanes;
  return tainted ? ["node-role.kubernetes.io/control-plane:NoSchedule", ...own] : own;
}

interface V1Alpha1 {
  machine?: { token?: string; ca?: { crt?: string } };
  cluster?: { id?: string; secret?: string; token?: string; ca?: { crt?: string } };
}

function identityOf(machineConfig: string, found: Inspection): Pick<NodeFacts, "membership" | "talosCa"> {
  const document = parseAllDocuments(machineConfig)
    .map((one) => one.toJS() as V1Alpha1)
    .find((one) => one?.machine && one.cluster);
  const { machine = {}, cluster = {} } = document ?? {};
  return {
    membership: hash(
      found.clusterId,
      cluster.secret ?? "",
      machine.token ?? "",
      cluster.token ?? "",
      machine.ca?.crt ?? "",
      cluster.ca?.crt ?? "",
    ),
    talosCa: machine.ca?.crt ?? "",
  };
}
