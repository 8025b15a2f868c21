/** Entry points and certificate resolvers out of the chart's values. */
import { at, isRecord, textOf } from "../kubernetes/pods/spec.ts";

export interface EntryPoint {
  name: string;
  port: number;
  /** The one address it listens on; all of them without (traefik-helm-chart, templates/_podtemplate.tpl: `hostIP:port`). */
  hostIP?: string;
  hostPort?: number;
  exposedPort?: number;
  protocol: string;
  redirectTo?: { entryPoint: string; scheme: string; permanent: boolean };
  certResolver?: string;
  tls: boolean;
}

export interface Resolver {
  name: string;
  /** Where it keeps its account and certificates; undefined when it is no ACME resolver. */
  storage?: string;
  email?: string;
  caServer?: string;
  challenge?: Challenge;
  /** Entry point of an HTTP challenge. */
  entryPoint?: string;
  /** Why Traefik would leave it out whatever the file is like. */
  invalid?: string;
  /** Why no authority could see the challenge answered, so that it gives no certificate. */
  unproven?: string;
}

export type Challenge = "httpChallenge" | "tlsChallenge" | "dnsChallenge";

export function portMaps(values: Record<string, unknown>): [string, Record<string, unknown>][] {
  const ports = at(values, "ports");
  return Object.entries(isRecord(ports) ? ports : {}).filter(
    (entry): entry is [string, Record<string, unknown>] => isRecord(entry[1]),
  );
}

export function entryPoints(values: Record<string, unknown>): EntryPoint[] {
  return portMaps(values).map(([name, port]) => {
    const redirect = at(port, "http.redirections.entryPoint");
    const certResolver = at(port, "http.tls.certResolver");
    return {
      name,
      port: Number(port["port"]),
      ...(port["hostIP"] ? { hostIP: textOf(port["hostIP"]) } : {}),
      ...(port["hostPort"] ? { hostPort: Number(port["hostPort"]) } : {}),
      ...(port["exposedPort"] ? { exposedPort: Number(port["exposedPort"]) } : {}),
      protocol: textOf(port["protocol"], "TCP"),
      ...(isRecord(redirect) && redirect["to"]
        ? {
            redirectTo: {
              entryPoint: textOf(redirect["to"]),
              scheme: textOf(redirect["scheme"], "https"),
              permanent: redirect["permanent"] !== false,
            },
          }
        : {}),
      tls: at(port, "http.tls.enabled") === true,
      ...(typeof certResolver === "string" && certResolver !== "" ? { certResolver } : {}),
    };
  });
}

export function resolvers(map: unknown): Resolver[] {
  return Object.entries(isRecord(map) ? map : {}).map(([name, config]) => {
    const acme = at(config, "acme");
    if (!isRecord(acme)) return { name };
    const entryPoint = textOf(at(acme, "httpChallenge.entryPoint"));
    const challenge = challengeOf(acme);
    return {
      name,
      // Traefik's own default, relative to the working directory / (pkg/provider/acme/provider.go, SetDefaults).
      storage: textOf(acme["storage"], "acme.json"),
      ...(acme["email"] ? { email: textOf(acme["email"]) } : {}),
      ...(acme["caServer"] ? { caServer: textOf(acme["caServer"]) } : {}),
      ...(challenge
        ? { challenge, ...(entryPoint && { entryPoint }) }
        : { invalid: "ACME challenge not specified, please select TLS or HTTP or DNS Challenge" }),
    };
  });
}

/**
 * The one that Traefik would take (provider.go, getClient: DNS with a provider, HTTP with an entry point, TLS if it is there). The chart
 * turns a map into arguments leaf by leaf, so that an empty one is nothing at all (templates/_helpers.tpl, yaml2CommandLineArgsRec).
 */
function challengeOf(acme: Record<string, unknown>): Challenge | undefined {
  const { tlsChallenge } = acme;
  if (at(acme, "dnsChallenge.provider")) return "dnsChallenge";
  if (at(acme, "httpChallenge.entryPoint")) return "httpChallenge";
  const tls = isRecord(tlsChallenge) ? Object.keys(tlsChallenge).length > 0 : String(tlsChallenge) === "true";
  return tls ? "tlsChallenge" : undefined;
}

/** `--certificatesresolvers.NAME.acme.KEY=VALUE`, the way of older charts. */
export function argumentResolvers(args: string[]): Resolver[] {
  const map: Record<string, { acme: Record<string, unknown> }> = {};
  for (const arg of args) {
    const match = /^--certificates?resolvers\.([^.=]+)\.acme\.([^.=]+)(?:\.([^=]+))?(?:=(.*))?$/i.exec(arg);
    if (!match) continue;
    const [, name = "", key = "", inner, value = true] = match;
    const { acme } = (map[name] ??= { acme: {} });
    const spelt = SPELLINGS[key.toLowerCase()] ?? key.toLowerCase();
    const before = acme[spelt];
    if (inner === undefined) acme[spelt] = isRecord(before) ? before : value;
    else {
      const field = SPELLINGS[inner.toLowerCase()] ?? inner.toLowerCase();
      acme[spelt] = { ...(isRecord(before) ? before : {}), [field]: value };
    }
  }
  return resolvers(map);
}

const SPELLINGS: Record<string, string> = {
  httpchallenge: "httpChallenge",
  tlschallenge: "tlsChallenge",
  dnschallenge: "dnsChallenge",
  caserver: "caServer",
  entrypoint: "entryPoint",
};
