import { describe, expect, test } from "vitest";
import { plan } from "../../../rehearsal/world/traefik/values.ts";
import { BUSYBOX_IMAGE } from "../../../src/images.ts";
import { acmeFilesScript } from "../../../src/traefik/acme-files.ts";
import { acmeStorage } from "../../../src/traefik/acme-storage.ts";
import {
  findIngressNode,
  RUN_AS_USER,
  TRAEFIK_NAMESPACE,
  traefikValues,
} from "../../../src/traefik/values.ts";
import { lab, rack } from "../../components/support/homelabs.ts";
import { ingressStage } from "../../../src/stages.ts";

const STAGING = "https://acme-staging-v02.api.letsencrypt.org/directory";

function keysOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(keysOf);
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [key, ...keysOf(inner)]);
}

const LAB_VALUES = {
  hostNetwork: true,
  deployment: {
    replicas: 1,
    dnsPolicy: "ClusterFirstWithHostNet",
    initContainers: [
      {
        name: "acme-files",
        image: BUSYBOX_IMAGE,
        command: ["sh", "-c", acmeFilesScript({ directory: STAGING, resolver: "letsencrypt", uid: 0 })],
        securityContext: {
          runAsUser: 0,
          runAsGroup: 0,
          runAsNonRoot: false,
          readOnlyRootFilesystem: true,
          allowPrivilegeEscalation: false,
          capabilities: { drop: ["ALL"], add: ["CHOWN", "FOWNER", "DAC_OVERRIDE"] },
        },
        resources: { requests: { cpu: "10m", memory: "16Mi" }, limits: { memory: "64Mi" } },
        volumeMounts: [{ name: "data", mountPath: "/data" }],
      },
    ],
  },
  updateStrategy: { type: "Recreate", rollingUpdate: null },
  nodeSelector: { "kubernetes.io/hostname": "worker-1" },
  ports: {
    web: {
      port: 80,
      containerPort: 80,
      hostPort: 80,
      http: { redirections: { entryPoint: { to: "websecure", scheme: "https", permanent: true } } },
    },
    websecure: {
      port: 443,
      containerPort: 443,
      hostPort: 443,
      http: { tls: { enabled: true, certResolver: "letsencrypt" } },
    },
    traefik: { hostIP: "127.0.0.1" },
    metrics: { port: 9101, hostIP: "127.0.0.1" },
  },
  service: { enabled: false },
  providers: {
    kubernetesIngress: {
      publishedService: { enabled: false },
      ingressEndpoint: { ip: "192.168.1.127" },
    },
  },
  podSecurityContext: { runAsUser: 0, runAsGroup: 0, runAsNonRoot: false },
  securityContext: {
    runAsUser: 0,
    runAsNonRoot: false,
    readOnlyRootFilesystem: true,
    allowPrivilegeEscalation: false,
    capabilities: { drop: ["ALL"], add: ["NET_BIND_SERVICE"] },
  },
  persistence: {
    enabled: true,
    name: "data",
    storageClass: "longhorn",
    accessMode: "ReadWriteOnce",
    size: "128Mi",
    path: "/data",
  },
  certificatesResolvers: {
    letsencrypt: {
      acme: {
        storage: "/data/acme-staging.json",
        caServer: STAGING,
        httpChallenge: { entryPoint: "web" },
      },
    },
  },
};

describe("Traefik's values", () => {
  test("names that outputs and docs build on", () => {
    expect([TRAEFIK_NAMESPACE, RUN_AS_USER]).toEqual(["traefik", 0]);
  });

  test("lab, whole", () => {
    expect(traefikValues(ingressStage(lab()))).toStrictEqual(LAB_VALUES);
  });

  test("resolver, email, authority, challenge, size and ingress node follow the configuration", () => {
    const config = lab({
      traefik: {
        ingressNode: "cp-1",
        acme: {
          email: "me@home.example",
          resolver: "step",
          challenge: "tls-alpn-01",
          caServer: "https://ca.home.arpa/acme/acme/directory",
          storageMiB: 256,
        },
      },
    });
    const script = acmeFilesScript({
      directory: "https://ca.home.arpa/acme/acme/directory",
      resolver: "step",
      uid: 0,
    });
    const [init] = LAB_VALUES.deployment.initContainers;
    expect(traefikValues(ingressStage(config))).toStrictEqual({
      ...LAB_VALUES,
      deployment: { ...LAB_VALUES.deployment, initContainers: [{ ...init, command: ["sh", "-c", script] }] },
      nodeSelector: { "kubernetes.io/hostname": "cp-1" },
      ports: {
        ...LAB_VALUES.ports,
        websecure: { ...LAB_VALUES.ports.websecure, http: { tls: { enabled: true, certResolver: "step" } } },
      },
      providers: {
        kubernetesIngress: {
          publishedService: { enabled: false },
          ingressEndpoint: { ip: "192.168.1.126" },
        },
      },
      persistence: { ...LAB_VALUES.persistence, size: "256Mi" },
      certificatesResolvers: {
        step: {
          acme: {
            email: "me@home.example",
            storage: "/data/acme-ca.home.arpa-8c549a16.json",
            caServer: "https://ca.home.arpa/acme/acme/directory",
            tlsChallenge: true,
          },
        },
      },
    });
  });

  test.each([
    ["lab", lab()],
    ["rack", rack()],
    ["tls-alpn-01", lab({ traefik: { acme: { challenge: "tls-alpn-01" } } })],
  ])("%s: nothing named fsGroup, at any depth: it would make acme.json 0660", (_, config) => {
    expect(keysOf(traefikValues(ingressStage(config))).filter((key) => /^fsgroup/i.test(key))).toEqual([]);
  });

  test("the ACME file lies on the volume that the init container repairs", () => {
    const values = traefikValues(ingressStage(lab())) as typeof LAB_VALUES;
    const [init] = values.deployment.initContainers;
    expect(init?.volumeMounts).toEqual([
      { name: values.persistence.name, mountPath: values.persistence.path },
    ]);
    const { storage } = values.certificatesResolvers.letsencrypt.acme;
    expect(storage.startsWith(`${values.persistence.path}/`)).toBe(true);
  });
});

describe("the ACME file", () => {
  test.each([
    [STAGING, "/data/acme-staging.json"],
    ["https://ACME-v02.api.letsencrypt.org/directory", "/data/acme-production.json"],
  ])("of %s", (directory, path) => {
    expect(acmeStorage(directory)).toBe(path);
  });

  test("of another authority is named after its host, and is another one for each directory there", () => {
    const directories = ["/acme/a/directory", "/acme/b/directory", ":9000/acme/a/directory"];
    const paths = directories.map((path) => acmeStorage(`https://ca.home.arpa${path}`));
    for (const path of paths) expect(path).toMatch(/^\/data\/acme-ca\.home\.arpa-[0-9a-f]{8}\.json$/);
    expect(new Set(paths).size).toBe(3);
    expect(acmeStorage("https://CA.home.arpa/acme/a/directory")).toBe(paths[0]);
    expect(acmeStorage("https://[2001:db8::1]/directory")).toMatch(
      /^\/data\/acme-2001db81-[0-9a-f]{8}\.json$/,
    );
  });
});

describe("the ingress node", () => {
  test("is the configured one", () => {
    expect(findIngressNode(rack({ traefik: { ingressNode: "worker-2" } })).address).toBe("10.20.0.22");
  });

  test("must exist", () => {
    expect(() => findIngressNode(lab({ traefik: { ingressNode: "worker-9" } }))).toThrow(
      new Error("no node is named worker-9"),
    );
  });
});

test("listens on the LAN with the two ports that are meant for it, and elsewhere on loopback", () => {
  const { entryPoints, pod } = plan({ name: "traefik", values: traefikValues(ingressStage(lab())) });
  expect(pod.hostNetwork).toBe(true);
  const listening = entryPoints.map(({ name, hostIP = "*", port }) => `${name} ${hostIP}:${port}`);
  expect(listening.sort()).toEqual([
    "metrics 127.0.0.1:9101",
    "traefik 127.0.0.1:8080",
    "web *:80",
    "websecure *:443",
  ]);
});
