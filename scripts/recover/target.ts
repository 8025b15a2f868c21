/** Which stack a recovery is about to write, said before it does. */

/** @param url Of the backend, if it says. */
export function describeTarget(name: string, url: string | undefined): string {
  return `Recovering the stack "${name}" in ${url ? withoutCredentials(url) : "a backend that does not say where it is"}`;
}

/** A backend's address may carry a user, a password, or a key in its query. */
export function withoutCredentials(address: string): string {
  return address.replace(/[?#].*$/s, "").replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/]*@/i, "$1");
}
