/** What stands for something that cannot be made again refuses to be deleted, unless the environment itself says otherwise. */
import type { StateResource } from "../engine/state.ts";
import { verdict, type Evidence } from "./check.ts";

const SECRETS = "talos:machine/secrets:Secrets";
const RELEASE = "kubernetes:helm.sh/v3:Release";
const MACHINE = "proxmoxve:index/vmLegacy:VmLegacy";

export function protectedByDefault({ config, states, unprotects }: Evidence) {
  const resources = states.after;
  if (unprotects)
    return verdict("protected", [], "not asked for: the environment says homelab:protect: false");
  const holds = (wanted: (resource: StateResource) => boolean) =>
    resources.some((resource) => resource.protect === true && wanted(resource));
  const causes = config.nodes
    .filter(({ retiring }) => !retiring)
    // A machine's deletion has to pass the record of its applied config, which protects it from its first `up` on.
    .filter(
      ({ name }) =>
        !holds(
          ({ type, urn }) => urn.endsWith(`-${name}-kept`) || (type === MACHINE && urn.endsWith(`-${name}`)),
        ),
    )
    .map(({ name }) => `the machine of ${name} is not protected from a destroy`);
  causes.push(
    ...resources
      .filter(({ type, protect }) => (type === SECRETS || type === RELEASE) && protect !== true)
      .map(({ urn }) => `${urn.split("::").at(-1)} is not protected from a destroy`),
  );
  return verdict("protected", causes, "machines, cluster secrets and both releases refuse to be deleted");
}
