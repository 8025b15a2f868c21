/**
 * Pulumi's file backend keeps a small file of attributes beside every file of its own, and writes it in place (gocloud.dev fileblob,
 * attrs.go: setAttrs). A CLI that is killed just then leaves it empty, and the state beside it, whole as it is, cannot be read any
 * more: "failed to load checkpoint: EOF". It holds a content type and a checksum; without it everything is read as before.
 */
import { readFile, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join, resolve } from "node:path";

/**
 * A stack's file in a `file://` backend; undefined of any other backend.
 *
 * @param url As the CLI says it, `file://~` of `pulumi login --local` (pkg/backend/diy/backend.go: massageBlobPath).
 * @param workDir Where the CLI runs: what a relative address begins at.
 */
export function stateFileOf(
  url: string | undefined,
  { project, stackName, workDir }: { project: string; stackName: string; workDir: string },
): string | undefined {
  if (!url?.startsWith("file://")) return undefined;
  const path = url.slice("file://".length).replace(/[?#].*$/s, "");
  const folder = resolve(workDir, decoded(path).replace(/^~(?=[/\\]|$)/, homedir()));
  return join(folder, ".pulumi", "stacks", project, `${stackName}.json`);
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

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
