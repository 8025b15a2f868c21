/** What is known at a turn. */
export interface Turn {
  /** Whether nobody was updated before in this run. */
  first: boolean;
  /** Whether somebody else could go first: true only once for each, so that no two let one another go for ever. */
  others: () => boolean;
}

/** `later`: somebody else is to go first. */
export type Verdict = "go" | "later";

/**
 * Lets updates of nodes pass one after the other, while creations stay parallel. A chain of `dependsOn` would make the
 * first bring-up sequential too, and would not wait between two nodes.
 */
export class OneAtATime {
  #holder: string | undefined;
  #passed: string[] = [];
  #failed: string | undefined;
  readonly #waiting: (() => void)[] = [];
  readonly #steppedAside = new Set<string>();

  /** @param before Runs before every update, and throws if the node must not be touched. */
  constructor(private readonly before: (name: string, turn: Turn) => Promise<Verdict>) {}

  /** Resolves when `name` may be updated; rejects once an earlier one has failed. */
  async acquire(name: string): Promise<void> {
    for (;;) {
      while (this.#holder !== undefined && this.#failed === undefined) await this.#woken();
      if (this.#failed !== undefined) throw new Error(`${name} was left as it is, because ${this.#failed}`);
      this.#holder = name;
      const first = this.#passed.length === 0;
      const others = () => this.#waiting.length > 0 && !this.#steppedAside.has(name);
      try {
        if ((await this.before(name, { first, others })) === "go") return;
      } catch (error) {
        this.fail(
          first
            ? `${name} must not be updated now`
            : `the cluster was not healthy after the update of ${this.#passed.join(", ")}`,
        );
        throw error;
      }
      this.#steppedAside.add(name);
      this.#holder = undefined;
      this.#waiting.shift()?.();
      await this.#woken();
    }
  }

  #woken(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** The update of the holder succeeded. */
  release(): void {
    if (this.#holder !== undefined) this.#passed.push(this.#holder);
    this.#holder = undefined;
    this.#waiting.shift()?.();
  }

  /** The update of the holder failed: nobody else gets a turn in this run. */
  fail(reason: string): void {
    this.#failed ??= reason;
    this.#holder = undefined;
    for (const wake of this.#waiting.splice(0)) wake();
  }
}
