/**
 * What every step of the bootstrap is given.
 * @typedef {object} Context
 * @property {string} root the repository
 * @property {string} cache the user's cache folder for this project
 * @property {Record<string, string | undefined>} env
 * @property {string} home the user's home folder
 * @property {import("./settings.mjs").Way} way what HOMELAB_TOOLCHAIN picked
 * @property {import("./versions.mjs").Pins} pins
 * @property {(line: string) => void} say tells the person something
 * @property {Partial<Record<import("./releases.mjs").Tool, string>>} [releases] folders of releases elsewhere than at their publishers
 * @property {(url: string) => Promise<boolean>} reachable whether a server answers, within seconds
 */

/**
 * The environment for a Pulumi command that is only asked about itself.
 * @param {Record<string, string | undefined>} env
 * @param {string} home its Pulumi home: never the person's
 */
export function pulumiEnvironment(env, home) {
  return { ...env, PULUMI_SKIP_UPDATE_CHECK: "true", PULUMI_HOME: home };
}

export {};
