/** Longhorn as Kubernetes knows it. */
import type { Storage } from "../kubernetes/storage.ts";
import { deleteClaims } from "./volumes/claims.ts";
import { drainBlockedBy } from "./drain.ts";
import { noteExposed, stopReplicas } from "./volumes/loss.ts";
import { forgetNode } from "./node-object.ts";
import { rebuilds, settleCopies } from "./volumes/rebuild.ts";
import {
  attachProblem,
  attachVolume,
  connect,
  detachVolume,
  disconnect,
  volumeNamed,
  volumeOfClaim,
} from "./volumes/volumes.ts";

export const longhornDriver: Storage = {
  volumeOfClaim,
  attach: attachVolume,
  attachProblem: (cluster, volume, node) => attachProblem(cluster, volumeNamed(cluster, volume), node),
  connect: (cluster, volume, node) => connect(cluster, volumeNamed(cluster, volume), node),
  async detach(cluster, volume) {
    if (cluster.state.longhorn?.volumes[volume]) await detachVolume(cluster, volume);
  },
  deleteClaims,
  namespaceKept: ({ state }, namespace) =>
    // Its admission webhooks and finalizers outlive their pods: the namespace hangs (Longhorn docs, uninstall).
    state.longhorn?.namespace === namespace
      ? "Longhorn's finalizers were not removed; uninstall Longhorn first"
      : undefined,
  drainBlockedBy,
  // The instance manager goes last, and with it every replica that runs here.
  drained: (cluster, node) => stopReplicas(cluster, node, cluster.world.clock.now()),
  stopping: noteExposed,
  stopped(cluster, node) {
    const now = cluster.world.clock.now();
    for (const volume of Object.values(cluster.state.longhorn?.volumes ?? {})) {
      if (volume.attachedTo === node.name) disconnect(cluster, volume, ", which is down");
    }
    stopReplicas(cluster, node, now);
  },
  async releaseNode(cluster, node) {
    for (const volume of Object.values(cluster.state.longhorn?.volumes ?? {}))
      if (volume.attachedTo === node) await detachVolume(cluster, volume.name);
  },
  forgetNode,
  due: rebuilds,
  settle: settleCopies,
  // What was written into a volume lies on the data disks, not in etcd: a volume that is still there keeps it.
  restored(cluster, former) {
    for (const [name, volume] of Object.entries(cluster.longhorn?.volumes ?? {})) {
      const known = former.longhorn?.volumes[name];
      if (known) volume.files = known.files;
    }
  },
};
