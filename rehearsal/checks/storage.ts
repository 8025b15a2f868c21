/** Longhorn: volumes are as replicated as promised, and only on data disks. */
import { type Evidence, verdict } from "./check.ts";
import { theCluster } from "./cluster/nodes.ts";
import { copyOfWorld, passTime } from "./copy.ts";
import { dataDiskOf } from "../world/talos/disks/declared.ts";
import type { Cluster } from "../world/kubernetes/cluster.ts";
import { health, type LonghornHealth } from "../world/longhorn/health.ts";

/** Simulated seconds in which a volume whose node was down for a while is whole again. */
const PATIENCE = 3600;

export async function longhornHealthy(evidence: Evidence) {
  const { config, world } = evidence;
  const cluster = theCluster(evidence);
  if (!cluster) return verdict("longhorn", ["there is no cluster to run it"], "");
  const state = await inTheEnd(evidence, cluster);
  const causes = [...state.problems];
  const wanted = config.nodes.filter(({ dataDisk }) => dataDisk !== undefined).map(({ name }) => name);
  for (const name of wanted) {
    if (!state.nodes.some((node) => node.name === name))
      causes.push(`${name} has a data disk that Longhorn does not use`);
  }
  for (const { name, diskId } of state.nodes) {
    const node = config.nodes.find((each) => each.name === name);
    const disk = node && dataDiskOf(world.state, world.state.proxmox.vms[node.vmId]);
    if (!disk || disk.id !== diskId) causes.push(`Longhorn's disk on ${name} is not its data disk`);
  }
  if (state.installed && !state.hardAntiAffinity) causes.push("two replicas of a volume may share a node");
  const { replicaCount } = config.longhorn;
  if (
    state.installed &&
    (state.classReplicaCount !== replicaCount || state.defaultReplicaCount !== replicaCount)
  ) {
    causes.push(
      `the config asks for ${replicaCount} replicas; claims get ${state.classReplicaCount}, volumes of the UI ${state.defaultReplicaCount}`,
    );
  }
  return verdict(
    "longhorn",
    [...new Set(causes)],
    `${replicaCount} replicas on ${state.nodes.length} data disks, ${state.volumes.length} volumes healthy, none on an OS disk`,
  );
}

/** What heals by itself is no fault: the last node that a run had to restart is followed by no wait for its copies. */
async function inTheEnd(evidence: Evidence, cluster: Cluster): Promise<LonghornHealth> {
  const now = health(cluster);
  if (now.problems.length === 0) return now;
  const world = copyOfWorld(evidence.world);
  const copied = theCluster({ ...evidence, world });
  await passTime(world, PATIENCE);
  return copied ? health(copied) : now;
}
