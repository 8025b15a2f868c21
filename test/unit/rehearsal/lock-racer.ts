/** A process that tries to take a lock at the moment it is told, and says whether it got it. */
import { takeLock } from "../../../rehearsal/lock.ts";

let release: (() => unknown) | undefined;

process.on("message", ({ file, at }: { file?: string; at?: number }) => {
  if (file === undefined) {
    release?.();
    release = undefined;
    process.send?.({ released: true });
    return;
  }
  while (Date.now() < (at ?? 0)); // all of them at once
  try {
    ({ release } = takeLock(file));
  } catch {
    release = undefined;
  }
  process.send?.({ held: release !== undefined });
});
