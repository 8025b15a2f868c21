/**
 * Every format on record, and judged by what the environment declares of the disk it hits. The judgement looks at the
 * declaration and the disk alone, never at what the program's selector meant.
 */
import { dataDiskOf } from "./declared.ts";
import type { DiskState, VmState } from "../../proxmox/state.ts";
import type { MachineState } from "../state.ts";
import type { NewEvent } from "../../kernel/record.ts";
import type { World } from "../../kernel/world.ts";
import type { VolumeSpec } from "../machine-config/node-facts.ts";
import type { TalosDisk } from "./inventory.ts";

export interface Format {
  candidate: TalosDisk;
  /** The VM's disk; absent for one that came over iSCSI. */
  disk: DiskState | undefined;
  spec: VolumeSpec;
  /** Label of what is made on it. */
  volume: string;
}

export function judgeFormat(world: World, vm: VmState, machine: MachineState, format: Format): void {
  const { candidate, disk, spec } = format;
  const node = machine.facts?.hostname ?? String(vm.config["name"] ?? vm.vmId);
  const { severity, what } = judge(world, vm, node, format);
  world.note({
    kind: "format",
    subject: node,
    severity,
    text: `formatted ${what} for the volume ${spec.name}`,
    detail: {
      vmId: vm.vmId,
      node,
      volume: spec.name,
      label: format.volume,
      filesystem: spec.filesystem,
      devPath: candidate.devPath,
      sizeBytes: candidate.sizeBytes,
      diskId: candidate.diskId,
      interface: disk?.interface,
      iscsi: candidate.iscsi,
    },
  });
}

function judge(
  world: World,
  vm: VmState,
  node: string,
  { candidate, disk }: Format,
): { severity: NonNullable<NewEvent["severity"]>; what: string } {
  if (!disk) {
    return {
      severity: "catastrophe",
      what: `${candidate.devPath} of ${node}, which is the attached Longhorn volume ${candidate.iscsi},`,
    };
  }
  const where = `${candidate.devPath} (${disk.interface}, ${candidate.prettySize}) of ${node}`;
  if (disk.content.kind === "talos") {
    return { severity: "catastrophe", what: `the free tail of the OS disk of ${node}, ${where},` };
  }
  const declarations = world.state.declarations;
  const declared = declarations?.[vm.vmId];
  if (declarations && !declared) {
    return { severity: "catastrophe", what: `${where}, a machine that this environment does not declare,` };
  }
  if (declared && dataDiskOf(world.state, vm) !== disk) {
    return { severity: "catastrophe", what: `${where}, a disk that is declared for something else,` };
  }
  return { severity: "info", what: `the data disk ${where}` };
}
