/** Tidying up also when the process is told to end: what is registered here runs at a signal and at the exit. */

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
const cleanups = new Set<() => void>();

/**
 * @param cleanup Must do its work before it returns: nothing is waited for.
 * @returns Takes it off the list again, without running it.
 */
export function onInterrupt(cleanup: () => void): () => void {
  if (cleanups.size === 0) listen();
  cleanups.add(cleanup);
  return () => {
    if (cleanups.delete(cleanup) && cleanups.size === 0) stopListening();
  };
}

/**
 * Before all others: the Automation API's library ends the process at a signal only where it finds nobody else listening
 * (npm signal-exit), and would leave that to us while we leave it to it.
 */
function listen(): void {
  for (const signal of SIGNALS) process.prependListener(signal, interrupted);
  process.on("exit", cleanUp);
}

function stopListening(): void {
  for (const signal of SIGNALS) process.off(signal, interrupted);
  process.off("exit", cleanUp);
}

function cleanUp(): void {
  for (const cleanup of cleanups) cleanup();
  cleanups.clear();
}

/** Having listened took the signal's own effect away; it is given back unless somebody else listens, too. */
function interrupted(signal: NodeJS.Signals): void {
  cleanUp();
  stopListening();
  if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
}
