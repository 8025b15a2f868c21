/**
 * Simulated time: wall-clock time multiplied by a scale, going on from where the last run of this world stopped. A
 * whole bring-up of many simulated minutes then takes seconds, while what runs in parallel still overlaps as it would.
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

export class ScaledClock implements Clock {
  #from: number;
  #startedAt = performance.now();
  /** The time at which it stands, while it stands. */
  #still: number | undefined;

  /** @param offset Simulated seconds at which it begins. */
  constructor(
    offset: number,
    readonly scale: number = DEFAULT_TIME_SCALE,
  ) {
    this.#from = offset;
  }

  now(): number {
    return this.#still ?? this.#from + ((performance.now() - this.#startedAt) / 1000) * this.scale;
  }

  async sleep(seconds: number): Promise<void> {
    if (!(seconds > 0)) return;
    count(seconds);
    const end = this.now() + seconds;
    await wait((seconds / this.scale) * 1000);
    if (this.#still !== undefined) this.#still = Math.max(this.#still, end);
  }

  async until(time: number): Promise<void> {
    await this.sleep(time - this.now());
  }

  /**
   * Time stands still meanwhile: for what the rehearsal does beside the story, which would otherwise age the world by
   * minutes. It moves on only by what somebody sleeps, so that whoever waits for a time limit still meets it.
   */
  async standing<T>(during: () => Promise<T>): Promise<T> {
    this.#still = this.now();
    try {
      return await during();
    } finally {
      this.#from = this.#still;
      this.#startedAt = performance.now();
      this.#still = undefined;
    }
  }
}

/** Moves by what is slept alone, and nobody waits for it. */
export class InstantClock implements Clock {
  /** @param time Simulated seconds at which it begins. */
  constructor(public time = 0) {}

  now(): number {
    return this.time;
  }

  sleep(seconds: number): Promise<void> {
    if (seconds > 0) {
      count(seconds);
      this.time += seconds;
    }
    return Promise.resolve();
  }

  until(time: number): Promise<void> {
    return this.sleep(time - this.time);
  }
}
