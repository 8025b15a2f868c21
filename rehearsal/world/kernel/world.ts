/**
 * One simulated homelab in memory: its state, its clock, its record, and Talos's machinery for the parts that must be
 * the real thing. The rules are functions in the folders beside this file; whoever calls one that changes something
 * calls `commit()` afterwards, so that a killed run loses nothing that happened.
 */
import type { Machinery } from "../../machinery.ts";
import type { Clock } from "./clock.ts";
import type { NewEvent } from "./record.ts";
import type { WorldState } from "./state.ts";
import type { NodeWorkloads } from "../talos/workloads.ts";

/** What happens to an operating system when Proxmox acts on its machine. Implemented by `talos/`. */
export interface MachineLifecycle {
  powerOn(world: World, vmId: number): Promise<void>;
  powerOff(world: World, vmId: number, how: "stop" | "shutdown"): Promise<void>;
  /** Called before the VM and its disks go. */
  destroyed(world: World, vmId: number): Promise<void>;
}

export interface WorldOptions {
  state: WorldState;
  clock: Clock;
  machinery: Machinery;
  lifecycle: MachineLifecycle;
  /** Absent where nothing runs on the nodes, as in tests of the layers below. */
  workloads?: NodeWorkloads;
  /** Saves the state durably; called by `commit`. */
  save?: (state: WorldState) => Promise<void>;
}

export class World {
  readonly state: WorldState;
  readonly clock: Clock;
  readonly machinery: Machinery;
  readonly lifecycle: MachineLifecycle;
  readonly workloads: NodeWorkloads | undefined;
  readonly #save: (state: WorldState) => Promise<void>;
  #saving: Promise<void> = Promise.resolve();
  readonly #lost = new AbortController();

  constructor(options: WorldOptions) {
    this.state = options.state;
    this.clock = options.clock;
    this.machinery = options.machinery;
    this.lifecycle = options.lifecycle;
    this.workloads = options.workloads;
    this.#save = options.save ?? (() => Promise.resolve());
  }

  /**
   * Adds to the record.
   *
   * @param at When it happened: what comes about by itself is noticed when somebody looks, so that the record's order may not
   *   be that of its times. Default: now.
   */
  note(event: NewEvent, at = this.clock.now()): void {
    this.state.events.push({ severity: "info", ...event, at: round(at) });
  }

  /** An id that this world never gives twice. */
  nextId(prefix: string): string {
    return `${prefix}-${this.state.nextId++}`;
  }

  /** Saves everything; resolves when it is on disk. Calls are put in order. */
  commit(): Promise<void> {
    this.state.elapsed = round(this.clock.now());
    this.#saving = this.#saving
      .then(() => this.#save(this.state))
      .catch((error: unknown) => {
        this.#lost.abort(error);
        throw error;
      });
    return this.#saving;
  }

  /** Aborted, with the reason, once the world could not be saved: what happens from then on is lost. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }
}

function round(seconds: number): number {
  return Math.round(seconds * 100) / 100;
}
