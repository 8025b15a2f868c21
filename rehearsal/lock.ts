/** One rehearsal of a stack at a time: two engines over one world would each see the other's changes as drift. */
import { tryLock } from "../scripts/bootstrap/lock.mjs";
import { Problem } from "../scripts/bootstrap/problem.mjs";
import { UserError } from "./user-error.ts";

export interface Lock {
  /** True when the run before ended without releasing it, so that Pulumi's own lock may be left over too. */
  stale: boolean;
  /** Marks of the runs that ended so: their processes may be left over as well. */
  runsBefore: string[];
  release: () => void;
}

/**
 * @param run Marks this run's processes, for the run after it.
 * @throws {UserError} when another rehearsal of the stack is running.
 */
export function takeLock(file: string, run?: string): Lock {
  const taken = attempt(file, run);
  if (!taken.held) {
    throw new UserError(
      `Another rehearsal of this stack is running (process ${taken.holder.pid}). Wait for it, or, if it is not, remove ${file}.`,
    );
  }
  const runsBefore = taken.tookOver.flatMap(({ run: before }) =>
    typeof before === "string" ? [before] : [],
  );
  return { stale: taken.tookOver.length > 0, runsBefore, release: taken.release };
}

function attempt(file: string, run?: string): ReturnType<typeof tryLock> {
  try {
    return tryLock(file, run === undefined ? {} : { run });
  } catch (error) {
    throw error instanceof Problem ? new UserError(error.message) : error;
  }
}
