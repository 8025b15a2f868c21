/**
 * One simulated homelab in memory: its state, its clock, its record, its lock, and the systems that live in it. The rules are
 * functions in the folders beside this one; whoever calls one that changes something calls `commit()` afterwards, so that a
 * killed run loses nothing that happened.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import type { Clock, Driven } from "./clock.ts";
import type { NewEvent } from "./record.ts";
import type { WorldState } from "./state.ts";

/**
 * What the systems of a homelab do for one another. Each says what it asks of those above it, by declaration merging; the kernel
 * carries it, and `world/systems.ts` puts it together.
 */
export interface Systems {
  /** What moves by itself, in the order in which it is brought up to the present. */
  processes: Process[];
}

/** Something that moves by itself while time passes. It follows from the state alone, so that it goes on after a killed run. */
export interface Process {
  /** Times at which something may be due; those that have passed do not count. */
  due(world: World): Iterable<number | undefined>;
  /** Lets happen what is due by now. */
  settle(world: Held): Promise<void>;
}

/** The next of the times at which something that cannot be foreseen is tried again: so often, in simulated seconds. */
export function nextTry(world: World, every: number): number {
  return (Math.floor(world.clock.now() / every) + 1) * every;
}

export interface WorldOptions {
  state: WorldState;
  clock: Clock;
  systems: Systems;
  /** Saves the state durably; called by `commit`. */
  save?: (state: WorldState) => Promise<void>;
}

declare const held: unique symbol;

/**
 * A world whose lock is held: `exclusive` alone gives one, and for as long as its work takes. Rules that wait for the machinery
 * helper in the middle must not run into each other (two of them could provision the same volume twice, or start the same pod), so
 * they ask for it. Nobody sleeps with it.
 */
export type Held = World & { readonly [held]: true };

/** The worlds that the work under way holds. */
const holding = new AsyncLocalStorage<World>();

export class World implements Driven {
  readonly state: WorldState;
  readonly clock: Clock;
  readonly systems: Systems;
  readonly #save: (state: WorldState) => Promise<void>;
  #saving: Promise<void> = Promise.resolve();
  #turn: Promise<unknown> = Promise.resolve();
  readonly #lost = new AbortController();
  readonly #memory = new Map<symbol, unknown>();
  readonly #underWay = new Map<string, Promise<void>>();
  #due = Infinity;

  constructor(options: WorldOptions) {
    this.state = options.state;
    this.clock = options.clock;
    this.systems = options.systems;
    this.#save = options.save ?? (() => Promise.resolve());
    this.clock.drive(this);
    this.#lookAhead();
  }

  /**
   * Whatever changes nodes and what runs on them does so one after the other. What was due before has happened by then; what follows
   * at once from the change happens with it.
   */
  exclusive<Result>(work: (world: Held) => Promise<Result>): Promise<Result> {
    return this.#inTurn(async (world) => {
      await this.#catchUp(world);
      try {
        return await work(world);
      } finally {
        await this.#settle(world);
      }
    });
  }

  /** Brings everything that moves by itself up to the present, also what nobody could foresee. */
  settle(): Promise<void> {
    return this.exclusive(() => Promise.resolve());
  }

  #inTurn<Result>(work: (world: Held) => Promise<Result>): Promise<Result> {
    if (holding.getStore() === this)
      throw new Error("the world's lock is held already: this would wait for itself");
    const run = () => holding.run(this, () => work(this as unknown as Held));
    const result = this.#turn.then(run, run);
    this.#turn = result.catch(() => undefined);
    return result;
  }

  /** What is due by now happens, time by time. The clock calls it before anybody goes on who has slept. */
  async catchUp(): Promise<void> {
    if (holding.getStore() === this) throw new Error("nobody sleeps while holding the world's lock");
    if (this.#stands()) await this.#inTurn((world) => this.#catchUp(world));
  }

  async #catchUp(world: Held): Promise<void> {
    while (this.#stands()) await this.#settle(world);
  }

  async #settle(world: Held): Promise<void> {
    for (const process of this.systems.processes) await process.settle(world);
    this.#lookAhead();
  }

  /** Whether time stands still for something that is due. */
  #stands(): boolean {
    if (this.clock.now() < this.#due) this.#lookAhead();
    return this.clock.now() >= this.#due;
  }

  /** Looks for what is due next, before which time does not pass. */
  #lookAhead(): void {
    const now = this.clock.now();
    this.#due = Infinity;
    for (const process of this.systems.processes) {
      for (const time of process.due(this))
        if (time !== undefined && time > now && time < this.#due) this.#due = time;
    }
    this.clock.standAt(this.#due);
  }

  /** Adds to the record. */
  note(event: NewEvent): void {
    this.state.events.push({ severity: "info", ...event, at: this.clock.now() });
  }

  /** What is lost with this process: connections, what a node has in memory. Made when it is asked for first. */
  remembered<Value>(key: symbol, make: () => Value): Value {
    if (!this.#memory.has(key)) this.#memory.set(key, make());
    return this.#memory.get(key) as Value;
  }

  /** Starts work that goes on by itself, unless some of that name is under way; `ended` tells when it is over. */
  goOn(name: string, work: () => Promise<void>): void {
    if (this.#underWay.has(name)) return;
    const end = holding.exit(work).finally(() => this.#underWay.delete(name));
    // Whoever waits for the end is told; nobody else may be there to hear of it.
    end.catch(() => undefined);
    this.#underWay.set(name, end);
  }

  /** Resolves when nothing goes on by itself any more. */
  async ended(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay.values());
  }

  /** An id that this world never gives twice. */
  nextId(prefix: string): string {
    return `${prefix}-${this.state.nextId++}`;
  }

  /** Saves everything; resolves when it is on disk. Calls are put in order. */
  commit(): Promise<void> {
    this.state.elapsed = this.clock.now();
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
