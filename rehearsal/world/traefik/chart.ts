/** The Traefik chart: a Deployment with a claim, and what Traefik does when it starts. */
import {
  ChartError,
  NotReady,
  waitUntilReady,
  type ChartModel,
  type ReleaseContext,
} from "../kubernetes/helm/charts.ts";
import { bindClaim } from "../longhorn/volumes/claims.ts";
import { DURATIONS } from "../kubernetes/durations.ts";
import type { Deployment } from "../kubernetes/pods/deployment.ts";
import { podsOf, rollOut, stopPod } from "../kubernetes/workloads/rollout.ts";
import { refusedTemplate } from "../kubernetes/api/validation.ts";
import type { ReleaseState, VolumeFile } from "../kubernetes/state.ts";
import { startResolver } from "./acme.ts";
import { plan, type Resolver, type TraefikPlan } from "./values.ts";

export const traefikChart: ChartModel = {
  name: "traefik",
  repository: "https://traefik.github.io/charts",
  versions: { "41.3.0": "v3.7.11" },

  render: (release) => {
    const { kind, fullname, pod, podLabels } = plan(release);
    if (kind !== "Deployment")
      throw new ChartError(`the rehearsal models Traefik as a Deployment only, not as a ${kind}`);
    const refused = refusedTemplate({ kind, group: "apps", name: fullname }, pod, podLabels);
    if (refused) throw new ChartError(refused);
  },

  resourceNames: (release) => {
    const { fullname, service, persistence } = plan(release);
    const own = `${release.namespace}/${fullname}`;
    return {
      "ClusterRole.rbac.authorization.k8s.io/rbac.authorization.k8s.io/v1": [
        `${fullname}-${release.namespace}`,
      ],
      "ClusterRoleBinding.rbac.authorization.k8s.io/rbac.authorization.k8s.io/v1": [
        `${fullname}-${release.namespace}`,
      ],
      "Deployment.apps/apps/v1": [own],
      "IngressClass.networking.k8s.io/networking.k8s.io/v1": [fullname],
      ...(persistence && !persistence.existing ? { "PersistentVolumeClaim/v1": [own] } : {}),
      ...(service ? { "Service/v1": [own] } : {}),
      "ServiceAccount/v1": [own],
    };
  },

  async install(context) {
    await context.cluster.world.clock.sleep(DURATIONS.smallImagePull);
    await apply(context);
  },

  upgrade: (context) => apply(context),

  deployments: (release) => [deploymentOf(release, plan(release))],

  async uninstall({ cluster, release }) {
    // The claim stays: the chart marks it `helm.sh/resource-policy: keep`.
    for (const pod of podsOf(cluster, keyOf(release))) await stopPod(cluster, pod);
  },
};

export function keyOf(release: Pick<ReleaseState, "namespace" | "name">): string {
  return `${release.namespace}/${release.name}`;
}

async function apply(context: ReleaseContext): Promise<void> {
  const { cluster, release } = context;
  const planned = plan(release);
  const { persistence, service } = planned;
  if (persistence && !persistence.existing) {
    const { claim, sizeText, storageClass } = persistence;
    await waitUntilReady(context, () =>
      bindClaim(cluster, {
        namespace: release.namespace,
        name: claim,
        size: sizeText,
        ...(storageClass === undefined ? {} : { storageClass }),
      }),
    );
  }
  await rollOut(context, deploymentOf(release, planned));
  if (service?.type === "LoadBalancer" && context.wait) {
    // helm pkg/kube/ready.go, serviceReady: a LoadBalancer without an address is not ready. Nothing here hands out addresses.
    await context.cluster.world.clock.until(context.deadline);
    throw new NotReady(
      `Service does not have load balancer ingress IP address: ${release.namespace}/${planned.fullname} (no load balancer in this cluster)`,
    );
  }
}

export function deploymentOf(release: ReleaseState, planned: TraefikPlan): Deployment {
  const { entryPoints, resolvers, pod, fullname } = planned;
  return {
    namespace: release.namespace,
    name: fullname,
    release: keyOf(release),
    replicas: planned.replicas,
    strategy: planned.strategy,
    pod: withAntiAffinity(planned),
    revision: [release.version, entryPoints, resolvers, pod.containers[0]?.image, restartingValues(release)],
    readySeconds: DURATIONS.traefikReady,
    bindFailure: (port, error) => {
      const entryPoint = entryPoints.find((each) => each.port === port)?.name ?? String(port);
      return `ERR Error while building entryPoint error="error preparing server: error opening listener: ${error}" entryPointName=${entryPoint}`;
    },
    started: (state, { identity, volumes }) => {
      state.resolvers = {};
      for (const resolver of resolvers.filter((each) => each.storage !== undefined)) {
        const place = placeOf(planned, resolver);
        const files: Record<string, VolumeFile> = place ? (volumes.get(place.volume)?.files ?? {}) : {};
        const result = place
          ? startResolver(resolver, files, place.path, identity)
          : {
              working: false,
              reason: `ERR The ACME resolve is skipped from the resolvers list error="unable to get ACME account: open ${resolver.storage}: read-only file system" resolver=${resolver.name}`,
            };
        if (place && !volumes.has(place.volume)) volumes.set(place.volume, { files, info: EMPTY_DIR });
        state.resolvers[resolver.name] = result;
      }
      return undefined;
    },
  };
}

/** Values that reach the pod's template by no other way, so that a change of theirs rolls it out (templates/_podtemplate.tpl). */
function restartingValues({ values }: ReleaseState): unknown[] {
  return ["additionalArguments", "env", "logs", "globalArguments", "experimental"].map((key) => values[key]);
}

const EMPTY_DIR = { device: "/dev/disk/ephemeral", sizeBytes: 0, usedBytes: 0, type: "xfs" };

/** On which volume of the pod a resolver's storage lies, and where on it. */
export function placeOf(
  { pod }: TraefikPlan,
  { storage = "" }: Resolver,
): { volume: string; path: string } | undefined {
  const absolute = storage.startsWith("/") ? storage : `/${storage}`;
  for (const mount of pod.containers[0]?.volumeMounts ?? []) {
    const top = mount.mountPath.replace(/\/+$/, "");
    if (!absolute.startsWith(`${top}/`)) continue;
    const inside = mount.subPath ? `/${mount.subPath.replace(/^\/+|\/+$/g, "")}` : "";
    return { volume: mount.name, path: `${inside}${absolute.slice(top.length)}` };
  }
  return undefined;
}

/** values.yaml on hostNetwork: with several replicas and no affinity of one's own, the chart keeps its pods apart. */
function withAntiAffinity({ pod, replicas }: TraefikPlan): TraefikPlan["pod"] {
  if (!pod.hostNetwork || replicas < 2 || Object.keys(pod.affinity ?? {}).length > 0) return pod;
  return {
    ...pod,
    affinity: {
      podAntiAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: "kubernetes.io/hostname" }],
      },
    },
  };
}
