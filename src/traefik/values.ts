/**
 * Values for Traefik's chart: on the host's own ports 80 and 443, as root, with its certificates on a Longhorn volume.
 */
import type { HomelabConfig, NodeConfig, TraefikConfig } from "../config/types.ts";
import { BUSYBOX_IMAGE } from "../images.ts";
import { STORAGE_CLASS } from "../longhorn/values.ts";
import { SCRIPT_RESOURCES } from "../restricted-pod.ts";
import { acmeFilesScript } from "./acme-files.ts";
import { acmeStorage, DATA_PATH } from "./acme-storage.ts";

export const TRAEFIK_NAMESPACE = "traefik";
/** Root, because on the host's network nothing less may open ports below 1024. */
export const RUN_AS_USER = 0;

/** Off 9100, where node exporters listen on the host's network. */
const METRICS_PORT = 9101;

/**
 * On the host's network an entry point listens on all addresses, the LAN's too, unless it has one. The chart puts it before the port, and
 * asks its probes there (traefik-helm-chart, templates/_podtemplate.tpl); the kubelet, which is on the same network, reaches it.
 */
const LOOPBACK = "127.0.0.1";

export function findIngressNode({ nodes, traefik }: Pick<HomelabConfig, "nodes" | "traefik">): NodeConfig {
  const node = nodes.find(({ name }) => name === traefik.ingressNode);
  if (!node) throw new Error(`no node is named ${traefik.ingressNode}`);
  return node;
}

/** What the chart's values are made of. */
export interface IngressArgs {
  traefik: TraefikConfig;
  /** IPv4 address of the node that Traefik is pinned to. */
  ingressAddress: string;
}

export function traefikValues({ traefik, ingressAddress }: IngressArgs): Record<string, unknown> {
  const { acme, ingressNode } = traefik;
  return {
    hostNetwork: true,
    deployment: {
      replicas: 1, // one ACME file has one writer
      dnsPolicy: "ClusterFirstWithHostNet", // otherwise a pod on the host's network does not see the cluster's DNS
      initContainers: [acmeFiles(acme)],
    },
    // The ports and the volume are free only once the old pod is gone. The chart's default names the other strategy's
    // settings, which must go.
    updateStrategy: { type: "Recreate", rollingUpdate: null },
    nodeSelector: { "kubernetes.io/hostname": ingressNode },
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
        http: { tls: { enabled: true, certResolver: acme.resolver } },
      },
      traefik: { hostIP: LOOPBACK }, // ping, for the probes
      metrics: { port: METRICS_PORT, hostIP: LOOPBACK },
    },
    service: { enabled: false },
    // Without a service there is none to copy an address from, so ingresses report the node's.
    providers: {
      kubernetesIngress: {
        publishedService: { enabled: false },
        ingressEndpoint: { ip: ingressAddress },
      },
    },
    // No fsGroup: with it the kubelet makes the ACME file 0660 at every mount, and Traefik refuses that.
    podSecurityContext: { runAsUser: RUN_AS_USER, runAsGroup: RUN_AS_USER, runAsNonRoot: false },
    securityContext: {
      runAsUser: RUN_AS_USER,
      runAsNonRoot: false,
      readOnlyRootFilesystem: true,
      allowPrivilegeEscalation: false,
      capabilities: { drop: ["ALL"], add: ["NET_BIND_SERVICE"] },
    },
    persistence: {
      enabled: true,
      name: "data",
      storageClass: STORAGE_CLASS,
      accessMode: "ReadWriteOnce",
      size: `${acme.storageMiB}Mi`,
      path: DATA_PATH,
    },
    certificatesResolvers: {
      [acme.resolver]: {
        acme: {
          ...(acme.email !== undefined && { email: acme.email }),
          storage: acmeStorage(acme.caServer),
          caServer: acme.caServer,
          ...(acme.challenge === "http-01"
            ? { httpChallenge: { entryPoint: "web" } }
            : { tlsChallenge: true }),
        },
      },
    },
  };
}

/** Root with just the capabilities that a repair of somebody else's file takes. */
function acmeFiles(acme: TraefikConfig["acme"]): Record<string, unknown> {
  const script = acmeFilesScript({ directory: acme.caServer, resolver: acme.resolver, uid: RUN_AS_USER });
  return {
    name: "acme-files",
    image: BUSYBOX_IMAGE,
    command: ["sh", "-c", script],
    securityContext: {
      runAsUser: 0,
      runAsGroup: 0,
      runAsNonRoot: false,
      readOnlyRootFilesystem: true,
      allowPrivilegeEscalation: false,
      capabilities: { drop: ["ALL"], add: ["CHOWN", "FOWNER", "DAC_OVERRIDE"] },
    },
    resources: SCRIPT_RESOURCES,
    volumeMounts: [{ name: "data", mountPath: DATA_PATH }],
  };
}
