/** The phases of a sequence and what each of them does to the node. Names as in v1alpha1_sequencer.go and its tasks. */
import type { MachineState, RunningSequence } from "../state.ts";
import type { World } from "../../kernel/world.ts";
import { boot } from "./boot.ts";
import { apiServerFor } from "../control-plane/api-server.ts";
import { goDown } from "./downtime.ts";
import { DURATIONS } from "../durations.ts";
import { install } from "./install.ts";
import { expectWatcher } from "./events.ts";

interface Phase {
  phase: string;
  task: string;
  /** Throws what makes the sequence fail. `there` is false once the machine has gone. */
  work?: (world: World, machine: MachineState, there: () => boolean) => Promise<void>;
}

export function phasesOf(name: RunningSequence["name"]): Phase[] {
  return name === "upgrade" ? UPGRADE : REBOOT;
}

const STOP: Phase[] = [
  { phase: "cleanup", task: "stopAllPods", work: stopPods },
  { phase: "dbus", task: "stopDBus" },
  { phase: "stopServices", task: "stopServicesForUpgrade", work: takes(DURATIONS.stopServices) },
];

const UPGRADE: Phase[] = [
  { phase: "drain", task: "cordonAndDrainNode", work: cordonAndDrain },
  ...STOP,
  { phase: "unmount", task: "unmountPodMounts" },
  { phase: "unmountBind", task: "unmountSystemDiskBindMounts" },
  { phase: "unmountSystem", task: "unmountEphemeralPartition" },
  { phase: "volumeFinalize", task: "teardownLifecycle" },
  { phase: "upgrade", task: "upgrade", work: install },
  { phase: "meta", task: "reloadMeta" },
  { phase: "kexec", task: "kexecPrepare" },
  { phase: "stopEverything", task: "stopAllServices", work: takes(DURATIONS.stopAll) },
  { phase: "reboot", task: "reboot", work: kexec },
];

/** No drain: a reboot takes the pods as they are. */
const REBOOT: Phase[] = [
  ...STOP,
  { phase: "umount", task: "unmountPodMounts" },
  { phase: "unmountBind", task: "unmountSystemDiskBindMounts" },
  { phase: "unmountSystem", task: "unmountEphemeralPartition" },
  { phase: "volumeFinalize", task: "teardownLifecycle" },
  { phase: "kexec", task: "kexecPrepare" },
  { phase: "stopEverything", task: "stopAllServices", work: takes(DURATIONS.stopAll) },
  { phase: "reboot", task: "reboot", work: kexec },
];

/**
 * The node's own cordon has to show within a minute, which takes an API server; then evictions get five. What does not go in
 * that time is logged, and the upgrade goes on (kubernetes.go, Drain: "WARNING: failed to evict pod").
 */
async function cordonAndDrain(world: World, machine: MachineState, there: () => boolean): Promise<void> {
  const { vmId, registered } = machine;
  const { workloads } = world.systems;
  const deadline = world.clock.now() + DURATIONS.cordonPatience;
  const node = registered === undefined ? undefined : workloads.nodeOn(world, registered, vmId);
  if (!node) return; // the kubelet has no certificate: nothing to drain
  while (apiServerFor(world, machine)?.id !== registered) {
    if (world.clock.now() >= deadline) throw new Error("context deadline exceeded");
    await world.clock.sleep(DURATIONS.retry);
    if (!there()) return;
  }
  await world.exclusive((held) => workloads.cordon(held, vmId));
  const left = await workloads.drain(world, vmId, DURATIONS.drain);
  if (left === undefined || !there()) return;
  world.note({
    kind: "drain-failed",
    subject: node.name,
    severity: "warning",
    text: `${node.name} goes on although it could not be drained: ${left}`,
    detail: { vmId, node: node.name, undrained: left },
  });
}

async function stopPods(world: World, machine: MachineState): Promise<void> {
  const why = machine.sequence?.name === "upgrade" ? "it is being upgraded" : "it reboots";
  await world.exclusive((held) => goDown(held, machine.vmId, why));
  await world.clock.sleep(DURATIONS.stopPods);
}

function takes(seconds: number): NonNullable<Phase["work"]> {
  return (world) => world.clock.sleep(seconds);
}

/** The kernel is replaced without the firmware's doing. */
async function kexec(world: World, machine: MachineState): Promise<void> {
  await world.exclusive((held) => boot(held, machine.vmId, world.clock.now(), "it was asked to"));
  expectWatcher(world, machine.vmId);
  await world.commit();
}
