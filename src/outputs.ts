/** The stack outputs: what other stacks and people build on. */
import type * as pulumi from "@pulumi/pulumi";
import { gibToBytes, talosSize } from "./config/sizes.ts";
import type { LonghornConfig, NodeConfig, Role } from "./config/types.ts";
import { LONGHORN_NAMESPACE, STORAGE_CLASS } from "./longhorn/values.ts";
import { dataDiskSelector } from "./talos/data-disk.ts";
import { acmeStorage } from "./traefik/acme-storage.ts";
import { RUN_AS_USER, TRAEFIK_NAMESPACE, type IngressArgs } from "./traefik/values.ts";
import { DATA_DISK_INTERFACE, OS_DISK_INTERFACE } from "./disks.ts";

export interface DiskOutput {
  /** Proxmox's name for it. */
  interface: string;
  sizeGiB: number;
  bytes: number;
  /** As `talosctl get disks` prints it. */
  talosSize: string;
}

export interface DataDiskOutput extends DiskOutput {
  serial: string;
  /** The CEL expression by which Talos finds it. */
  selector: string;
}

export interface NodeOutput {
  name: string;
  role: Role;
  host: string;
  vmId: number;
  address: string;
  osDisk: DiskOutput;
  /** Absent on a node that holds no replicas. */
  dataDisk?: DataDiskOutput;
}

export interface LonghornOutput {
  version: string;
  namespace: string;
  storageClass: string;
  replicaCount: number;
  dataPath: string;
}

export interface TraefikOutput {
  version: string;
  namespace: string;
  /** How it is reached: on the ingress node's own network. */
  exposure: "hostNetwork";
  /** Point DNS here; HTTP-01 challenges arrive here. */
  addresses: string[];
  acme: {
    resolver: string;
    /** Path of the file in Traefik's pod: another one for each certificate authority. */
    storage: string;
    mode: "0600";
    runAsUser: number;
    /** Always null: an fsGroup would widen the mode. */
    fsGroup: null;
  };
}

export interface HomelabOutputs {
  clusterName: string;
  /** URL of the Kubernetes API. */
  endpoint: string;
  nodes: NodeOutput[];
  schematicId: string;
  installerImage: string;
  /** Secret. */
  talosconfig: pulumi.Output<string>;
  /** Secret. */
  kubeconfig: pulumi.Output<string>;
  longhorn: LonghornOutput;
  traefik: TraefikOutput;
}

export function nodeOutput(node: NodeConfig): NodeOutput {
  const { name, role, host, vmId, address, osDisk, dataDisk } = node;
  return {
    name,
    role,
    host,
    vmId,
    address,
    osDisk: disk(OS_DISK_INTERFACE, osDisk.sizeGiB),
    ...(dataDisk && {
      dataDisk: {
        ...disk(DATA_DISK_INTERFACE, dataDisk.sizeGiB),
        serial: dataDisk.serial,
        selector: dataDiskSelector(dataDisk.sizeGiB),
      },
    }),
  };
}

function disk(name: string, sizeGiB: number): DiskOutput {
  const bytes = gibToBytes(sizeGiB);
  return { interface: name, sizeGiB, bytes, talosSize: talosSize(bytes) };
}

export function longhornOutput(longhorn: LonghornConfig): LonghornOutput {
  return {
    version: longhorn.version,
    namespace: LONGHORN_NAMESPACE,
    storageClass: STORAGE_CLASS,
    replicaCount: longhorn.replicaCount,
    dataPath: longhorn.dataPath,
  };
}

export function traefikOutput({ traefik: { version, acme }, ingressAddress }: IngressArgs): TraefikOutput {
  return {
    version,
    namespace: TRAEFIK_NAMESPACE,
    exposure: "hostNetwork",
    addresses: [ingressAddress],
    acme: {
      resolver: acme.resolver,
      storage: acmeStorage(acme.caServer),
      mode: "0600",
      runAsUser: RUN_AS_USER,
      fsGroup: null,
    },
  };
}
