/** Clusters that are up, for tests of what happens to a running node. */
import type { MachineState } from "../../../rehearsal/world/talos/state.ts";
import { registerSchematic } from "../../../rehearsal/world/factory/images.ts";
import { bootstrap } from "./calls.ts";
import type { ClusterState, KubernetesNode } from "../../../rehearsal/world/kubernetes/state.ts";
import { EXTENSIONS, GiB, osDisk, type ConfigOptions, type Lab } from "./lab.ts";

export const CONTROL_PLANES = ["192.168.1.126", "192.168.1.127", "192.168.1.128"];
export const WORKER = "192.168.1.129";

export interface ClusterOptions {
  controlPlanes?: 1 | 2 | 3;
  worker?: boolean;
  /** What the nodes run; default v1.12.0. */
  version?: string;
  config?: Partial<ConfigOptions>;
}

/** cp-1 (VM 126) ... and worker-1 (VM 129), all Ready. Returns the schematic with the labs' extensions. */
export async function bringUp(lab: Lab, options: ClusterOptions = {}): Promise<string> {
  const { controlPlanes = 3, worker = true, version = "v1.12.0" } = options;
  const schematic = schematicOf(lab, EXTENSIONS);
  const addresses = [...CONTROL_PLANES.slice(0, controlPlanes), ...(worker ? [WORKER] : [])];
  const nodes = addresses.map((address) => {
    const vmId = Number(address.split(".")[3]);
    const role = address === WORKER ? ("worker" as const) : ("controlplane" as const);
    return { vmId, address, role, name: role === "worker" ? "worker-1" : `cp-${vmId - 125}` };
  });
  for (const { vmId, name, address } of nodes) {
    const disks = [osDisk(), { interface: "virtio1", sizeBytes: 40 * GiB }];
    const vm = lab.addVm({ vmId, name, address, disks });
    const { content } = vm.disks["scsi0"]!;
    if (content.kind === "talos") Object.assign(content.image, { schematicId: schematic, version });
    await lab.start(vmId);
  }
  for (const { name, address, role } of nodes) {
    const config = await lab.config({ role, hostname: name, address, ...options.config });
    await lab.apply(address, config);
  }
  await bootstrap(lab.world, lab.target(CONTROL_PLANES[0]!));
  await pass(lab, 600);
  return schematic;
}

export function schematicOf(lab: Lab, extensions: string[]): string {
  const names = extensions.join(", ");
  return registerSchematic(lab.world, `customization: {systemExtensions: {officialExtensions: [${names}]}}`);
}

export function installer(schematic: string, version: string, platform = "nocloud"): string {
  return `factory.talos.dev/${platform}-installer/${schematic}:${version}`;
}

/** Time passes, and is looked at now and then. */
export async function pass(lab: Lab, seconds: number): Promise<void> {
  for (let round = 0; round < 6; round++) {
    await lab.clock.sleep(seconds / 6);
    await lab.world.settle();
  }
}

export function machine(lab: Lab, vmId: number): MachineState {
  return lab.world.state.machines[vmId]!;
}

export function cluster(lab: Lab): ClusterState {
  return Object.values(lab.world.state.clusters)[0]!;
}

export function nodeOf(lab: Lab, name: string): KubernetesNode {
  return cluster(lab).nodes[name]!;
}
