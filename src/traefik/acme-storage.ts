/**
 * Where Traefik keeps what it has of an ACME authority: one file each. With one file for all, Traefik gives up the account when
 * the authority changes but goes on serving the certificates in the file (traefik, pkg/provider/acme/provider.go, Init): a
 * homelab that has moved from staging to production would serve staging's until they run out.
 */
import { createHash } from "node:crypto";
import { CA_SERVERS } from "../config/schema/traefik.ts";

/** Where the volume is mounted. */
export const DATA_PATH = "/data";

/** The one file for every authority that releases before this rule had. */
export const FORMER_STORAGE = `${DATA_PATH}/acme.json`;

/**
 * Path of the file for a directory: `acme-staging.json` and `acme-production.json` for Let's Encrypt's, else named after the
 * host, with a part of the whole URL's hash, because one host may have several directories.
 *
 * @param directory URL of the ACME directory.
 */
export function acmeStorage(directory: string): string {
  const { href, hostname } = new URL(directory);
  const known = Object.entries(CA_SERVERS).find(([, url]) => url === href)?.[0];
  const hash = createHash("sha256").update(href).digest("hex").slice(0, 8);
  return `${DATA_PATH}/acme-${known ?? `${hostname.replace(/[^a-z0-9.-]/g, "")}-${hash}`}.json`;
}

/** Host names of the authorities that can be told from an account's URI, each with its file. */
export function storageByHost(directory: string): Record<string, string> {
  const directories = [...Object.values(CA_SERVERS), directory];
  return Object.fromEntries(directories.map((url) => [new URL(url).hostname, acmeStorage(url)]));
}
