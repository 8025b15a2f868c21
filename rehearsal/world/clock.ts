/**
 * Simulated time: wall-clock time multiplied by a scale, going on from where the last run of this world stopped. A
 * whole bring-up of many simulated minutes then takes seconds, while what runs in parallel still overlaps as it would.
 */
import { setTimeout as wait } from "node:timers/promises";

export interface Clock {
  /** Simulated seconds since the world was made. */
  now(): number;
  /** Resolves after that many simulated seconds. */
  sleep(seconds: number): Promise<void>;
  /** Resolves once `now()` has reached that time. */
  until(time: number): Promise<void>;
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
