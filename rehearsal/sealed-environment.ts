/** The environment of everything that a rehearsal starts: nothing in it leads to something real. */
import { sealed } from "../scripts/bootstrap/sealed.mjs";
import { RUN_VARIABLE } from "./engine/orphans.mjs";

/**
 * The environment for a child of ours, with the mark of our run (`engine/run-mark.ts`).
 *
 * @param home Its user folder: nothing of the person's is found below it.
 */
export function sealedEnvironment(
  home: string,
  own: Readonly<Record<string, string>> = {},
): NodeJS.ProcessEnv {
  const mark = process.env[RUN_VARIABLE];
  return { ...sealed(process.env, home), ...(mark !== undefined && { [RUN_VARIABLE]: mark }), ...own };
}
