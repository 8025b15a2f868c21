/** How a command of ours ends: with a code, and where it fails with a message; what is a bug also shows where. */
import { UserError } from "../user-error.ts";

export function runCommand(main: (argv: string[]) => Promise<number>): void {
  // Whoever read along has gone (`| head -1`): the run goes on to its proper end, without words. Half an `up` helps nobody.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", passOverClosedPipe);
  main(process.argv.slice(2)).then(
    (code) => {
      process.exitCode = code;
    },
    (error: unknown) => {
      console.error(foreseen(error) ?? error);
      process.exitCode = 1;
    },
  );
}

function passOverClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== "EPIPE") throw error;
}

/** The message of what a person can mend; the system's own names file and reason. Undefined for a bug. */
export function foreseen(error: unknown): string | undefined {
  if (error instanceof UserError) return error.message;
  const { syscall, message } = (error ?? {}) as NodeJS.ErrnoException;
  return error instanceof Error && syscall !== undefined ? message : undefined;
}
