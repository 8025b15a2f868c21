/** A small homelab for tests of nodes: real machinery, a clock that only moves when somebody sleeps. */
import type { Machinery, MachinerySecrets } from "../../../rehearsal/machinery.ts";
import { InstantClock } from "../../../rehearsal/world/kernel/clock.ts";
import { nodeWorkloads } from "../../../rehearsal/world/kubernetes/nodes/workloads.ts";
import type { DiskState, VmState } from "../../../rehearsal/world/proxmox/state.ts";
import type { Target } from "../../../rehearsal/world/talos/api.ts";
import { apply } from "./calls.ts";
import type { ApplyMode, ApplyResult } from "../../../rehearsal/world/talos/machine-config/apply.ts";
import { talosLifecycle } from "../../../rehearsal/world/talos/lifecycle.ts";
import type { NodeWorkloads } from "../../../rehearsal/world/talos/workloads.ts";
import type { World } from "../../../rehearsal/world/kernel/world.ts";
import { openMachinery, sharedSecrets, testWorld } from "./world.ts";

export const GiB = 1024 ** 3;
export const EXTENSIONS = ["siderolabs/iscsi-tools", "siderolabs/util-linux-tools"];

export interface VmOptions {
  vmId: number;
  name: string;
  address?: string;
  mac?: string;
  /** Replaces the OS disk on scsi0 and the data disk on virtio1. */
  disks?: Partial<DiskState>[];
  extensions?: string[];
  config?: Record<string, string | number>;
}

export interface ConfigOptions {
  role?: "controlplane" | "worker";
  hostname: string;
  address?: string;
  selector?: string;
  endpoint?: string;
  secrets?: MachinerySecrets;
  patches?: string[];
  /** The contract it is made for, and its Kubernetes. */
  talosVersion?: string;
  kubernetesVersion?: string;
}

/** The right selector: exact size, the transport, and not the system disk. */
export const RIGHT_SELECTOR = 'disk.size == 42949672960u && disk.transport == "virtio" && !system_disk';

/** Of every machine's data disk. */
export const DECLARED_SERIAL = "data-1";

export class Lab {
  readonly clock = new InstantClock();
  readonly world: World;

  private constructor(
    readonly machinery: Machinery,
    readonly secrets: MachinerySecrets,
    seed: number,
    workloads: NodeWorkloads,
  ) {
    const { clock } = this;
    const parts = { clock, machinery, lifecycle: talosLifecycle, workloads };
    this.world = testWorld({ seed, declarations: {} }, parts);
  }

  static async open(seed = 1, workloads: NodeWorkloads = nodeWorkloads()): Promise<Lab> {
    return new Lab(await openMachinery(), await sharedSecrets(), seed, workloads);
  }

  /** A VM with a 32 GiB OS disk on scsi0 and a blank 40 GiB data disk on virtio1, declared as such; not started. */
  addVm(options: VmOptions): VmState {
    const { vmId, name, address, mac = `BC:24:11:00:00:${vmId.toString(16).slice(-2)}` } = options;
    const vm: VmState = {
      vmId,
      host: "pve1",
      power: "stopped",
      config: {
        name,
        machine: "q35",
        cpu: "host",
        memory: 4096,
        scsihw: "virtio-scsi-single",
        agent: "enabled=1",
        boot: "order=scsi0",
        net0: `virtio=${mac},bridge=vmbr0`,
        ...(address ? { ipconfig0: `ip=${address}/24,gw=192.168.1.1` } : {}),
        ...options.config,
      },
      disks: {},
    };
    const disks = options.disks ?? [osDisk(options.extensions), dataDisk()];
    for (const disk of [...disks, { interface: "ide2", media: "cdrom" as const, sizeBytes: 4 * 1024 ** 2 }]) {
      const complete = {
        id: `disk-${vmId}-${disk.interface}`,
        datastore: "local-lvm",
        media: "disk" as const,
        content: { kind: "blank" as const },
        ...structuredClone(disk),
      };
      vm.disks[complete.interface!] = complete as DiskState;
    }
    this.world.state.proxmox.vms[vmId] = vm;
    this.world.state.declarations![vmId] = {
      node: name,
      osDisk: { sizeBytes: 32 * GiB },
      dataDisk: { sizeBytes: 40 * GiB, serial: DECLARED_SERIAL },
    };
    return vm;
  }

  /** Powers on and waits until it answers. */
  async start(vmId: number): Promise<void> {
    this.world.state.proxmox.vms[vmId]!.power = "running";
    await talosLifecycle.powerOn(this.world, vmId);
    await this.clock.sleep(60);
  }

  async stop(vmId: number): Promise<void> {
    await talosLifecycle.powerOff(this.world, vmId, "stop");
    this.world.state.proxmox.vms[vmId]!.power = "stopped";
  }

  async remove(vmId: number): Promise<void> {
    await this.stop(vmId);
    await talosLifecycle.destroyed(this.world, vmId);
    delete this.world.state.proxmox.vms[vmId];
  }

  async config(options: ConfigOptions): Promise<string> {
    const { machineConfiguration } = await this.machinery.call<{ machineConfiguration: string }>(
      "config.generate",
      {
        clusterName: "lab",
        clusterEndpoint: options.endpoint ?? "https://192.168.1.126:6443",
        machineType: options.role ?? "controlplane",
        machineSecrets: (options.secrets ?? this.secrets).machineSecrets,
        talosVersion: options.talosVersion ?? "v1.12",
        kubernetesVersion: options.kubernetesVersion ?? "1.35.0",
        configPatches: [
          options.talosVersion === undefined
            ? `apiVersion: v1alpha1\nkind: HostnameConfig\nauto: "off"\nhostname: ${options.hostname}\n`
            : `machine: {network: {hostname: ${options.hostname}}}`,
          userVolume(options.selector ?? RIGHT_SELECTOR),
          ...(options.address
            ? [`machine: {network: {interfaces: [{interface: eth0, addresses: [${options.address}/24]}]}}`]
            : []),
          ...(options.patches ?? []),
        ],
      },
    );
    return machineConfiguration;
  }

  /** A node that has booted and taken its config. */
  async node(vmId: number, address: string, config: ConfigOptions): Promise<void> {
    this.addVm({ vmId, name: config.hostname, address });
    await this.start(vmId);
    await this.apply(address, await this.config(config));
  }

  target(node: string, endpoint = node): Target {
    return { node, endpoint, credentials: this.secrets.clientConfiguration };
  }

  /** Applies and waits until the node works with it. */
  async apply(node: string, machineConfig: string, mode: ApplyMode = "auto"): Promise<ApplyResult> {
    const result = await apply(this.world, this.target(node), { machineConfig, mode });
    await this.clock.sleep(120);
    return result;
  }

  /** What is on record of a kind, in words. */
  texts(kind: string): string[] {
    return this.world.state.events.filter((event) => event.kind === kind).map(({ text }) => text);
  }

  catastrophes(): string[] {
    return this.world.state.events
      .filter(({ severity }) => severity === "catastrophe")
      .map(({ text }) => text);
  }
}

export function osDisk(extensions = EXTENSIONS): Partial<DiskState> {
  return {
    interface: "scsi0",
    sizeBytes: 32 * GiB,
    content: {
      kind: "talos",
      image: { schematicId: "abc", version: "v1.12.0", platform: "nocloud", extensions },
      partitions: [],
    },
  };
}

export function dataDisk(): Partial<DiskState> {
  return { interface: "virtio1", sizeBytes: 40 * GiB, serial: DECLARED_SERIAL };
}

export function userVolume(selector: string): string {
  return `apiVersion: v1alpha1
kind: UserVolumeConfig
name: longhorn
provisioning:
  diskSelector:
    match: '${selector}'
  minSize: 39GiB
  grow: true
filesystem:
  type: xfs
`;
}
