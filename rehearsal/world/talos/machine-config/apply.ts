/**
 * Applying a machine config: strictly loaded and validated by Talos's machinery, refused in its words, taken over at once,
 * at the next reboot, or with one.
 *
 * Sources: talos v1.12.0 internal/app/maintenance/server.go and server/v1alpha1/v1alpha1_server.go (ApplyConfiguration);
 * nocloud's mode is cloud (platform/nocloud), which asks for no install section.
 */
import type { MachineState } from "../state.ts";
import type { VmState } from "../../proxmox/state.ts";
import type { Held, World } from "../../kernel/world.ts";
import { allAddresses, judgeStall, restart, startConfigured, warnStrayLinks } from "../machined/boot.ts";
import { stateOf, bootDisk } from "../disks/boot-disk.ts";
import { unknownDocument, unsupportedKubernetes } from "./compatibility.ts";
import { DURATIONS } from "../durations.ts";
import { TalosError } from "../errors.ts";
import { readFacts } from "./facts.ts";
import type { NodeFacts } from "./node-facts.ts";
import { nocloudAddress } from "../network/hardware.ts";
import { provisionVolumes } from "../disks/volumes.ts";

export type ApplyMode = "auto" | "reboot" | "no_reboot" | "staged" | "try";

export interface ApplyResult {
  /** What `auto` came to. */
  mode: ApplyMode;
  details: string;
}

export interface ApplyRequest {
  machineConfig: string;
  mode: ApplyMode;
  dryRun?: boolean;
  /** When the caller asked; for the record. */
  since?: number;
}

/** The call on a node. */
export async function applyConfiguration(
  world: Held,
  machine: MachineState,
  request: ApplyRequest,
): Promise<ApplyResult> {
  return machine.facts
    ? await applyToRunning(world, machine, request)
    : await applyInMaintenance(world, machine, request);
}

async function applyInMaintenance(
  world: Held,
  machine: MachineState,
  { machineConfig, mode, dryRun }: ApplyRequest,
): Promise<ApplyResult> {
  if (mode === "no_reboot" || mode === "staged") {
    const name = mode.replaceAll("_", "-");
    throw new TalosError(
      "Unimplemented",
      `apply configuration --mode='${name}' is not supported in maintenance mode`,
    );
  }
  const vm = world.state.proxmox.vms[machine.vmId]!;
  const facts = await load(
    world,
    vm,
    machine,
    machineConfig,
    (text) => new TalosError("Unknown", `failed to parse config: ${text}`),
  );
  await validate(world, machine, machineConfig, "configuration validation failed: ");
  if (dryRun) return { mode, details: "Node is running in maintenance mode and does not have a config yet." };

  const disk = bootDisk(vm)!;
  if (disk.content.kind !== "talos") throw new TalosError("FailedPrecondition", "Talos is not installed");
  disk.content.state = { machineConfig, clusterId: facts.clusterId, ephemeral: {} };
  const at = world.clock.now() + DURATIONS.firstConfig;
  machine.configuredAt = at;
  takeOver(world, vm, machine, machineConfig, facts);
  note(world, machine, { mode, how: "first", changed: true });
  if (startConfigured(world, vm, machine, at)) await provisionVolumes(world, machine.vmId, { at });
  return { mode, details: "Applied configuration" };
}

async function applyToRunning(
  world: Held,
  machine: MachineState,
  { machineConfig, mode, dryRun, since }: ApplyRequest,
): Promise<ApplyResult> {
  const vm = world.state.proxmox.vms[machine.vmId]!;
  const next = await load(
    world,
    vm,
    machine,
    machineConfig,
    (text) => new TalosError("InvalidArgument", text),
  );
  await validate(world, machine, machineConfig, "");
  const unsupported = await unsupportedKubernetes(world, machine.image.version, next);
  if (unsupported) throw new TalosError("InvalidArgument", `* kubelet image is not valid: ${unsupported}`);
  const { needsReboot, why } = await world.systems.machinery.call<{ needsReboot: boolean; why?: string }>(
    "config.changeNeedsReboot",
    { current: machine.machineConfig!, next: machineConfig },
  );
  if ((mode === "no_reboot" || mode === "try") && needsReboot) {
    throw new TalosError("InvalidArgument", why ?? "this config change cannot be applied without a reboot");
  }
  const resolved = mode === "auto" ? (needsReboot ? "reboot" : "no_reboot") : mode;
  const details = DETAILS[resolved] + (mode === "auto" && needsReboot && why ? `: ${why}` : "");
  if (dryRun) return { mode: resolved, details };

  const state = stateOf(bootDisk(vm))!;
  const changed = (resolved === "try" ? machine.machineConfig : state.machineConfig) !== machineConfig;
  if (resolved !== "try") {
    delete machine.revertsAt;
    state.machineConfig = machineConfig;
  }
  note(world, machine, { mode, how: resolved, changed, since, ...(needsReboot && why ? { why } : {}) });
  if (resolved === "reboot") await restart(world, machine.vmId, "its config changed");
  else if (resolved !== "staged") {
    await applyImmediately(world, machine, machineConfig);
    if (resolved === "try") machine.revertsAt = world.clock.now() + DURATIONS.tryMode;
  }
  return { mode: resolved, details };
}

const DETAILS: Record<Exclude<ApplyMode, "auto">, string> = {
  reboot: "Applied configuration with a reboot",
  no_reboot: "Applied configuration without a reboot",
  staged: "Staged configuration to be applied after the next reboot",
  try: "Applied configuration without a reboot; it is reverted unless applied again",
};

/** A running node works with a changed config from now on. */
export async function applyImmediately(
  world: Held,
  machine: MachineState,
  machineConfig: string,
): Promise<void> {
  const vm = world.state.proxmox.vms[machine.vmId]!;
  takeOver(world, vm, machine, machineConfig, await readFacts(world, vm, machineConfig));
  await provisionVolumes(world, machine.vmId, { at: world.clock.now() + DURATIONS.immediateConfig });
}

function takeOver(
  world: World,
  vm: VmState,
  machine: MachineState,
  machineConfig: string,
  facts: NodeFacts,
): void {
  const given = machine.image.platform === "nocloud" ? nocloudAddress(vm) : undefined;
  machine.machineConfig = machineConfig;
  machine.facts = facts;
  machine.addresses = allAddresses(given, facts.addresses);
  machine.address = machine.addresses[0] ?? "";
  warnStrayLinks(world, machine);
  judgeStall(world, vm, machine, facts);
}

async function load(
  world: World,
  vm: VmState,
  { image }: MachineState,
  machineConfig: string,
  refuse: (text: string) => TalosError,
): Promise<NodeFacts> {
  const unknown = unknownDocument(image.version, machineConfig);
  if (unknown) throw refuse(unknown);
  try {
    return await readFacts(world, vm, machineConfig);
  } catch (error) {
    throw refuse(withoutSecrets((error as Error).message));
  }
}

async function validate(
  world: World,
  machine: MachineState,
  machineConfig: string,
  prefix: string,
): Promise<void> {
  const mode = machine.image.platform === "metal" ? "metal" : "cloud";
  const { errors } = await world.systems.machinery.call<{ errors: string[] }>("config.validate", {
    machineConfiguration: machineConfig,
    mode,
    strict: false,
  });
  if (errors.length === 0) return;
  const list = errors.map((text) => `* ${text}`).join("; ");
  throw new TalosError("InvalidArgument", withoutSecrets(prefix + list));
}

/** A loader quotes what it does not understand, and a config is full of keys and tokens. */
function withoutSecrets(text: string): string {
  return text.replace(/[A-Za-z0-9+/_-]{32,}={0,2}|\b[a-z0-9]{6}\.[a-z0-9]{16}\b/g, "[secret]");
}

function note(
  world: World,
  machine: MachineState,
  what: { mode: ApplyMode; how: string; changed: boolean; since?: number | undefined; why?: string },
): void {
  const facts = machine.facts!;
  const how =
    what.how === "first" ? "its first config" : `a ${what.changed ? "changed" : "same"} config (${what.how})`;
  world.note({
    kind: "config-applied",
    subject: facts.hostname,
    text: `${facts.hostname} got ${how}`,
    detail: {
      vmId: machine.vmId,
      node: facts.hostname,
      machineType: facts.machineType,
      clusterId: facts.clusterId,
      address: machine.address,
      ...what,
    },
  });
}
