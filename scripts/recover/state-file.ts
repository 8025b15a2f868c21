/** Where Pulumi's file backend keeps a stack (pkg/backend/diy/store.go). */
import { homedir } from "node:os";
import { join, resolve } from "node:path";

interface StackName {
  project: string;
  stackName: string;
}

/** @param backend Folder of the backend. */
export function stateFileIn(backend: string, { project, stackName }: StackName): string {
  return join(backend, ".pulumi", "stacks", project, `${stackName}.json`);
}

/**
 * A stack's file in a `file://` backend; undefined of any other backend.
 *
 * @param url As the CLI says it, `file://~` of `pulumi login --local` (pkg/backend/diy/backend.go: massageBlobPath).
 * @param workDir Where the CLI runs: what a relative address begins at.
 */
export function stateFileOf(
  url: string | undefined,
  { workDir, ...stack }: StackName & { workDir: string },
): string | undefined {
  if (!url?.startsWith("file://")) return undefined;
  const path = url.slice("file://".length).replace(/[?#].*$/s, "");
  const folder = resolve(workDir, decoded(path).replace(/^~(?=[/\\]|$)/, homedir()));
  return stateFileIn(folder, stack);
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
