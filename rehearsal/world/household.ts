/**
 * Whoever the homelab is for: a workload that the program knows nothing of, on a volume that takes its time to heal. Traefik's own is
 * rebuilt so fast that a program which waits for no volume would look right.
 */
import { storageNodes } from "./longhorn/nodes.ts";
import { deleteVolume, volumeOfClaim } from "./longhorn/volumes/volumes.ts";
import type { World } from "./kernel/world.ts";
import type { ChartModel } from "./kubernetes/helm/charts.ts";
import { bindClaim } from "./longhorn/volumes/claims.ts";
import { clustersIn } from "./kubernetes/cluster.ts";
import { DURATIONS } from "./kubernetes/durations.ts";
import type { Deployment } from "./kubernetes/pods/deployment.ts";
import { installRelease } from "./kubernetes/helm/releases.ts";
import { podsOf, rollOut, stopPod } from "./kubernetes/workloads/rollout.ts";
import type { ReleaseState } from "./kubernetes/state.ts";
import { GiB } from "./kernel/units.ts";

const REQUEST = {
  namespace: "household",
  name: "photos",
  chart: "photos",
  repository: "https://charts.household.test",
} as const;
const KEY = `${REQUEST.namespace}/${REQUEST.name}`;
/** Its volume's part of the smallest data disk: below what Longhorn may hand out of it (70 %), with room for others. */
const SHARE = 0.6;

export const householdChart: ChartModel = {
  name: REQUEST.chart,
  unlisted: true,
  repository: REQUEST.repository,
  versions: { "1.0.0": "1.0.0" },
  render: () => undefined,
  resourceNames: () => ({}),
  async install(context) {
    const { release } = context;
    const refused = await bindClaim(context.cluster, {
      namespace: release.namespace,
      name: release.name,
      size: String(release.values["size"]),
    });
    if (refused === undefined) await rollOut(context, deploymentOf(release));
  },
  upgrade: () => Promise.resolve(),
  uninstall: () => Promise.resolve(),
  deployments: (release) => [deploymentOf(release)],
};

function deploymentOf({ namespace, name }: ReleaseState): Deployment {
  return {
    namespace,
    name,
    release: `${namespace}/${name}`,
    replicas: 1,
    strategy: { type: "Recreate", maxUnavailable: 1, maxSurge: 0 },
    pod: {
      volumes: [{ name: "data", persistentVolumeClaim: { claimName: name } }],
      containers: [{ name, volumeMounts: [{ name: "data", mountPath: "/data" }] }],
    },
    revision: 1,
    readySeconds: DURATIONS.podStart,
    started: () => undefined,
    bindFailure: (_port, error) => error,
  };
}

/** After an `up` that succeeded: where there is storage, it is used from now on. Twice is once. */
export async function moveIn(world: World): Promise<void> {
  for (const cluster of clustersIn(world)) {
    const { longhorn, releases } = cluster.state;
    if (!longhorn?.defaultClass || releases[KEY]) continue;
    const sizes = storageNodes(cluster, longhorn).map(({ on }) => on.sizeBytes);
    if (sizes.length === 0) continue;
    const size = Math.floor((Math.min(...sizes) * SHARE) / GiB) * GiB;
    if (size > 0) await installRelease(cluster, { ...REQUEST, values: { size }, createNamespace: true });
  }
}

/** Before a `destroy`: nobody takes the storage away from under a running pod. */
export async function moveOut(world: World): Promise<void> {
  for (const cluster of clustersIn(world)) {
    if (!cluster.state.releases[KEY]) continue;
    delete cluster.state.releases[KEY];
    for (const pod of podsOf(cluster, KEY)) await stopPod(cluster, pod);
    const volume = volumeOfClaim(cluster, KEY);
    if (volume) await deleteVolume(cluster, volume.name);
    delete cluster.state.namespaces[REQUEST.namespace];
  }
}
