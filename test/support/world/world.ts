/** Empty worlds, whose clock moves only when somebody sleeps. */
import { startMachinery, type Machinery, type MachinerySecrets } from "../../../rehearsal/machinery.ts";
import { readToolchain } from "../../../rehearsal/toolchain.ts";
import { InstantClock, ScaledClock } from "../../../rehearsal/world/kernel/clock.ts";
import type { WorldState } from "../../../rehearsal/world/kernel/state.ts";
import { World, type WorldOptions } from "../../../rehearsal/world/kernel/world.ts";

/** Nobody's: for tests in which no node boots. */
const IDLE: Pick<WorldOptions, "machinery" | "lifecycle"> = {
  machinery: { call: () => Promise.reject(new Error("no machinery here")), close: () => Promise.resolve() },
  lifecycle: {
    powerOn: () => Promise.resolve(),
    powerOff: () => Promise.resolve(),
    destroyed: () => Promise.resolve(),
  },
};

/** @param state What there is in it. */
export function testWorld(state: Partial<WorldState> = {}, parts: Partial<WorldOptions> = {}): World {
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
  return new World({ clock: new InstantClock(), ...IDLE, ...parts, state: { ...empty, ...state } });
}

/** The same world for the real engine, by which time passes: so many simulated seconds per second. */
export function runningWorld({ state, clock, machinery, lifecycle }: World, scale: number): World {
  return new World({ state, clock: new ScaledClock(clock.now(), scale), machinery, lifecycle });
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
