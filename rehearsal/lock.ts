/** One rehearsal of a stack at a time: two engines over one world would each see the other's changes as drift. */
import { mkdir, open, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { readJson } from "./files.ts";
import { UserError } from "./user-error.ts";

export interface Lock {
  /** True when the run before ended without releasing it, so that Pulumi's own lock may be left over too. */
  stale: boolean;
  release(): Promise<void>;
}

export async function takeLock(file: string): Promise<Lock> {
  await mkdir(dirname(file), { recursive: true });
  const stale = await removeIfStale(file);
  try {
    const handle = await open(file, "wx");
    await handle.writeFile(JSON.stringify({ pid: process.pid }));
    await handle.close();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") throw busy(file);
    throw error;
  }
  return { stale, release: () => rm(file, { force: true }) };
}

async function removeIfStale(file: string): Promise<boolean> {
  const holder = (await readJson(file, "lock file").catch(() => ({}))) as { pid?: number } | undefined;
  if (holder === undefined) return false;
  if (holder.pid !== undefined && isAlive(holder.pid)) throw busy(file, holder.pid);
  await rm(file, { force: true });
  return true;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function busy(file: string, pid?: number): UserError {
  return new UserError(
    `Another rehearsal of this stack is running${pid ? ` (process ${pid})` : ""}. Wait for it, or, if it is not, remove ${file}.`,
  );
}
