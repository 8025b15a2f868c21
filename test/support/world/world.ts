/** Empty worlds, whose clock moves only when somebody sleeps. */
import { startMachinery, type Machinery, type MachinerySecrets } from "../../../rehearsal/machinery.ts";
import { readToolchain } from "../../../rehearsal/toolchain.ts";
import { InstantClock, ScaledClock } from "../../../rehearsal/world/kernel/clock.ts";
import type { WorldState } from "../../../rehearsal/world/kernel/state.ts";
import { World, type Systems, type WorldOptions } from "../../../rehearsal/world/kernel/world.ts";
import { systemsOver } from "../../../rehearsal/world/systems.ts";
import { talosLifecycle } from "../../../rehearsal/world/talos/lifecycle.ts";

const NO_MACHINERY: Machinery = {
  call: () => Promise.reject(new Error("no machinery here")),
  close: () => Promise.resolve(),
};

/** Nobody's: for tests in which no node boots. */
const IDLE: Pick<Systems, "lifecycle"> = {
  lifecycle: {
    ...talosLifecycle,
    powerOn: () => Promise.resolve(),
    powerOff: () => Promise.resolve(),
    destroyed: () => Promise.resolve(),
  },
};

/** @param state What there is in it. */
export function testWorld(
  state: Partial<WorldState> = {},
  {
    clock = new InstantClock(),
    save,
    ...systems
  }: Partial<Systems & Pick<WorldOptions, "clock" | "save">> = {},
): World {
  const empty: WorldState = {
    format: 1,
    stack: "test",
    seed: 1,
    elapsed: 0,
    nextId: 1,
    proxmox: { hosts: {}, vms: {} },
    machines: {},
    clusters: {},
    events: [],
  };
  return new World({
    state: { ...empty, ...state },
    clock,
    systems: { ...systemsOver(NO_MACHINERY), ...IDLE, ...systems },
    ...(save && { save }),
  });
}

/** The same world for the real engine, by which time passes: so many simulated seconds per second. */
export function runningWorld({ state, clock, systems }: World, scale: number): World {
  return new World({ state, clock: new ScaledClock(clock.now(), scale), systems });
}

let started: Promise<Machinery> | undefined;

/** One for all tests of a worker, with which it ends. */
export function openMachinery(): Promise<Machinery> {
  started ??= readToolchain().then(({ talosHelper }) => startMachinery(talosHelper));
  return started;
}

export async function newSecrets(): Promise<MachinerySecrets> {
  return (await openMachinery()).call<MachinerySecrets>("secrets.generate", { talosVersion: "v1.12" });
}

/** Making them takes a good part of a second (RSA). */
let shared: Promise<MachinerySecrets> | undefined;
export const sharedSecrets = (): Promise<MachinerySecrets> => (shared ??= newSecrets());
