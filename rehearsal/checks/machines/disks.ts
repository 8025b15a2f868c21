/** The unforgivable: a wrong disk. Judged by what was formatted, when, and what the applied selectors mean. */
import { type Evidence, verdict } from "../check.ts";
import { dataDiskOf } from "../../world/talos/disks/declared.ts";
import { hostOf } from "../../world/talos/host.ts";
import type { WorldEvent } from "../../world/kernel/record.ts";
import type { World } from "../../world/kernel/world.ts";

const MOUNT_POINT = "/var/mnt/longhorn";

/** What a destroy does on purpose, and nothing else may: the cluster's data goes with its machines. */
export const MEANT_BY_DESTROY = new Set(["etcd-quorum-lost", "replica-lost"]);

export function noCatastrophe({ world, eventsBefore, command }: Evidence) {
  const meant = (event: WorldEvent, index: number) =>
    command === "destroy" && index >= eventsBefore && MEANT_BY_DESTROY.has(event.kind);
  const causes = world.state.events
    .filter((event, index) => event.severity === "catastrophe" && !meant(event, index))
    .map(({ text }) => text);
  const formats = world.state.events.filter(({ kind }) => kind === "format");
  const disks = formats.map(({ detail }) => String(detail?.["diskId"]));
  const twice = disks.filter((disk, index) => disks.indexOf(disk) !== index);
  causes.push(...twice.map((disk) => `${disk} was formatted more than once`));
  return verdict(
    "no-wrong-disk",
    causes,
    `${formats.length} disks formatted in this world, each a declared data disk, each once`,
  );
}

/**
 * Before the first config of any node, the disks of every node must have been read; before the first config of a node
 * that joins later, its own. Always by a look in the same run.
 */
export function provenBeforeApplied({ config, world, eventsBefore }: Evidence) {
  const { events } = world.state;
  const clusterIsNew = !events.slice(0, eventsBefore).some(({ kind }) => kind === "bootstrap");
  const causes = new Set<string>();
  let applied = 0;
  events.forEach((event, index) => {
    if (index < eventsBefore || event.kind !== "config-applied" || !isFirst(event)) return;
    applied++;
    const seen = (since: number, vmId: unknown) =>
      events
        .slice(since, index)
        .some((each) => each.kind === "disks-inspected" && each.detail?.["vmId"] === vmId);
    if (!seen(eventsBefore, event.detail?.["vmId"])) {
      causes.add(`${event.subject} got its first config without a look at its disks`);
    }
    if (!clusterIsNew) return;
    for (const node of config.nodes.filter(({ vmId }) => !seen(0, vmId))) {
      causes.add(`${event.subject} got a config before the disks of ${node.name} were looked at`);
    }
  });
  if (applied > 0 && clusterIsNew) {
    for (const node of config.nodes.filter(({ vmId }) => !layoutIsRight(world, vmId))) {
      causes.add(
        `a node got its first config although ${node.name} does not show exactly one data disk and one OS disk`,
      );
    }
  }
  const proof = clusterIsNew
    ? "the disks of every node were read before any node got its first config"
    : "the disks of a joining node were read before it got its first config";
  return verdict(
    "proof-first",
    [...causes],
    applied === 0 ? "no node got its first config in this run" : proof,
  );
}

/** Whether a machine's disks are those declared, each size once: what the proof is about, by the world's own knowledge. */
function layoutIsRight(world: World, vmId: number): boolean {
  const declared = world.state.declarations?.[vmId];
  const disks = Object.values(world.state.proxmox.vms[vmId]?.disks ?? {}).filter(
    ({ media }) => media === "disk",
  );
  return [declared?.osDisk, declared?.dataDisk].every(
    (wanted) => !wanted || disks.filter(({ sizeBytes }) => sizeBytes === wanted.sizeBytes).length === 1,
  );
}

function isFirst({ detail }: WorldEvent): boolean {
  return detail?.["how"] === "first";
}

export function dataVolumesMounted({ config, world }: Evidence) {
  const causes = config.nodes.flatMap((node) => {
    if (!node.dataDisk) return [];
    const host = hostOf(world, node.vmId);
    if (!host.isUp()) return [`${node.name} is not up`];
    const path = host.resolve(MOUNT_POINT);
    if (path.onSystemDisk) {
      const reason = world.state.machines[node.vmId]?.volumes.find(
        ({ phase }) => phase === "waiting",
      )?.reason;
      return [
        `${MOUNT_POINT} of ${node.name} lies on its OS disk${reason ? `: the volume waits, ${reason}` : ""}`,
      ];
    }
    const disk = dataDiskOf(world.state, world.state.proxmox.vms[node.vmId]);
    const problems: string[] = [];
    if (path.diskId !== disk?.id) problems.push(`${MOUNT_POINT} of ${node.name} is not on its data disk`);
    if (path.filesystem !== "xfs")
      problems.push(`${MOUNT_POINT} of ${node.name} is ${path.filesystem}, not XFS`);
    const mount = host.kubeletMount(MOUNT_POINT);
    if (mount?.propagation !== "rshared" || mount.readonly || mount.source !== MOUNT_POINT) {
      problems.push(`the kubelet of ${node.name} does not have ${MOUNT_POINT} mounted rshared,rw`);
    }
    return problems;
  });
  return verdict(
    "data-volume",
    causes,
    `XFS on the data disk at ${MOUNT_POINT}, rshared into the kubelet, on every node with one`,
  );
}
