/** What is known at a turn. */
export interface Turn {
  /** Whether nobody went before in this run. */
  first: boolean;
  /** Whether somebody else could go first: true only once for each, so that no two let one another go for ever. */
  others: () => boolean;
}

/** `later`: somebody else is to go first. */
export type Verdict = "go" | "later";

/** Runs at a turn before anything is done, and throws if the node must not be touched. */
export type Gate = (turn: Turn) => Promise<Verdict>;

interface Waiting {
  rank: number;
  wake: () => void;
}

/**
 * Lets what takes nodes down pass one after the other: one for all of a run, whatever takes them down. What brings no node down goes on
 * beside it, which a chain of `dependsOn` would not let it: that would make a first bring-up sequential, too.
 *
 * Whoever waits holds one of the engine's workers, of which there may be one alone, so a turn is never kept for somebody who has not
 * come. Who must go before whom for sure needs a `dependsOn`.
 */
export class Turns {
  #holder: string | undefined;
  #passed: string[] = [];
  #failed: string | undefined;
  readonly #waiting: Waiting[] = [];
  readonly #steppedAside = new Set<string>();

  /**
   * Has its turn, and gives it back.
   *
   * @param rank Of those who wait, the lowest goes next.
   */
  async run(name: string, rank: number, act: () => Promise<void>): Promise<void> {
    await this.#wait(name, rank);
    try {
      await act();
    } catch (error) {
      this.fail(`the upgrade of ${name} failed`);
      throw error;
    }
    this.give();
  }

  /**
   * For what the provider does, which begins after one hook and ends before another: resolves when `name` may be updated, rejects once
   * an earlier one has failed.
   */
  async take(name: string, gate: Gate): Promise<void> {
    for (;;) {
      await this.#wait(name, Infinity);
      const first = this.#passed.length === 0;
      const others = () => this.#waiting.length > 0 && !this.#steppedAside.has(name);
      try {
        if ((await gate({ first, others })) === "go") return;
      } catch (error) {
        this.fail(
          first
            ? `${name} must not be updated now`
            : `the cluster was not healthy after the update of ${this.#passed.join(", ")}`,
        );
        throw error;
      }
      this.#steppedAside.add(name);
      this.#free();
      await this.#woken(Infinity);
    }
  }

  /** The holder is done. */
  give(): void {
    if (this.#holder !== undefined) this.#passed.push(this.#holder);
    this.#free();
  }

  /** The holder failed: nobody else gets a turn in this run. */
  fail(reason: string): void {
    this.#failed ??= reason;
    this.#holder = undefined;
    for (const { wake } of this.#waiting.splice(0)) wake();
  }

  async #wait(name: string, rank: number): Promise<void> {
    while (this.#holder !== undefined && this.#failed === undefined) await this.#woken(rank);
    if (this.#failed !== undefined) throw new Error(`${name} was left as it is, because ${this.#failed}`);
    this.#holder = name;
  }

  #woken(rank: number): Promise<void> {
    return new Promise((wake) => this.#waiting.push({ rank, wake }));
  }

  #free(): void {
    this.#holder = undefined;
    const ranks = this.#waiting.map(({ rank }) => rank);
    const next = ranks.indexOf(Math.min(...ranks)); // the one that came first among equals
    if (next >= 0) this.#waiting.splice(next, 1)[0]!.wake();
  }
}
