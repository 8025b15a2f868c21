/**
 * MACs and addresses in use. Proxmox's API accepts a second machine with the same MAC or address: the network breaks
 * when both run, for both. So the conflict bites where it bites in a real house: the machine starts, the record says what
 * is wrong, and its node cannot be reached (`talos/network.ts`).
 */
import type { VmState } from "./state.ts";
import type { World } from "../kernel/world.ts";
import { addressOf, parseNetworkDevice } from "./qemu/drive.ts";
import { nameOf } from "./lookup.ts";

interface Presence {
  macs: string[];
  addresses: string[];
}

/** Why a running machine cannot be reached, one sentence per conflict; empty when all is well. */
export function networkConflicts(world: World, vmId: number): string[] {
  const vm = world.state.proxmox.vms[vmId];
  if (vm?.power !== "running") return [];
  const own = presence(world, vm);
  return Object.values(world.state.proxmox.vms)
    .filter((other) => other.vmId !== vmId && other.power === "running")
    .flatMap((other) => {
      const { macs, addresses } = presence(world, other);
      const whom = `${nameOf(other)} (VM ${other.vmId} on ${other.host})`;
      return [
        ...own.macs
          .filter((mac) => macs.includes(mac))
          .map((mac) => `MAC address ${mac} of ${nameOf(vm)} (VM ${vmId}) is in use by ${whom}`),
        ...own.addresses
          .filter((address) => addresses.includes(address))
          .map((address) => `IP address ${address} of ${nameOf(vm)} (VM ${vmId}) is in use by ${whom}`),
      ];
    });
}

/** Puts the conflicts of a machine that has just come up on record. */
export function noteConflicts(world: World, vmId: number): void {
  for (const text of networkConflicts(world, vmId)) {
    world.note({ kind: "network-conflict", subject: String(vmId), severity: "warning", text });
  }
}

/** MACs with the VLAN they are on, and the addresses its config or its running system uses. */
function presence(world: World, vm: VmState): Presence {
  const devices = Object.keys(vm.config)
    .filter((key) => /^net\d+$/.test(key))
    .map((key) => parseNetworkDevice(String(vm.config[key])))
    .filter((device) => device.options["link_down"] !== "1");
  const vlans = new Set(devices.map((device) => device.options["tag"] ?? ""));
  const configured = Object.keys(vm.config)
    .filter((key) => /^ipconfig\d+$/.test(key))
    .map((key) => addressOf(String(vm.config[key])));
  const running = world.systems.lifecycle.addresses(world, vm.vmId);
  const addresses = [...configured, ...running].filter((address) => address !== undefined);
  const onVlan = (what: string): string[] =>
    [...vlans].map((vlan) => (vlan ? `${what} (VLAN ${vlan})` : what));
  return {
    macs: devices.flatMap(({ mac, options }) =>
      mac ? [options["tag"] ? `${mac} (VLAN ${options["tag"]})` : mac] : [],
    ),
    addresses: [...new Set(addresses)].flatMap(onVlan),
  };
}
