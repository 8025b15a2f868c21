/** Reading and writing JSON so that a killed run never leaves half a file. */
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { UserError } from "./user-error.ts";

/**
 * @param mode Permissions of a new file.
 * @throws {UserError} when it cannot be written, for example because the disk is full: what was there before is still there.
 */
export async function writeJson(file: string, value: unknown, mode = 0o644): Promise<void> {
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(temporary, `${JSON.stringify(value, null, 2)}\n`, { mode });
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw new UserError(`Cannot write ${file}: ${(error as Error).message}`);
  }
}

/** The file's value; undefined when there is no such file. A file that is no JSON is refused and left as it is. */
export async function readJson(file: string, what: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new UserError(`Cannot read the ${what} ${file}: ${(error as Error).message}`);
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new UserError(
      `The ${what} ${file} is damaged: it is no JSON. It was left as it is. ` +
        "Move the stack's folder away to begin the rehearsal anew.",
    );
  }
}
