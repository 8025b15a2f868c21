/**
 * Lets updates of nodes pass one after the other, while creations stay parallel. A chain of `dependsOn` would make the
 * first bring-up sequential too, and would not wait between two nodes.
 */
export class OneAtATime {
  #holder: string | undefined;
  #passed: string[] = [];
  #failed: string | undefined;
  readonly #waiting: (() => void)[] = [];

  /**
   * @param beforeNext Runs before every update but the first of a run, and throws if the next node must not be touched
   *   yet. Not before the first, so that the update which mends a broken cluster is not itself refused.
   */
  constructor(private readonly beforeNext: (name: string) => Promise<void>) {}

  /** Resolves when `name` may be updated; rejects once an earlier one has failed. */
  async acquire(name: string): Promise<void> {
    while (this.#holder !== undefined && this.#failed === undefined) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    if (this.#failed !== undefined) throw new Error(`${name} was left as it is, because ${this.#failed}`);
    this.#holder = name;
    if (this.#passed.length === 0) return;
    try {
      await this.beforeNext(name);
    } catch (error) {
      this.fail(`the cluster was not healthy after the update of ${this.#passed.join(", ")}`);
      throw error;
    }
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
