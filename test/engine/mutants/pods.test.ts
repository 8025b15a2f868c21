/* eslint-disable @typescript-eslint/no-unsafe-member-access -- inputs on their way to the engine have no types */
/** What Traefik, the API server or the kubelet does not take of a pod that looks right. */
import { TYPES, values, type Mutant, type Twin } from "./mutant.ts";
import { tryAll } from "./try-all.ts";

const acme = (challenge: Record<string, unknown>) =>
  values("traefik", (v) => {
    const {
      httpChallenge: _,
      tlsChallenge: __,
      ...rest
    } = v["certificatesResolvers"].letsencrypt.acme as Record<string, unknown>;
    v["certificatesResolvers"].letsencrypt.acme = { ...rest, ...challenge };
  });
const NO_CHALLENGE = /ACME challenge not specified, please select TLS or HTTP or DNS Challenge/;

const MUTANTS: Mutant[] = [
  {
    what: "the HTTP challenge on the entry point for HTTPS",
    mutations: [acme({ httpChallenge: { entryPoint: "websecure" } })],
    cause:
      /HTTP challenge is answered on the entry point websecure, port 443, and authorities ask at port 80 only/,
  },
  {
    what: "the HTTP challenge on the metrics' entry point",
    mutations: [acme({ httpChallenge: { entryPoint: "metrics" } })],
    cause: /HTTP challenge is answered on the entry point metrics, port 9101/,
  },
  {
    what: "the HTTP challenge on an entry point that is not there",
    mutations: [acme({ httpChallenge: { entryPoint: "http" } })],
    cause: /entry point http, which does not exist/,
  },
  { what: "tlsChallenge: {}", mutations: [acme({ tlsChallenge: {} })], cause: NO_CHALLENGE },
  { what: "tlsChallenge: false", mutations: [acme({ tlsChallenge: false })], cause: NO_CHALLENGE },
  { what: "httpChallenge: {}", mutations: [acme({ httpChallenge: {} })], cause: NO_CHALLENGE },
  {
    what: "two volumes of one name",
    mutations: [
      values("traefik", (v) => (v["deployment"].additionalVolumes = [{ name: "data", emptyDir: {} }])),
    ],
    cause:
      /Deployment\.apps "traefik" is invalid: spec\.template\.spec\.volumes\[2\]\.name: Duplicate value: "data"/,
  },
  {
    what: "an init container that mounts a volume of another name",
    mutations: [values("traefik", (v) => (v["deployment"].initContainers[0].volumeMounts[0].name = "acme"))],
    cause: /initContainers\[0\]\.volumeMounts\[0\]\.name: Not found: "acme"/,
  },
  {
    what: "memory in MB",
    mutations: [values("traefik", (v) => (v["resources"] = { limits: { memory: "256MB" } }))],
    cause: /quantities must match the regular expression/,
  },
  {
    what: "a request above its limit",
    mutations: [
      values("traefik", (v) => (v["resources"] = { requests: { cpu: "1" }, limits: { cpu: "500m" } })),
    ],
    cause: /Invalid value: "1": must be less than or equal to cpu limit of 500m/,
  },
  {
    what: "runAsNonRoot with user 0",
    mutations: [values("traefik", (v) => (v["securityContext"].runAsNonRoot = true))],
    cause: /CreateContainerConfigError: container has runAsNonRoot and image will run as root/,
  },
  {
    what: "privileged, with escalation forbidden",
    mutations: [values("traefik", (v) => (v["securityContext"].privileged = true))],
    cause: /cannot set `allowPrivilegeEscalation` to false and `privileged` to true/,
  },
  {
    what: "the metrics on the port of HTTP",
    mutations: [values("traefik", (v) => (v["ports"].metrics = { port: 80 }))],
    cause: /hostPort: Duplicate value: "TCP\/\/80"/,
  },
  {
    what: "a label of the pod with a space in it",
    mutations: [values("traefik", (v) => (v["deployment"].podLabels = { owner: "the house" }))],
    cause: /spec\.template\.labels: Invalid value: "the house": a valid label must be/,
  },
  {
    what: "a label of a namespace with a slash in it",
    mutations: [
      {
        type: TYPES.namespace,
        change: (props) => {
          if (props["metadata"].name === "traefik") props["metadata"].labels["owner"] = "home/lab";
        },
      },
    ],
    cause: /Namespace "traefik" is invalid: metadata\.labels: Invalid value: "home\/lab"/,
  },
];

const TWINS: Twin[] = [
  { what: "the TLS challenge", mutations: [acme({ tlsChallenge: true })] },
  { what: "the TLS challenge with a delay", mutations: [acme({ tlsChallenge: { delay: 5 } })] },
  {
    what: "one more volume, resources, labels and the metrics on an address of their own",
    mutations: [
      values("traefik", (v) => {
        v["deployment"].additionalVolumes = [{ name: "plugins", emptyDir: {} }];
        v["additionalVolumeMounts"] = [{ name: "plugins", mountPath: "/plugins" }];
        v["deployment"].podLabels = { owner: "home.lab_1" };
        v["resources"] = { requests: { cpu: "100m", memory: "64Mi" }, limits: { memory: "256Mi" } };
      }),
    ],
  },
];

tryAll("pods", MUTANTS, TWINS);
