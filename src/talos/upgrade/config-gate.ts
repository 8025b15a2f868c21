/**
 * The gate before a changed machine config: Talos may reboot the node for it. What Talos and etcd say, the provider's own
 * health check asks; this is what Kubernetes and Longhorn say, so that the next node does not go down while the volumes
 * of the last one are still being rebuilt.
 */
import type { Consent, NodeConfig } from "../../config/types.ts";
import type { Turn, Verdict } from "../../hooks/turns.ts";
import type { KubernetesAccess } from "../../observe/access.ts";
import { stopUntouched } from "../../observe/failure.ts";
import { aloneForGood, lastCopies, neverWhole, unwholeVolumes } from "../../observe/storage.ts";
import { tryLook } from "../../observe/looks.ts";
import { unanswered, type KubernetesNode, type Seen, type Storage } from "../../observe/picture.ts";
import type { Look } from "../../observe/poll.ts";
import { waitFor, type Waiting } from "../../observe/waiting.ts";

export interface ConfigGateArgs extends Waiting {
  access: KubernetesAccess;
  node: NodeConfig;
  turn: Turn;
}

/** A volume that its owner made with one copy is not lost by a reboot, only away. */
const ONE_COPY_IS_MEANT: readonly Consent[] = ["single-replica"];

export async function passConfigGate(args: ConfigGateArgs): Promise<Verdict> {
  const { node, access, turn } = args;
  const look = async (): Promise<Look<Verdict>> => {
    const [known, storage] = await Promise.all([
      tryLook(access.kubernetesNodes()),
      tryLook(access.storage()),
    ]);
    return turn.first ? beforeFirst(known, storage, args) : beforeNext(known, storage, args);
  };
  return waitFor({
    ...args,
    subject: node.name,
    look,
    limit: "volumes",
    late: (limit, waiting) =>
      stopUntouched(
        node,
        `its config was not changed, for it may reboot to take it over (${limit})`,
        "Mend that",
        waiting,
      ),
  });
}

/**
 * Before the first of a run, only the last copy of some data stands in the way: the update may be what mends an unhealthy
 * cluster, and a cluster that does not answer has nothing to lose by it. Where another node's update may bring the
 * other copies back, that one goes first.
 */
function beforeFirst(
  known: Seen<KubernetesNode[]>,
  storage: Seen<Storage>,
  { node, nodes, turn }: ConfigGateArgs,
): Look<Verdict> {
  if ("unseen" in known || "unseen" in storage) return { done: "go" };
  const ready = namesOfReady(known.seen);
  if (!ready.has(node.name)) return { done: "go" }; // its copies are away already
  const waiting = lastCopies(storage.seen, node.name, ready, ONE_COPY_IS_MEANT);
  if (waiting.length === 0) return { done: "go" };
  if (turn.others()) return { done: "later" };
  refuseVain(node, aloneForGood(storage.seen, node.name, ready, nodes));
  return { waiting };
}

function beforeNext(
  known: Seen<KubernetesNode[]>,
  storage: Seen<Storage>,
  { node, nodes }: ConfigGateArgs,
): Look<Verdict> {
  if ("unseen" in known) return { waiting: [unanswered("the Kubernetes API", known)] };
  if ("unseen" in storage) return { waiting: [`Longhorn's volumes cannot be read: ${storage.unseen}`] };
  refuseVain(node, neverWhole(storage.seen, nodes));
  const waiting = [
    ...unwholeVolumes(storage.seen),
    ...lastCopies(storage.seen, node.name, namesOfReady(known.seen), ONE_COPY_IS_MEANT),
  ];
  return waiting.length === 0 ? { done: "go" } : { waiting };
}

function refuseVain(node: NodeConfig, vain: readonly string[]): void {
  if (vain.length === 0) return;
  throw stopUntouched(
    node,
    "its config was not changed, for it may reboot to take it over, which waiting would not make the volumes bear",
    "Mend that",
    vain,
  );
}

function namesOfReady(nodes: readonly KubernetesNode[]): Set<string> {
  return new Set(nodes.filter(({ ready }) => ready).map(({ name }) => name));
}
