/**
 * Booting a machine: what comes up follows from its disks alone. A disk with a Talos image boots that image, into
 * maintenance mode until its STATE partition holds a machine config.
 */
import { hasFault } from "../../kernel/faults.ts";
import type { VmState } from "../../proxmox/state.ts";
import type { MachineState } from "../state.ts";
import type { Held, World } from "../../kernel/world.ts";
import { whyNoBoot } from "./board.ts";
import { unknownDocument } from "../machine-config/compatibility.ts";
import { DURATIONS } from "../durations.ts";
import { goDown } from "./downtime.ts";
import { resumeCluster } from "../etcd/cluster.ts";
import { readFacts } from "../machine-config/facts.ts";
import type { NodeFacts } from "../machine-config/node-facts.ts";
import { bootDisk, stateOf } from "../disks/boot-disk.ts";
import { nocloudAddress } from "../network/hardware.ts";
import { settleBootEntry } from "./install.ts";
import { hangUp } from "./events.ts";
import { letterDevices } from "../disks/inventory.ts";
import { ensureSystemPartitions } from "../disks/partitions.ts";
import { findStall } from "./stall.ts";
import { provisionVolumes } from "../disks/volumes.ts";

/**
 * Starts the operating system, at that simulated time, which may lie ahead. `why` is given for a machine that was up
 * until now. What may wait comes first: a killed process leaves the machine as it was, or booting.
 */
export async function boot(world: Held, vmId: number, at: number, why?: string): Promise<void> {
  const vm = world.state.proxmox.vms[vmId];
  if (!vm) return;
  const before = world.state.machines[vmId];
  if (before) {
    await goDown(world, vmId, `${nameOf(vm, before)} reboots (${why ?? "power"})`);
    hangUp(world, vmId);
  }
  const disk = bootDisk(vm);
  const failure = whyNoBoot(vm, disk);
  if (!disk || disk.content.kind !== "talos" || failure) {
    delete world.state.machines[vmId];
    const text = `VM ${vmId} (${String(vm.config["name"] ?? "unnamed")}) boots nothing: ${failure}`;
    world.note({ kind: "boot", subject: String(vmId), severity: "warning", text, detail: { vmId, failure } });
    return;
  }
  const state = stateOf(disk);
  const facts = state && (await readFacts(world, vm, state.machineConfig));
  const name = facts?.hostname ?? String(vm.config["name"] ?? vmId);
  const fallsBack = disk.content.previous?.untried === true && hasFault(world, "boot-falls-back", vmId);
  settleBootEntry(world, disk.content, vmId, name, fallsBack);
  const { image } = disk.content;
  // From inside, i.e. not after a power cycle.
  const unreadable = state && unknownDocument(image.version, state.machineConfig);
  const stuck = before !== undefined && !before.hung && hasFault(world, "reboot-hangs", vmId);
  const hung = unreadable ? "config" : stuck ? "reboot" : undefined;
  const bootId = world.nextId("boot");
  const answersAt = hung ? NEVER : at + DURATIONS.boot + (fallsBack ? DURATIONS.failedBoot : 0);
  const given = image.platform === "nocloud" ? nocloudAddress(vm) : undefined;
  const addresses = allAddresses(given, facts?.addresses ?? []);
  const machine: MachineState = {
    vmId,
    bootId,
    bootCount: (before?.bootCount ?? 0) + 1,
    answersAt,
    address: addresses[0] ?? "",
    addresses,
    image,
    devices: letterDevices(vm, world.state.seed, bootId),
    volumes: [],
    iscsi: [],
    ...(hung ? { hung } : {}),
    ...(state && facts ? { machineConfig: state.machineConfig, facts, configuredAt: answersAt } : {}),
  };
  world.state.machines[vmId] = machine;
  if (hung) return noteHung(world, machine, name, unreadable);
  noteBoot(world, vm, machine);
  if (!facts) return;
  warnStrayLinks(world, machine);
  judgeStall(world, vm, machine, facts);
  if (!startConfigured(world, vm, machine, answersAt)) return;
  await provisionVolumes(world, vmId, { at: answersAt, booting: true });
  resumeCluster(world, vmId, answersAt);
}

/** Later than any time a rehearsal reaches. */
const NEVER = Number.MAX_SAFE_INTEGER;

/** Its reboot got stuck; or an older Talos than wrote it cannot load the config on STATE, and tries for ever. */
function noteHung(world: World, { vmId }: MachineState, name: string, unreadable: string | undefined): void {
  const text = unreadable
    ? `${name} does not come up: it cannot load its config: ${unreadable}`
    : `${name} hangs in its reboot: it takes a power cycle`;
  world.note({ kind: "boot-failed", subject: name, severity: "warning", text, detail: { vmId } });
}

/** Goes down and comes up again, with what is then on its disks. Returns at once. */
export async function restart(world: Held, vmId: number, why: string): Promise<void> {
  await boot(world, vmId, world.clock.now() + DURATIONS.stopForReboot, why);
}

/** The machine config's address comes first, and nocloud's stays: Talos merges them (network/address_merge.go). */
export function allAddresses(given: string | undefined, configured: string[]): string[] {
  const own = configured.map((cidr) => cidr.split("/", 1)[0]!);
  return [...new Set([...own, ...(given === undefined ? [] : [given])])];
}

/** System volumes first; false when there is no EPHEMERAL: the node then gets no further. */
export function startConfigured(world: World, vm: VmState, machine: MachineState, at: number): boolean {
  const disk = bootDisk(vm);
  const failure = disk && machine.facts && ensureSystemPartitions(disk, machine.facts.ephemeral, at);
  if (!failure) return true;
  const node = machine.facts?.hostname ?? String(vm.vmId);
  machine.configuredAt = Number.MAX_SAFE_INTEGER;
  world.note({
    kind: "volume-waiting",
    subject: node,
    severity: "warning",
    text: `volume EPHEMERAL of ${node} waits: ${failure}`,
    detail: { vmId: vm.vmId, volume: "EPHEMERAL", reason: failure },
  });
  return false;
}

/** Puts on the machine, and once on record, what holds it up with the config that it now has. */
export function judgeStall(world: World, vm: VmState, machine: MachineState, facts: NodeFacts): void {
  const before = machine.stall?.why;
  const stall = findStall(vm, machine, facts);
  delete machine.stall;
  if (!stall) return;
  machine.stall = stall;
  if (stall.why === before) return;
  world.note({
    kind: "node-stalled",
    subject: facts.hostname,
    severity: "warning",
    text: `${facts.hostname} gets no further: ${stall.why}`,
    detail: { vmId: vm.vmId, what: stall.what },
  });
}

export function warnStrayLinks(world: World, machine: MachineState): void {
  const { facts, vmId } = machine;
  if (!facts?.strayLinks.length) return;
  world.note({
    kind: "config-applied",
    subject: facts.hostname,
    severity: "warning",
    text: `${facts.hostname} has no link ${facts.strayLinks.join(", ")}, so what its config says of it has no effect`,
    detail: { vmId, strayLinks: facts.strayLinks },
  });
}

function noteBoot(world: World, vm: VmState, machine: MachineState): void {
  const name = nameOf(vm, machine);
  const where = machine.address ? `at ${machine.address}` : "at no address that anybody knows";
  const mode = machine.facts ? "with its config" : "into maintenance mode";
  world.note({
    kind: "boot",
    subject: name,
    text: `${name} boots Talos ${machine.image.version} ${mode} ${where}`,
    detail: {
      vmId: vm.vmId,
      bootId: machine.bootId,
      bootCount: machine.bootCount,
      version: machine.image.version,
      schematicId: machine.image.schematicId,
      extensions: machine.image.extensions,
      maintenance: !machine.facts,
      answersAt: machine.answersAt,
      address: machine.address,
      devices: machine.devices,
    },
  });
}

function nameOf(vm: VmState, machine: MachineState): string {
  return machine.facts?.hostname ?? String(vm.config["name"] ?? vm.vmId);
}
