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
  readonly #startedAt = performance.now();

  constructor(
    readonly offset: number,
    readonly scale: number = DEFAULT_TIME_SCALE,
  ) {}

  now(): number {
    return this.offset + ((performance.now() - this.#startedAt) / 1000) * this.scale;
  }

  async sleep(seconds: number): Promise<void> {
    if (seconds > 0) await wait((seconds / this.scale) * 1000);
  }

  async until(time: number): Promise<void> {
    await this.sleep(time - this.now());
  }
}
