/**
 * Pulumi's file backend keeps a small file of attributes beside every file of its own, and writes it in place (gocloud.dev fileblob,
 * attrs.go: setAttrs). A CLI that is killed just then leaves it empty, and the state beside it, whole as it is, cannot be read any
 * more: "failed to load checkpoint: EOF". It holds a content type and a checksum; without it everything is read as before.
 */
import { readFile, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ATTRIBUTES = ".attrs";

/** Where a `file://` backend keeps its files; undefined of any other backend. */
export function folderOf(url: string | undefined): string | undefined {
  return url?.startsWith("file://") ? fileURLToPath(url.replace(/[?#].*$/s, "")) : undefined;
}

/** @param backend Folder of the backend. */
export async function removeTornAttributes(backend: string): Promise<void> {
  const folder = join(backend, ".pulumi");
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  const files = names.filter((name) => name.endsWith(ATTRIBUTES)).map((name) => join(folder, name));
  for (const file of files) if (await torn(file)) await rm(file, { force: true });
}

async function torn(file: string): Promise<boolean> {
  try {
    JSON.parse(await readFile(file, "utf8"));
    return false;
  } catch (error) {
    return error instanceof SyntaxError;
  }
}
