/**
 * How long a script may run, in wall-clock time of its own: what it waits for in the simulated cluster does not count, so that a
 * patient script is not taken for one that hangs because time is scaled slowly. Waiting without end is ended all the same.
 */
const WAITING_FACTOR = 6;

export class Limit {
  readonly #stop: () => void;
  readonly #all: NodeJS.Timeout;
  #own: NodeJS.Timeout | undefined;
  #left: number;
  #since = performance.now();
  #waiting = 0;
  #ended = false;

  constructor(milliseconds: number, stop: () => void) {
    this.#stop = stop;
    this.#left = milliseconds;
    this.#own = setTimeout(stop, milliseconds);
    this.#all = setTimeout(stop, milliseconds * WAITING_FACTOR);
  }

  /** Waits for something that is not the script's doing. */
  async outside<Result>(work: Promise<Result>): Promise<Result> {
    if (this.#waiting++ === 0) this.#hold();
    try {
      return await work;
    } finally {
      if (--this.#waiting === 0) this.#go();
    }
  }

  end(): void {
    clearTimeout(this.#own);
    clearTimeout(this.#all);
    this.#ended = true;
  }

  #hold(): void {
    clearTimeout(this.#own);
    this.#left -= performance.now() - this.#since;
  }

  #go(): void {
    if (this.#ended) return;
    this.#since = performance.now();
    this.#own = setTimeout(this.#stop, Math.max(0, this.#left));
  }
}
