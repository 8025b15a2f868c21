/** Pulumi's lock on a stack: whose it is, and whether that run can still be going on. Pure. */

export interface LockHolder {
  user: string;
  host: string;
  pid: number;
}

export function isLockError(message: string): boolean {
  return /currently locked by|Another update is currently in progress/.test(message);
}

/** The holders that the file backends name (pulumi pkg/backend/diy/lock.go); a service names none. */
export function holders(message: string): LockHolder[] {
  return [...message.matchAll(/created by (\S+?)@(\S+) \(pid (\d+)\)/g)].map(([, user, host, pid]) => ({
    user: user!,
    host: host!,
    pid: Number(pid),
  }));
}

/** Why a lock must stay, or undefined when whoever took it is gone as far as can be seen from here. */
export function stillHeld(
  message: string,
  here: string,
  isAlive: (pid: number) => boolean,
): string | undefined {
  const living = holders(message).find(({ host, pid }) => host === here && isAlive(pid));
  return (
    living &&
    `a run of this stack is still going on: process ${living.pid} of ${living.user} on this machine. Wait for it, or end it, and run again.`
  );
}
