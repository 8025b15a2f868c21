/** Everything that has an id in a Proxmox cluster: machines and containers share one space of ids over all hosts. */
import type { ProxmoxState } from "../state.ts";
import { nameOf } from "../lookup.ts";

export interface Guest {
  vmId: number;
  kind: "qemu" | "lxc";
  host: string;
  name: string;
  power: "stopped" | "running";
  /** As the config has them, separated by semicolons. */
  tags?: string;
}

/** All of them, those on hosts that are off included: their config files are on every member [pve-cluster: pmxcfs]. */
export function guests({ vms, containers = {} }: ProxmoxState): Guest[] {
  return [
    ...Object.values(vms).map((vm): Guest => {
      const { tags } = vm.config;
      return {
        vmId: vm.vmId,
        kind: "qemu",
        host: vm.host,
        name: nameOf(vm),
        power: vm.power,
        ...(tags !== undefined && { tags: String(tags) }),
      };
    }),
    ...Object.values(containers).map((container): Guest => ({ ...container, kind: "lxc" })),
  ];
}

export function guestWithId(proxmox: ProxmoxState, vmId: number): Guest | undefined {
  return guests(proxmox).find((guest) => guest.vmId === vmId);
}
