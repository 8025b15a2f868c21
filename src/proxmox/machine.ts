import { randomBytes, randomUUID } from "node:crypto";
import * as proxmoxve from "@muhlba91/pulumi-proxmoxve";
import * as pulumi from "@pulumi/pulumi";
import type { HomelabConfig, NodeConfig } from "../config/types.ts";
import { programContext } from "../hooks/context.ts";
import { hostRefusal } from "../plan/refusals/hosts.ts";
import { madeIn } from "../plan/made.ts";
import { cardRefusal } from "../plan/refusals/network.ts";
import { ownState } from "../plan/own-state.ts";
import { refusingHook } from "../hooks/refusing-hook.ts";
import { standing } from "../plan/unfinished.ts";
import { machineFacts } from "../plan/vm-facts.ts";
import { lostDisks } from "./lost-disk-guard.ts";
import type { ProxmoxGate } from "./proxmox-gate.ts";
import { vmArgs } from "./vm-args.ts";

export interface MachineArgs {
  config: HomelabConfig;
  node: NodeConfig;
  /** Volume id of the boot image on the node's host. */
  image: pulumi.Input<string>;
  /** The Proxmox to make it on. */
  provider: proxmoxve.Provider;
  gate: ProxmoxGate;
  /** Whether a change replaces the machine: it holds nothing yet. */
  anew: boolean;
  /** Whether it is there since an earlier run that applied a config to it, so that there may be data on its disk. */
  standing: boolean;
}

/**
 * One node's VM with its OS disk and, where declared, its data disk. Until its config was applied nothing is on it, and whatever is
 * wrong with it must be able to go. From then on it is protected twice: its deletion has to pass the record of the applied config
 * (talos/kept-node.ts), and because a replacement passes no record, that is refused by a hook in front of its first half, and by Pulumi's own protection from the next run on.
 */
export class Machine extends pulumi.ComponentResource {
  /** For ordering and replacement: what lives on the machine goes with it. */
  readonly vm: proxmoxve.VmLegacy;
  /** Another value for every machine that is made, also for one that takes the place of a lost one. */
  readonly incarnation: pulumi.Output<string>;

  constructor(name: string, args: MachineArgs, opts?: pulumi.ComponentResourceOptions) {
    super("homelab:proxmox:Machine", name, {}, opts);

    const { node, provider, gate } = args;
    // A card keeps the address that it has when none is named, so one that is made anew is given another.
    const made = args.anew ? { macAddress: freshMac(), ...node } : node;
    // A new machine gets a new uuid, and keeps it: by that it can be told from the one that was here before.
    const vm = { ...vmArgs(args.config, made, args.image), smbios: { uuid: randomUUID() } };
    const diskCount = (vm.disks as unknown[]).length;
    const factsIn = (values: object | undefined) => machineFacts(node.name, { ...values });
    const path = `homelab:nodes[${args.config.nodes.indexOf(node)}]`;
    const lostDiskGuard = refusingHook(`${name}-lost-disk-guard`, ({ oldOutputs, newInputs }) =>
      lostDisks(node, oldOutputs, newInputs),
    );
    const hostGuard = refusingHook(`${name}-host-guard`, ({ oldOutputs }) =>
      hostRefusal(path, node, hostIn(oldOutputs)),
    );
    const cardGuard = refusingHook(`${name}-card-guard`, ({ oldOutputs, newInputs }) =>
      cardRefusal(path, factsIn(oldOutputs), factsIn(newInputs)),
    );
    // Of a machine that is there, a creation can only be half of a replacement, whose other half deletes whatever has the id then.
    // Only where a refresh has just found it lost is it a creation, and the state that the program read at its beginning is older than
    // that of `up --refresh`. When the hook runs, the engine has written the state anew (pulumi, pkg/backend/snapshot.go: refreshes are
    // written with the first operation). A preview writes none, so there Proxmox is asked.
    const lost = pulumi.runtime.isDryRun() ? () => gate.isGone(node) : notInState(node);
    const replacementGuard = refusingHook(`${name}-replacement-guard`, async () =>
      (await lost())
        ? undefined
        : `${path}: this run would replace the machine of "${node.name}" (VM ${node.vmId}) and ` +
          "lose all of its disks, because something changed that the provider only gives to a new one; set it back. If the machine is gone " +
          "from Proxmox, `pulumi refresh` first. Nothing was changed",
    );
    this.vm = new proxmoxve.VmLegacy(`${name}-vm`, vm, {
      parent: this,
      provider,
      hooks: {
        beforeCreate: [...(args.standing ? [replacementGuard] : []), () => gate.beforeCreate(node)],
        beforeUpdate: [
          hostGuard,
          ...(args.standing ? [cardGuard] : []),
          lostDiskGuard,
          ({ oldOutputs }) => gate.beforeUpdate(node, hostIn(oldOutputs)),
        ],
      },
      protect: args.config.protect && args.standing && node.retiring !== true,
      ...(args.anew && { replaceOnChanges: ["*"] }),
      // Ids, MAC and addresses are taken while the old VM exists. But of one that may hold data nothing goes first: the guard stands in
      // front of a creation, and the engine would have deleted the machine by then where nobody previews.
      deleteBeforeReplace: !args.standing,
      // After a refresh the provider reports speed limits of zero on every disk and then wants them gone
      // (pulumi-proxmoxve#664).
      ignoreChanges: [...Array.from({ length: diskCount }, (_, index) => `disks[${index}].speed`), "smbios"],
    });
    this.incarnation = this.vm.smbios.apply((smbios) => smbios?.uuid ?? "");

    // Of a VM that was made: whether Proxmox chose its address cannot be told from the VM itself.
    this.registerOutputs({ vmId: this.vm.vmId, macAddress: node.macAddress ?? "" });
  }
}

/** Whether the state, as it is when this is asked, has no machine of the node. */
function notInState({ name }: NodeConfig): () => Promise<boolean> {
  const inContext = programContext();
  return async () => !standing(madeIn(await inContext(ownState))).has(name);
}

function hostIn(values: unknown): unknown {
  return (values as { nodeName?: unknown } | undefined)?.nodeName;
}

/** In the range that Proxmox chooses from by default. */
function freshMac(): string {
  const own = randomBytes(3).toString("hex").toUpperCase();
  return ["BC:24:11", own.slice(0, 2), own.slice(2, 4), own.slice(4)].join(":");
}
