/**
 * What a child may know of the person's environment. A list of what is let through, for nobody can list all that leads Pulumi, its
 * plugins, talosctl, kubectl, Helm or a cloud's library to something real (PULUMI_*, PROXMOX_VE_*, KUBECONFIG, TALOSCONFIG, AWS_*,
 * AZURE_*, GOOGLE_*, VAULT_*, SSH_AUTH_SOCK, GIT_*, proxies and the files below HOME and XDG_*).
 */
const LET_THROUGH =
  /^(PATH|PATHEXT|LANG|LANGUAGE|LC_[A-Z]+|TZ|TERM|TMPDIR|TMP|TEMP|SYSTEMROOT|WINDIR|COMSPEC|SYSTEMDRIVE)$/i;

/**
 * The environment of whatever a rehearsal starts: nothing in it leads to something real.
 * @param {Record<string, string | undefined>} env the person's
 * @param {string} home its user folder: nothing of the person's is found below it
 * @returns {Record<string, string | undefined>}
 */
export function sealed(env, home) {
  const kept = Object.entries(env).filter(([name]) => LET_THROUGH.test(name));
  return { ...Object.fromEntries(kept), HOME: home, USERPROFILE: home };
}

/**
 * The environment for a Pulumi command that is only asked about itself.
 * @param {Record<string, string | undefined>} env
 * @param {string} home its Pulumi home: never the person's
 */
export function pulumiEnvironment(env, home) {
  return { ...env, PULUMI_SKIP_UPDATE_CHECK: "true", PULUMI_HOME: home };
}
