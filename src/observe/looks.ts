/** Pictures of the cluster, taken through the access: what cannot be seen is in the picture, too. */
import type { NodeConfig } from "../config/types.ts";
import type { ClusterAccess } from "./access.ts";
import type { Seen, NodeReport, Picture } from "./picture.ts";

export async function tryLook<T>(look: Promise<T>): Promise<Seen<T>> {
  try {
    return { seen: await look };
  } catch (error) {
    return { unseen: (error as Error).message };
  }
}

export async function takePicture(access: ClusterAccess, declared: readonly NodeConfig[]): Promise<Picture> {
  const machines = await access.machines(declared);
  const members = declared.filter(
    ({ role }, index) => role === "controlplane" && machines[index]?.state !== "unconfigured",
  );
  const [etcd, nodes, storage] = await Promise.all([
    tryLook(access.etcd(members)),
    tryLook(access.kubernetesNodes()),
    tryLook(access.storage()),
  ]);
  return { machines, etcd, nodes, storage };
}

/** One node alone, closely. */
export async function lookAt(access: ClusterAccess, node: NodeConfig): Promise<NodeReport> {
  const [machine] = await access.machines([node]);
  const [image, dataVolume, nodes] = await Promise.all([
    tryLook(access.image(node)),
    node.dataDisk && tryLook(access.dataVolume(node)),
    tryLook(access.kubernetesNodes()),
  ]);
  return {
    machine: machine!,
    image,
    ...(dataVolume && { dataVolume }),
    kubernetes:
      "seen" in nodes
        ? { seen: nodes.seen.find(({ name }) => name === node.name) }
        : { unseen: nodes.unseen },
  };
}
