/** Records every operation that passes, and lets the faults it was given happen to them. */
import type { Fault, Interceptor, Passed } from "../world/kernel/request-faults.ts";

export interface InjectorOptions {
  faults?: Fault[];
  /** Ends the engine at once; resolves when it is gone. */
  kill?: () => Promise<void>;
}

export class FaultInjector {
  readonly #passed = new Map<string, Passed>();
  readonly #left: Fault[];
  readonly #kill: () => Promise<void>;
  /** The faults that happened, in order. */
  readonly injected: Fault[] = [];

  constructor({ faults = [], kill }: InjectorOptions = {}) {
    this.#left = faults.map((fault) => ({ ...fault }));
    this.#kill = kill ?? (() => Promise.reject(new Error("nobody said how to kill the engine")));
  }

  /** Every operation by its key, in the order of their first appearance. */
  passed(): Passed[] {
    return [...this.#passed.values()].map((each) => ({ ...each }));
  }

  readonly intercept: Interceptor = async (key, manner, work) => {
    const known = this.#passed.get(key);
    if (known) known.times++;
    else this.#passed.set(key, { key, changes: manner.changes, times: 1 });

    const fault = this.#left.find(({ at, times }) => at === key && times > 0);
    if (!fault) return work();
    fault.times--;
    this.injected.push({ at: key, kind: fault.kind, times: 1 });
    switch (fault.kind) {
      case "fail":
        throw manner.failed();
      case "hang":
        await manner.sleep(manner.patience);
        throw manner.timedOut();
      case "lose-reply":
        await work();
        throw manner.broken();
      case "kill":
        // What was sent happens: it is the harder half. That nothing was sent is no different from `fail`.
        await work().catch(() => undefined);
        await this.#kill();
        throw manner.broken();
    }
  };
}
