/**
 * The gate before anything that takes a node down: one decision over a picture of the cluster. It stands in for what does
 * not protect: Talos's own drain gives up after five minutes and goes on without (talos, pkg/kubernetes/kubernetes.go,
 * Drain), and the control plane's check of etcd looks at no volume.
 */
import type { Consent, NodeConfig } from "../../config/types.ts";
import { etcdReasons, type Candidate } from "../../observe/etcd.ts";
import { storageReasons } from "../../observe/storage.ts";
import { unanswered, type KubernetesNode, type TalosNode, type Picture } from "../../observe/picture.ts";

/** What a running machine says of itself; another word is a boot, an upgrade, a reset or a shutdown under way. */
const RUNNING = "running";

/** Why the node may not go down now, in words for the user; empty when it may. */
export function reasonsToWait(
  picture: Picture,
  node: Candidate,
  declared: readonly NodeConfig[],
  allow: readonly Consent[],
): string[] {
  return [
    ...picture.machines.flatMap(machineReasons),
    ...etcdReasons(picture, node, declared),
    ...nodeReasons(picture, node),
    ...storageReasons(picture.storage, node.name, readyNodes(picture), allow),
  ];
}

function machineReasons(machine: TalosNode): string[] {
  if (machine.state === "silent") return [`${machine.name} does not answer: ${machine.reason}`];
  if (machine.state === "unconfigured" || machine.stage === RUNNING) return [];
  const unmet = machine.unmet.length > 0 ? ` (${machine.unmet.join("; ")})` : "";
  return [`${machine.name} is ${machine.stage}${unmet}`];
}

function nodeReasons({ machines, nodes }: Picture, node: Candidate): string[] {
  if ("unseen" in nodes) return [unanswered("the Kubernetes API", nodes)];
  const known = new Set(nodes.seen.map(({ name }) => name));
  const missing = machines
    .filter(({ name, state }) => state === "configured" && !known.has(name))
    .map(({ name }) => `${name} is no node of Kubernetes`);
  const unconfigured = new Set(
    machines.filter(({ state }) => state === "unconfigured").map(({ name }) => name),
  );
  return [...missing, ...nodes.seen.flatMap((known) => oneNode(known, node, unconfigured.has(known.name)))];
}

function oneNode(known: KubernetesNode, node: Candidate, anew: boolean): string[] {
  if (!known.ready) {
    return anew
      ? [
          `${known.name} is not Ready: its machine was made anew and has no config yet; set the versions back, \`up\`, and ` +
            "upgrade once it is a node again",
        ]
      : [`${known.name} is not Ready`];
  }
  // An upgrade that was cut off may have left the node cordoned by Talos, which opens it again once it runs.
  if (!known.cordoned || (known.name === node.name && known.cordonedByTalos)) return [];
  const whose = known.cordonedByTalos ? "" : `, and not by Talos: \`kubectl uncordon ${known.name}\``;
  return [`${known.name} is cordoned${whose}`];
}

function readyNodes({ nodes }: Picture): Set<string> {
  return new Set("seen" in nodes ? nodes.seen.filter(({ ready }) => ready).map(({ name }) => name) : []);
}
