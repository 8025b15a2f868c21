/** The credentials of talosctl: a file that only this user can read, and only while it is needed. */
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { rmSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { onInterrupt } from "./interrupt.ts";

/** Each value is PEM in base64. */
export interface TalosCredentials {
  caCertificate: string;
  clientCertificate: string;
  clientKey: string;
}

/** The file's text. Addresses are not in it: every call names them. */
export function talosconfig(context: string, credentials: TalosCredentials): string {
  return stringify({
    context,
    contexts: {
      [context]: {
        endpoints: [],
        ca: credentials.caCertificate,
        crt: credentials.clientCertificate,
        key: credentials.clientKey,
      },
    },
  });
}

/**
 * Host and process are in a folder's name, so that what a killed one left can be told from what is in use; the host,
 * because containers may share the folder, and one's processes look dead from another.
 */
const PREFIX = `homelab-talosconfig-${hostname().replace(/[^A-Za-z0-9]/g, "_")}-`;

/** Runs `use` with the path of a talosconfig, which is gone afterwards, however it ends. */
export async function withTalosconfig<T>(
  context: string,
  credentials: TalosCredentials,
  use: (path: string) => Promise<T>,
): Promise<T> {
  await removeLeftBehind();
  const folder = await mkdtemp(join(tmpdir(), `${PREFIX}${process.pid}-`)); // mode 0700
  const forget = onInterrupt(() => rmSync(folder, { recursive: true, force: true }));
  try {
    const path = join(folder, "talosconfig");
    await writeFile(path, talosconfig(context, credentials), { mode: 0o600, flag: "wx" });
    return await use(path);
  } finally {
    await rm(folder, { recursive: true, force: true });
    forget();
  }
}

/** A process that was killed outright could not remove its own. */
async function removeLeftBehind(): Promise<void> {
  const names = await readdir(tmpdir()).catch(() => []);
  for (const name of names.filter((name) => name.startsWith(PREFIX))) {
    const owner = /^(\d+)-/.exec(name.slice(PREFIX.length))?.[1];
    if (owner === undefined || isAlive(Number(owner))) continue;
    await rm(join(tmpdir(), name), { recursive: true, force: true }).catch(() => undefined);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}
