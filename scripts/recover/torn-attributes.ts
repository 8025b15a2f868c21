/**
 * Pulumi's file backend keeps a small file of attributes beside every file of its own, and writes it in place (gocloud.dev fileblob,
 * attrs.go: setAttrs). A CLI that is killed just then leaves it empty, and the state beside it, whole as it is, cannot be read any
 * more: "failed to load checkpoint: EOF". It holds a content type and a checksum; without it everything is read as before.
 */
import { readFile, rm } from "node:fs/promises";

/** Removes the attributes of a state, if they were cut off; nobody else's. */
export async function removeTornAttributes(stateFile: string): Promise<void> {
  const file = `${stateFile}.attrs`;
  const text = await readFile(file, "utf8").catch(() => undefined);
  if (text !== undefined && !isJson(text)) await rm(file, { force: true });
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
