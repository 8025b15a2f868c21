/** Whether an authority could see a resolver's challenge answered: it asks at one port only, whatever Traefik listens on. */
import type { EntryPoint, Resolver } from "./entrypoints.ts";

/** Ports that authorities ask at (RFC 8555, 8.3; RFC 8737, 3; boulder va/config: http-01 and tls-alpn-01). */
const HTTP = 80;
const TLS = 443;

export function provable(resolver: Resolver, points: EntryPoint[], hostNetwork: boolean): Resolver {
  const unproven = whyUnproven(resolver, points, hostNetwork);
  return unproven === undefined ? resolver : { ...resolver, unproven };
}

function whyUnproven(
  { challenge, entryPoint: name }: Resolver,
  points: EntryPoint[],
  hostNetwork: boolean,
): string | undefined {
  const portOf = (point: EntryPoint) => (hostNetwork ? point.port : (point.hostPort ?? point.exposedPort));
  if (challenge === "httpChallenge") {
    const point = points.find((each) => each.name === name);
    // traefik pkg/provider/traefik/internal.go (acme): the route is made on this entry point alone.
    if (!point)
      return `the HTTP challenge is to be answered on the entry point ${name}, which does not exist`;
    return portOf(point) === HTTP
      ? undefined
      : `the HTTP challenge is answered on the entry point ${name}, port ${portOf(point) ?? "none"}, and authorities ask at port ${HTTP} only`;
  }
  if (challenge !== "tlsChallenge" || points.some((point) => portOf(point) === TLS)) return undefined;
  return `no entry point is at port ${TLS}, where authorities ask for the TLS challenge`;
}
