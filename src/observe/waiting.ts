/** Waiting with a limit that has a name in the configuration. */
import type { NodeConfig, UpgradeTimeouts } from "../config/types.ts";
import type { Log } from "./access.ts";
import { poll, TimeUp, type Clock, type Look } from "./poll.ts";

/** What every wait takes. */
export interface Patience {
  timeouts: UpgradeTimeouts;
  clock: Clock;
  log: Log;
}

/** What a wait for a cluster that is fit for something takes. */
export interface Waiting extends Patience {
  /** All nodes of the configuration. */
  nodes: readonly NodeConfig[];
}

export interface WaitArgs<T> extends Patience {
  /** What the lines about it begin with: a node's name. */
  subject: string;
  look: () => Promise<Look<T>>;
  /** Which of the limits holds. */
  limit: keyof UpgradeTimeouts;
  /** The error when the time is up, given the limit in words and what was still waited for. */
  late: (limit: string, waiting: readonly string[]) => Error;
}

export async function waitFor<T>({
  subject,
  look,
  limit,
  timeouts,
  clock,
  log,
  late,
}: WaitArgs<T>): Promise<T> {
  try {
    return await poll(look, {
      seconds: timeouts[limit],
      clock,
      onChange: (waiting) => log(`${subject}: waiting: ${waiting.join("; ")}`),
    });
  } catch (error) {
    if (!(error instanceof TimeUp)) throw error;
    throw late(limitText(limit, timeouts), error.waiting);
  }
}

/** `900 s, homelab:upgrade.timeouts.healthy`. */
export function limitText(limit: keyof UpgradeTimeouts, timeouts: UpgradeTimeouts): string {
  return `${timeouts[limit]} s, homelab:upgrade.timeouts.${limit}`;
}
