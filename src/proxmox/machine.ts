import * as proxmoxve from "@muhlba91/pulumi-proxmoxve";
import * as pulumi from "@pulumi/pulumi";
import type { HomelabConfig, NodeConfig } from "../config/types.ts";
import { vmArgs } from "./vm-args.ts";

export interface MachineArgs {
  config: HomelabConfig;
  node: NodeConfig;
  /** Volume id of the boot image on the node's host. */
  image: pulumi.Input<string>;
}

/** One node's VM with its OS disk and, where declared, its data disk. Protected unless the config says otherwise. */
export class Machine extends pulumi.ComponentResource {
  /** For ordering and replacement: what lives on the machine goes with it. */
  readonly vm: proxmoxve.VmLegacy;

  constructor(name: string, args: MachineArgs, opts?: pulumi.ComponentResourceOptions) {
    super("homelab:proxmox:Machine", name, {}, opts);

    const vm = vmArgs(args.config, args.node, args.image);
    const diskCount = (vm.disks as unknown[]).length;
    this.vm = new proxmoxve.VmLegacy(`${name}-vm`, vm, {
      parent: this,
      protect: args.config.protect,
      // Ids, MAC and addresses are taken while the old VM exists.
      deleteBeforeReplace: true,
      // After a refresh the provider reports speed limits of zero on every disk and then wants them gone
      // (pulumi-proxmoxve#664).
      ignoreChanges: Array.from({ length: diskCount }, (_, index) => `disks[${index}].speed`),
    });

    this.registerOutputs({ vmId: this.vm.vmId });
  }
}
