import { randomBytes, randomUUID } from "node:crypto";
import * as proxmoxve from "@muhlba91/pulumi-proxmoxve";
import * as pulumi from "@pulumi/pulumi";
import type { HomelabConfig, NodeConfig } from "../config/types.ts";
import { programContext } from "../hooks/context.ts";
import { formerParent } from "../hooks/former-parent.ts";
import { byResource, nodeHook, refusingNodeHook } from "../hooks/per-node.ts";
import { readExisting } from "../plan/existing.ts";
import { ownState } from "../plan/own-state.ts";
import { hostRefusal } from "../plan/refusals/hosts.ts";
import { cardRefusal } from "../plan/refusals/network.ts";
import { standing as standingIn } from "../plan/unfinished.ts";
import { machineFacts } from "../plan/vm-facts.ts";
import { lostDiskRefusal } from "../plan/refusals/lost-disks.ts";
import type { ProxmoxGate } from "./proxmox-gate.ts";
import { vmArgs, type VmConfig } from "./vm-args.ts";

export interface MachinesArgs {
  config: VmConfig & Pick<HomelabConfig, "nodes" | "protect">;
  /** Volume id of the boot image, by host. */
  images: ReadonlyMap<string, pulumi.Input<string>>;
  gate: ProxmoxGate;
  /** Names of the nodes whose machine holds nothing yet, and is replaced by whatever changed about it. */
  anew: ReadonlySet<string>;
  /**
   * Names of the nodes whose machine is there since an earlier run that applied a config to it, so that there may be data on its disk.
   */
  standing: ReadonlySet<string>;
}

/** A node's VM. */
export interface Machine {
  /** For ordering and replacement: what lives on the machine goes with it. */
  vm: proxmoxve.VmLegacy;
  /** Another value for every machine that is made, also for one that takes the place of a lost one. */
  incarnation: pulumi.Output<string>;
}

/**
 * Each node's VM with its OS disk and, where declared, its data disk. Until its config was applied nothing is on it, and whatever is
 * wrong with it must be able to go. From then on it is protected twice: its deletion has to pass the record of the applied config
 * (talos/kept-nodes.ts), and because a replacement passes no record, that is refused by a hook before its first half, and by Pulumi's own protection from the next run on.
 *
 * @returns By node name.
 */
export function machines(
  name: string,
  { config, images, gate, anew, standing }: MachinesArgs,
  { parent, provider }: { parent: pulumi.Resource; provider: proxmoxve.Provider },
): Map<string, Machine> {
  const vmName = (node: NodeConfig) => `${name}-${node.name}-vm`;
  const hooks = vmHooks(name, config, gate, vmName);

  const machine = (node: NodeConfig): Machine => {
    const mayHoldData = standing.has(node.name);
    // A card keeps the address that it has when none is named, so one that is made anew is given another.
    const made = anew.has(node.name) ? { macAddress: freshMac(), ...node } : node;
    // A new machine gets a new uuid, and keeps it: by that it can be told from the one that was here before.
    const args = { ...vmArgs(config, made, images.get(node.host)!), smbios: { uuid: randomUUID() } };
    const diskCount = (args.disks as unknown[]).length;
    const vm = new proxmoxve.VmLegacy(vmName(node), args, {
      parent,
      provider,
      aliases: [formerParent(parent, "homelab:proxmox:Machine", `${name}-${node.name}`)],
      hooks: {
        beforeCreate: [...(mayHoldData ? [hooks.replacement] : []), hooks.creation],
        beforeUpdate: [hooks.host, ...(mayHoldData ? [hooks.card] : []), hooks.lostDisk, hooks.change],
      },
      protect: config.protect && mayHoldData && node.retiring !== true,
      ...(anew.has(node.name) && { replaceOnChanges: ["*"] }),
      // Ids, MAC and addresses are taken while the old VM exists. But of one that may hold data nothing goes first: the refusal stands in
      // front of a creation, and the engine would have deleted the machine by then where nobody previews.
      deleteBeforeReplace: !mayHoldData,
      // After a refresh the provider reports speed limits of zero on every disk and then wants them gone
      // (pulumi-proxmoxve#664).
      ignoreChanges: [...Array.from({ length: diskCount }, (_, index) => `disks[${index}].speed`), "smbios"],
    });
    return { vm, incarnation: vm.smbios.apply((smbios) => smbios?.uuid ?? "") };
  };
  return new Map(config.nodes.map((node) => [node.name, machine(node)]));
}

/** What comes before a machine's operations. */
function vmHooks(
  name: string,
  config: Pick<HomelabConfig, "nodes">,
  gate: ProxmoxGate,
  vmName: (node: NodeConfig) => string,
) {
  const nodes = byResource(config.nodes, vmName);
  const path = (node: NodeConfig) => `homelab:nodes[${config.nodes.indexOf(node)}]`;
  const factsIn = (node: NodeConfig, values: object | undefined) => machineFacts(node.name, { ...values });
  // Of a machine that is there, a creation can only be half of a replacement, whose other half deletes whatever has the id then.
  // Only where a refresh has just found it lost is it a creation, and the state that the program read at its beginning is older than
  // that of `up --refresh`. When the hook runs, the engine has written the state anew (pulumi, pkg/backend/snapshot.go: refreshes are
  // written with the first operation). A preview writes none, so there Proxmox is asked.
  const inContext = programContext();
  const isLost = pulumi.runtime.isDryRun()
    ? (node: NodeConfig) => gate.isGone(node)
    : async (node: NodeConfig) => !standingIn(readExisting(await inContext(ownState))).has(node.name);
  return {
    replacement: refusingNodeHook(`${name}-replacement`, nodes, async (node) =>
      (await isLost(node))
        ? undefined
        : `${path(node)}: this run would replace the machine of "${node.name}" (VM ${node.vmId}) and ` +
          "lose all of its disks, because something changed that the provider only gives to a new one; set it back. If the machine is gone " +
          "from Proxmox, `pulumi refresh` first. Nothing was changed",
    ),
    creation: nodeHook(`${name}-creation`, nodes, (node) => gate.beforeCreate(node)),
    host: refusingNodeHook(`${name}-host`, nodes, (node, { oldOutputs }) =>
      hostRefusal(path(node), node, hostIn(oldOutputs)),
    ),
    card: refusingNodeHook(`${name}-card`, nodes, (node, { oldOutputs, newInputs }) =>
      cardRefusal(path(node), factsIn(node, oldOutputs), factsIn(node, newInputs)),
    ),
    lostDisk: refusingNodeHook(`${name}-lost-disk`, nodes, (node, { oldOutputs, newInputs }) =>
      lostDiskRefusal(node, oldOutputs, newInputs),
    ),
    change: nodeHook(`${name}-change`, nodes, (node, { oldOutputs }) =>
      gate.beforeUpdate(node, hostIn(oldOutputs)),
    ),
  };
}

function hostIn(values: unknown): unknown {
  return (values as { nodeName?: unknown } | undefined)?.nodeName;
}

/** In the range that Proxmox chooses from by default. */
function freshMac(): string {
  const own = randomBytes(3).toString("hex").toUpperCase();
  return ["BC:24:11", own.slice(0, 2), own.slice(2, 4), own.slice(4)].join(":");
}
