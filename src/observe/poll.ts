/** Looking again and again until something holds, without haste and not for ever. */

export interface Clock {
  /** Milliseconds since some moment. */
  now(): number;
  sleep(milliseconds: number): Promise<void>;
}

export const wallClock: Clock = {
  now: () => performance.now(),
  sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
};

/** Milliseconds. A node that is nearly there is seen soon; one that takes minutes is not pestered. */
const FIRST_PAUSE = 200;
const LONGEST_PAUSE = 5000;

/** How long something took, for a line of progress: `93 s`. */
export function secondsSince(begun: number, clock: Clock): string {
  return `${Math.round((clock.now() - begun) / 1000)} s`;
}

/** One look: what was waited for, or why it does not hold yet. */
export type Look<T> = { done: T } | { waiting: string[] };

export class TimeUp extends Error {
  /** @param waiting What the last look found. */
  constructor(
    readonly waiting: readonly string[],
    readonly seconds: number,
  ) {
    super(`not within ${seconds} s: ${waiting.join("; ")}`);
  }
}

/**
 * @param seconds How long to go on; there is always one look.
 * @param onChange Told what is waited for, whenever that is something else than at the look before.
 * @throws {TimeUp}
 */
export async function poll<T>(
  look: () => Promise<Look<T>>,
  { seconds, clock, onChange }: { seconds: number; clock: Clock; onChange?: (waiting: string[]) => unknown },
): Promise<T> {
  const deadline = clock.now() + seconds * 1000;
  let pause = FIRST_PAUSE;
  let said = "";
  for (;;) {
    const seen = await look();
    if ("done" in seen) return seen.done;
    const waiting = seen.waiting.join("; ");
    if (waiting !== said) await onChange?.(seen.waiting);
    said = waiting;
    const left = deadline - clock.now();
    if (left <= 0) throw new TimeUp(seen.waiting, seconds);
    await clock.sleep(Math.min(pause, left));
    pause = Math.min(pause * 2, LONGEST_PAUSE);
  }
}
