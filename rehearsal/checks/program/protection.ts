/** What stands for something that cannot be made again refuses to be deleted, unless the environment itself says otherwise. */
import { RELEASE, SECRETS } from "../../../scripts/recover/decide.ts";
import { verdict, type Evidence } from "../check.ts";

export function protectedByDefault({ config, states, unprotects }: Evidence) {
  const resources = states.after;
  if (unprotects)
    return verdict("protected", [], "not asked for: the environment says homelab:protect: false");
  const causes = config.nodes
    .filter(({ retiring }) => !retiring)
    // A machine's deletion has to pass the record of its applied config, which protects it from its first `up` on.
    .filter(
      ({ name }) => !resources.some(({ urn, protect }) => urn.endsWith(`-${name}-kept`) && protect === true),
    )
    .map(({ name }) => `the machine of ${name} is not protected from a destroy`);
  causes.push(
    ...resources
      .filter(({ type, protect }) => (type === SECRETS || type === RELEASE) && protect !== true)
      .map(({ urn }) => `${urn.split("::").at(-1)} is not protected from a destroy`),
  );
  return verdict("protected", causes, "machines, cluster secrets and both releases refuse to be deleted");
}
