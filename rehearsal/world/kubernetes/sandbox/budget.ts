/**
 * What ends a script from outside, and what it may use: it runs inside this process, so it gives way to everything else after some
 * steps, and ends when it is stopped or has used up its memory. What it made in all is counted, which is never less than what it
 * holds.
 */
import { Script, createContext } from "node:vm";
import { MiB } from "../../kernel/units.ts";

const MEMORY = 128 * MiB;
/** Calls inside calls: functions and substitutions. */
const DEPTH = 64;
const STEPS_AT_A_TIME = 200;
/** Milliseconds for one piece of work that cannot give way, such as a regular expression over a file. */
const ONE_PIECE = 2000;

/** The script has ended, whatever it was about to do. */
export class Killed extends Error {}

/**
 * A command, an option or a part of the language that a container's shell may well have and that is not simulated. The script ends
 * there, so that nothing is taken for done, or for missing, which is not so at home.
 */
export class Unknown extends Error {
  constructor(what: string) {
    super(`the rehearsal does not know \`${what.slice(0, 60)}\``);
  }
}

export class Budget {
  #steps = 0;
  #made = 0;
  #stopped: string | undefined;

  /** @param reason Shown to the user. */
  stop(reason: string): void {
    this.#stopped ??= reason;
  }

  async step(): Promise<void> {
    if (++this.#steps % STEPS_AT_A_TIME === 0) await new Promise((resolve) => setImmediate(resolve));
    this.check();
  }

  check(): void {
    if (this.#stopped !== undefined) throw new Killed(this.#stopped);
  }

  /** @param text What was made: a value, an output, a word. */
  spend(text: string): string {
    this.#made += text.length;
    if (this.#made > MEMORY) this.stop(`it used more than ${MEMORY / MiB} MiB`);
    this.check();
    return text;
  }

  deepen(depth: number): number {
    if (depth >= DEPTH) this.stop(`its calls are nested more than ${DEPTH} deep`);
    this.check();
    return depth + 1;
  }
}

const work = createContext(Object.assign(Object.create(null) as object, { run: undefined })) as {
  run: (() => void) | undefined;
};
const script = new Script("run()");

/** Steps that are over before a limit would be set up, which takes longer than most of what it is for. */
const SOON_OVER = 1e7;

/**
 * Does what may take for ever, such as matching, with a limit that holds inside a regular expression too.
 *
 * @param steps That it takes at the most, where that is known.
 */
export function bounded<Result>(act: () => Result, steps = Infinity): Result {
  if (steps <= SOON_OVER) return act();
  let result: { value: Result } | undefined;
  work.run = () => {
    result = { value: act() };
  };
  try {
    script.runInContext(work, { timeout: ONE_PIECE });
  } catch (error) {
    if ((error as { code?: unknown }).code === "ERR_SCRIPT_EXECUTION_TIMEOUT")
      throw new Killed(`one of its commands took more than ${ONE_PIECE / 1000} s`);
    throw error;
  } finally {
    work.run = undefined;
  }
  return result!.value;
}
