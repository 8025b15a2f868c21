/** The stack outputs say what is: compared with the world, not with the config they were made from. */
import type { Evidence } from "./check.ts";
import { verdict } from "./check.ts";
import { theCluster } from "./cluster.ts";
import { health } from "../world/longhorn/health.ts";

interface Outputs {
  schematicId?: string;
  endpoint?: string;
  nodes?: {
    name: string;
    vmId: number;
    address: string;
    dataDisk?: { bytes: number };
    osDisk: { bytes: number };
  }[];
  longhorn?: { replicaCount: number; dataPath: string; storageClass: string };
}

export function outputsTrue(evidence: Evidence) {
  const { world } = evidence;
  const outputs = Object.fromEntries(
    Object.entries(evidence.outputs).map(([name, { value }]) => [name, value]),
  ) as Outputs;
  const causes: string[] = [];
  for (const node of outputs.nodes ?? []) {
    const machine = world.state.machines[node.vmId];
    const disks = Object.values(world.state.proxmox.vms[node.vmId]?.disks ?? {}).map(
      ({ sizeBytes }) => sizeBytes,
    );
    if (!machine?.addresses.includes(node.address))
      causes.push(`${node.name} does not answer at ${node.address}`);
    for (const { bytes } of [node.osDisk, ...(node.dataDisk ? [node.dataDisk] : [])]) {
      if (!disks.includes(bytes)) causes.push(`${node.name} has no disk of ${bytes} bytes`);
    }
    if (machine && machine.image.schematicId !== outputs.schematicId) {
      causes.push(`${node.name} runs another schematic than the output schematicId says`);
    }
  }
  if (!outputs.nodes?.length) causes.push("the output nodes is missing");
  const cluster = theCluster(evidence);
  const storage = cluster && health(cluster);
  if (storage?.installed) {
    const { replicaCount, dataPath, storageClass } = outputs.longhorn ?? {};
    if (replicaCount !== storage.classReplicaCount) {
      causes.push(`longhorn.replicaCount says ${replicaCount}, volumes get ${storage.classReplicaCount}`);
    }
    if (dataPath !== storage.dataPath)
      causes.push(`longhorn.dataPath says ${dataPath}, Longhorn uses ${storage.dataPath}`);
    if (storageClass !== storage.storageClass) causes.push(`longhorn.storageClass says ${storageClass}`);
  }
  return verdict(
    "outputs",
    causes,
    "addresses, disk sizes, schematic, replica count and data path are those of the world",
  );
}
