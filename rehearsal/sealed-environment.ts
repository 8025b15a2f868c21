/** The environment of everything that a rehearsal starts: nothing in it leads to something real. */

import { RUN_VARIABLE } from "./engine/orphans.mjs";

/**
 * What a child may know of the person's environment. A list of what is let through, for nobody can list all that leads Pulumi, its
 * plugins, talosctl, kubectl, Helm or a cloud's library to something real (PULUMI_*, PROXMOX_VE_*, KUBECONFIG, TALOSCONFIG, AWS_*,
 * AZURE_*, GOOGLE_*, VAULT_*, SSH_AUTH_SOCK, GIT_*, proxies and the files below HOME and XDG_*).
 */
const LET_THROUGH =
  /^(PATH|PATHEXT|LANG|LANGUAGE|LC_[A-Z]+|TZ|TERM|TMPDIR|TMP|TEMP|SYSTEMROOT|WINDIR|COMSPEC|SYSTEMDRIVE)$/i;

/**
 * The environment for a child of ours, with the mark of our run (`engine/run-mark.ts`).
 *
 * @param home Its user folder: nothing of the person's is found below it.
 */
export function sealedEnvironment(
  home: string,
  own: Readonly<Record<string, string>> = {},
): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => LET_THROUGH.test(name));
  const mark = process.env[RUN_VARIABLE];
  if (mark !== undefined) kept.push([RUN_VARIABLE, mark]);
  return { ...Object.fromEntries(kept), HOME: home, USERPROFILE: home, ...own };
}
