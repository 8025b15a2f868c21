/**
 * The `talosctl` of a rehearsal: the real program, but for `upgrade-k8s`, which wants a whole Kubernetes API and goes to a stand-in.
 * A program of its own is needed because the product calls it by its path, like anybody.
 */
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { RUN_VARIABLE } from "../engine/orphans.mjs";

/**
 * Writes the script, executable by anybody.
 *
 * @param talosctl The real program; undefined when nobody has set it up yet.
 */
export async function writeWrapper(file: string, talosctl: string | undefined): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, script(talosctl, dirname(file)));
  await chmod(file, 0o755);
}

/** @param home User folder of what it runs, in which no talosconfig of the person lies. */
function script(talosctl: string | undefined, home: string): string {
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;
  const standIn = fileURLToPath(new URL("upgrade-k8s.ts", import.meta.url));
  const real =
    talosctl === undefined
      ? `echo "talosctl is not set up for rehearsals yet: run \\\`node scripts/bootstrap.mjs --talosctl\\\` first." >&2\nexit 1`
      : `sealed ${quote(talosctl)} "$@"`;
  return `#!/bin/sh
# Written anew by every rehearsal.
sealed() {
  exec env -i PATH="$PATH" HOME=${quote(home)} \${TMPDIR:+"TMPDIR=$TMPDIR"} \${${RUN_VARIABLE}:+"${RUN_VARIABLE}=$${RUN_VARIABLE}"} "$@"
}
for word in "$@"; do
  if [ "$word" = upgrade-k8s ]; then
    sealed ${quote(process.execPath)} --import ${quote(tsx)} ${quote(standIn)} "$@"
  fi
done
${real}
`;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
