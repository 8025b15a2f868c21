/**
 * Who leads an etcd. The leader is elected when somebody asks and the last one has gone; which of the others it becomes follows
 * from the world's seed and the term.
 */
import { shuffled } from "../../kernel/random.ts";
import type { World } from "../../kernel/world.ts";
import { memberRuns, membersInOrder, quorum } from "./members.ts";
import type { ClusterState } from "./state.ts";

/** Member id of the leader; undefined without a quorum. */
export function leaderOf(world: World, cluster: ClusterState): string | undefined {
  if (!quorum(world, cluster)) return undefined;
  const voters = membersInOrder(cluster).filter((id) => !cluster.etcd[id]!.learner);
  const running = voters.filter((id) => memberRuns(world, cluster, id));
  if (cluster.leader !== undefined && running.includes(cluster.leader)) return cluster.leader;
  const term = (cluster.raftTerm ?? 1) + 1;
  const [elected] = shuffled(running, world.state.seed, cluster.id, term);
  setLeader(world, cluster, elected!, "it was elected");
  return elected;
}

/**
 * The first other member in the list gets the lead (etcd.go, ForfeitLeadership). Returns its name; empty when this one does not
 * lead.
 */
export function forfeit(world: World, cluster: ClusterState, memberId: string): string {
  if (leaderOf(world, cluster) !== memberId) return "";
  const next = membersInOrder(cluster).find((id) => id !== memberId)!;
  // A leader does not hand over to a member that does not answer (etcd: ErrTimeoutLeaderTransfer).
  if (!memberRuns(world, cluster, next))
    throw new Error("etcdserver: request timed out, leader transfer took too long");
  setLeader(world, cluster, next, "the leadership was handed over");
  return cluster.etcd[next]!.name ?? next;
}

function setLeader(world: World, cluster: ClusterState, memberId: string, why: string): void {
  cluster.raftTerm = (cluster.raftTerm ?? 1) + 1;
  cluster.leader = memberId;
  const { name, vmId } = cluster.etcd[memberId]!;
  world.note({
    kind: "etcd-leader",
    subject: name ?? memberId,
    text: `${name ?? memberId} leads etcd of cluster ${cluster.name}: ${why}`,
    detail: { clusterId: cluster.id, memberId, vmId, term: cluster.raftTerm },
  });
}
