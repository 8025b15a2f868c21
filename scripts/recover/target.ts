/** Which stack a recovery is about to write, said before it does. */
import type { Stack } from "@pulumi/pulumi/automation/index.js";

export async function describeTarget({ name, workspace }: Stack): Promise<string> {
  const { url } = await workspace.whoAmI();
  return `Recovering the stack "${name}" in ${url ? withoutCredentials(url) : "a backend that does not say where it is"}`;
}

/** A backend's address may carry a user, a password, or a key in its query. */
export function withoutCredentials(address: string): string {
  return address.replace(/[?#].*$/s, "").replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/]*@/i, "$1");
}
