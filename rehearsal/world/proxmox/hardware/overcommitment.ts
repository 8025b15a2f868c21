/** What hosts and datastores have promised beyond what they have. Proxmox lets it happen; it works until it is asked for. */
import type { ProxmoxState } from "../state.ts";
import { memoryOf } from "../qemu/memory.ts";
import { promiseText, usage } from "../storage/space.ts";
import { inGib } from "../../kernel/units.ts";

/** One sentence each; a datastore that all hosts share is one. */
export function overcommitments(proxmox: ProxmoxState): string[] {
  const found = Object.values(proxmox.hosts).flatMap((host) => {
    const stores = Object.values(host.datastores).flatMap((datastore) => {
      const { promisedBytes } = usage(proxmox, host.name, datastore);
      return promisedBytes > datastore.capacityBytes ? [promiseText(host, datastore, promisedBytes)] : [];
    });
    const running = Object.values(proxmox.vms).filter(
      (vm) => vm.host === host.name && vm.power === "running",
    );
    const bytes = running.reduce((sum, vm) => sum + memoryOf(vm), 0);
    return bytes > host.memoryBytes ? [...stores, memoryText(host.name, bytes, host.memoryBytes)] : stores;
  });
  return [...new Set(found)];
}

function memoryText(host: string, bytes: number, memoryBytes: number): string {
  return (
    `The machines that run on ${host} have ${inGib(bytes)} GiB of memory, and ${host} has ${inGib(memoryBytes)} GiB: ` +
    "once they use it, the kernel kills one of them"
  );
}
