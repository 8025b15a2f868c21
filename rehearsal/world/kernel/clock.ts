/**
 * Simulated time: wall-clock time multiplied by a scale, going on from where the last run of this world stopped. A
 * whole bring-up of many simulated minutes then takes seconds, while what runs in parallel still overlaps as it would.
 *
 * A clock that drives a world never passes a time at which something is due there: it stands at that time until it has happened. So
 * whatever happens, happens at its own time, and the record is in the order of its times.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { setTimeout as wait } from "node:timers/promises";

export interface Clock {
  /** Simulated seconds since the world was made. */
  now(): number;
  /** Resolves after that many simulated seconds. */
  sleep(seconds: number): Promise<void>;
  /** Resolves once `now()` has reached that time. */
  until(time: number): Promise<void>;
  /** From now on it drives that world, and no other. */
  drive(world: Driven): void;
  /** What is due next has changed: nothing happens by itself before that time. */
  standAt(time: number): void;
}

/** What moves by itself while time passes. */
export interface Driven {
  /** Brings it up to the present. */
  catchUp(): Promise<void>;
}

/** What is shown of a simulated time: every world began with the year 2026. */
export function dateOf(seconds: number): Date {
  return new Date(Date.UTC(2026, 0, 1) + seconds * 1000);
}

interface Meter {
  seconds: number;
  outer: Meter | undefined;
}

const meters = new AsyncLocalStorage<Meter>();

/**
 * How many simulated seconds the work sleeps. That is what it takes by the world's own figures, and the same at every scale:
 * `now()` also counts what this computer takes to work it out, times the scale.
 */
export async function timed<T>(work: () => Promise<T>): Promise<{ value: T; seconds: number }> {
  const meter: Meter = { seconds: 0, outer: meters.getStore() };
  const value = await meters.run(meter, work);
  return { value, seconds: meter.seconds };
}

function count(seconds: number): void {
  for (let meter = meters.getStore(); meter; meter = meter.outer) meter.seconds += seconds;
}

/** Simulated seconds per wall-clock second unless a run asks for another. */
export const DEFAULT_TIME_SCALE = 60;

/** Milliseconds that a timer takes at the most (Node.js: timers). */
const LONGEST_TIMER = 2 ** 31 - 1;

abstract class DrivingClock implements Clock {
  protected driven: Driven | undefined;
  /** What is due next. */
  protected due = Infinity;

  /** The time that it would be if nothing were due. */
  protected abstract present(): number;
  /** Lets that much of it pass. */
  protected abstract pass(seconds: number): Promise<void>;

  now(): number {
    return Math.min(this.present(), this.due);
  }

  async sleep(seconds: number): Promise<void> {
    if (!(seconds > 0)) return;
    count(seconds);
    await this.pass(seconds);
    await this.driven?.catchUp();
  }

  until(time: number): Promise<void> {
    return this.sleep(time - this.present());
  }

  drive(world: Driven): void {
    this.driven = world;
    this.due = Infinity;
  }

  standAt(time: number): void {
    this.due = time;
  }
}

export class ScaledClock extends DrivingClock {
  #from: number;
  #startedAt = performance.now();
  /** The time at which it stands, while it stands. */
  #still: number | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** @param offset Simulated seconds at which it begins. */
  constructor(
    offset: number,
    readonly scale: number = DEFAULT_TIME_SCALE,
  ) {
    super();
    this.#from = offset;
  }

  protected present(): number {
    return this.#still ?? this.#from + ((performance.now() - this.#startedAt) / 1000) * this.scale;
  }

  protected async pass(seconds: number): Promise<void> {
    const end = this.present() + seconds;
    await wait((seconds / this.scale) * 1000);
    if (this.#still !== undefined) this.#still = Math.max(this.#still, end);
  }

  /** What is due happens whether anybody looks or not. */
  override standAt(time: number): void {
    super.standAt(time);
    this.#setTimer();
  }

  /** Nothing happens by itself any more. */
  stop(): void {
    clearTimeout(this.#timer);
    this.driven = undefined;
  }

  /**
   * Time stands still meanwhile: for what the rehearsal does beside the story, which would otherwise age the world by
   * minutes. It moves on only by what somebody sleeps, so that whoever waits for a time limit still meets it.
   */
  async standing<T>(during: () => Promise<T>): Promise<T> {
    this.#still = this.present();
    try {
      return await during();
    } finally {
      this.#from = this.#still;
      this.#startedAt = performance.now();
      this.#still = undefined;
      this.#setTimer();
    }
  }

  #setTimer(): void {
    clearTimeout(this.#timer);
    if (this.#still !== undefined || this.due === Infinity) return;
    const milliseconds = ((this.due - this.present()) / this.scale) * 1000;
    // What fails is told to whoever comes next.
    const ring = () => void this.driven?.catchUp().catch(() => undefined);
    this.#timer = setTimeout(ring, Math.min(Math.max(milliseconds, 0), LONGEST_TIMER)).unref();
  }
}

/** Moves by what is slept alone, and nobody waits for it. */
export class InstantClock extends DrivingClock {
  /** @param time Simulated seconds at which it begins. */
  constructor(public time = 0) {
    super();
  }

  protected present(): number {
    return this.time;
  }

  protected pass(seconds: number): Promise<void> {
    this.time += seconds;
    return Promise.resolve();
  }
}
