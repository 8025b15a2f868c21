import * as proxmoxve from "@muhlba91/pulumi-proxmoxve";
import * as pulumi from "@pulumi/pulumi";
import { proxmoxClient } from "../clients/proxmox/client.ts";
import type { HomelabConfig, NodeConfig } from "../config/types.ts";
import { programContext, valueOf } from "../hooks/context.ts";
import { readExisting } from "../plan/existing.ts";
import { ownState } from "../plan/own-state.ts";
import type { ImageSchematic } from "../talos/image-schematic.ts";
import { bootImages } from "./boot-images.ts";
import { machines, type Machine } from "./machines.ts";
import { ProxmoxGate } from "./proxmox-gate.ts";
import type { VmConfig } from "./vm-args.ts";

export interface VirtualizationArgs {
  config: VmConfig & Pick<HomelabConfig, "nodes" | "protect">;
  /** Token of the Proxmox API, `user@realm!name=uuid`. */
  apiToken: pulumi.Input<string>;
  /** What the boot images are made of. */
  image: ImageSchematic;
  /** Names of the nodes whose machine holds nothing yet, and is replaced by whatever changed about it. */
  anew: ReadonlySet<string>;
  /** Names of the nodes whose machine is there and may hold data. */
  standing: ReadonlySet<string>;
}

/** Everything on Proxmox: a boot image on each host in use, and a VM for each node. */
export class Virtualization extends pulumi.ComponentResource {
  /** By node name. */
  readonly machines: Map<string, Machine>;
  /** Passed before anything on Proxmox changes. */
  readonly gate: ProxmoxGate;

  constructor(name: string, args: VirtualizationArgs, opts?: pulumi.ComponentResourceOptions) {
    super("homelab:proxmox:Virtualization", name, {}, opts);
    const { config } = args;
    const { endpoint, insecure } = config.proxmox;

    const provider = new proxmoxve.Provider(
      `${name}-provider`,
      { endpoint, insecure, apiToken: args.apiToken },
      { parent: this },
    );

    const token = pulumi.output(args.apiToken);
    const inContext = programContext();
    const gate = new ProxmoxGate(
      config,
      async () => readExisting(await inContext(ownState)).machines,
      async () => proxmoxClient({ endpoint, insecure, token: await valueOf(token) }),
    );
    this.gate = gate;

    const own = { parent: this, provider };
    const images = bootImages(
      name,
      {
        hosts: new Set(config.nodes.map(({ host }) => host)),
        datastore: config.proxmox.imageDatastore,
        schematic: args.image,
        talosVersion: config.cluster.talosVersion,
        gate,
      },
      own,
    );
    this.machines = machines(name, { config, images, gate, anew: args.anew, standing: args.standing }, own);

    // Of VMs that were made: whether Proxmox chose an address cannot be told from the VM itself.
    const vmIds = pulumi.all([...this.machines.values()].map(({ vm }) => vm.vmId));
    this.registerOutputs({ macAddresses: vmIds.apply(() => namedAddresses(config.nodes)) });
  }
}

/** By node name; empty where Proxmox chooses. */
function namedAddresses(nodes: readonly NodeConfig[]): Record<string, string> {
  return Object.fromEntries(nodes.map(({ name, macAddress = "" }) => [name, macAddress]));
}
