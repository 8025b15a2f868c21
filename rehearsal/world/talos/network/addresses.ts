/**
 * Who answers where. An address that two machines have is nobody's: packets go to whichever answered ARP last, so every
 * operation that meets one says so instead of picking a winner.
 */
import type { MachineState } from "../state.ts";
import type { VmState } from "../../proxmox/state.ts";
import type { World } from "../../kernel/world.ts";
import { addressOf } from "../../proxmox/qemu/drive.ts";
import { TalosError, unreachable } from "../errors.ts";
import { interfacesOf } from "./hardware.ts";

/** Runs and has finished booting. */
export function isUp(world: World, vmId: number): boolean {
  const machine = world.state.machines[vmId];
  const vm = world.state.proxmox.vms[vmId];
  return vm?.power === "running" && machine !== undefined && world.clock.now() >= machine.answersAt;
}

/** Its config is in force, and apid answers. */
export function answersApi(world: World, vmId: number): boolean {
  const machine = world.state.machines[vmId];
  return (
    isUp(world, vmId) && machine?.configuredAt !== undefined && world.clock.now() >= machine.configuredAt
  );
}

/** Runs Kubernetes's part too: an upgrade or a reboot stops that first. */
export function isConfigured(world: World, vmId: number): boolean {
  return answersApi(world, vmId) && !world.state.machines[vmId]?.servicesStopped;
}

/** Every up machine of this homelab, with its VM. */
export function upMachines(world: World): { vm: VmState; machine: MachineState }[] {
  return Object.values(world.state.machines)
    .filter(({ vmId }) => isUp(world, vmId))
    .map((machine) => ({ machine, vm: world.state.proxmox.vms[machine.vmId]! }));
}

/** The machine that answers at an address. Throws as a client would fail: nobody there, or two of them. */
export function machineAt(world: World, address: string): MachineState {
  const owners = upMachines(world).filter(({ machine }) => machine.addresses.includes(address));
  const strangers = Object.values(world.state.proxmox.vms).filter(
    (vm) =>
      vm.foreign && vm.power === "running" && addressOf(String(vm.config["ipconfig0"] ?? "")) === address,
  );
  const all = [...owners.map(({ vm }) => vm), ...strangers];
  if (all.length > 1) {
    throw new TalosError(
      "Unavailable",
      `address ${address} is answered by ${count(all)}: ${all.map(nameOf).join(" and ")}`,
    );
  }
  const [owner] = owners;
  if (!owner)
    throw unreachable(
      address,
      strangers.length ? "connect: connection refused" : "connect: no route to host",
    );
  if (!onNetwork(world, owner.vm)) throw unreachable(address, "connect: no route to host");
  checkHardwareAddress(world, owner.vm);
  return owner.machine;
}

/** Whether one of its cards is on the VLAN where this homelab's network is, its gateway and the workstation's way to it. */
export function onNetwork(world: World, vm: VmState): boolean {
  return interfacesOf(vm).some(({ vlan }) => vlan === world.state.vlan);
}

/** Two cards with one MAC address on one bridge: the switch sends frames to either. */
function checkHardwareAddress(world: World, vm: VmState): void {
  for (const nic of interfacesOf(vm)) {
    const twins = Object.values(world.state.proxmox.vms).filter(
      (other) =>
        other.power === "running" &&
        interfacesOf(other).some(({ mac, bridge }) => mac !== "" && mac === nic.mac && bridge === nic.bridge),
    );
    if (twins.length > 1) {
      const names = twins.map(nameOf).join(" and ");
      throw new TalosError("Unavailable", `MAC address ${nic.mac} is used by ${count(twins)}: ${names}`);
    }
  }
}

/** Whether two addresses, the second with its prefix length, are in one IPv4 subnet. */
export function sameSubnet(address: string, cidr: string): boolean {
  const [network, length = "32"] = cidr.split("/");
  const bits = Number(length);
  const mask = bits === 0 ? 0 : (-1 << (32 - bits)) >>> 0;
  return (toNumber(address) & mask) >>> 0 === (toNumber(network ?? "") & mask) >>> 0;
}

/** The same for subnets that may be of IPv6, in which no address of this homelab is. */
export function inSubnet(address: string, cidr: string): boolean {
  return !cidr.includes(":") && sameSubnet(address, cidr);
}

function toNumber(address: string): number {
  return address.split(".").reduce((sum, part) => ((sum << 8) | Number(part)) >>> 0, 0);
}

export function nameOf(vm: VmState): string {
  return `VM ${vm.vmId} (${String(vm.config["name"] ?? "unnamed")})`;
}

function count(machines: unknown[]): string {
  return machines.length === 2 ? "two machines" : `${machines.length} machines`;
}
