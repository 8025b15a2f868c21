/** Changes of disks that would lose what is on them. Growing is allowed, one data disk in a run and nothing with it. */
import { isDeepStrictEqual } from "node:util";
import { listWords } from "../../config/problem.ts";
import { sizeText, type DiskFacts, type MachineFacts } from "../facts.ts";
import type { Renewal } from "./remedies.ts";

/** A machine that may hold data, what it is to become, and where it stands in the configuration. */
export interface NodeChange {
  path: string;
  old: MachineFacts;
  node: MachineFacts;
}

export function diskRefusals({ path, old, node }: NodeChange, renew: Renewal): string[] {
  const renewed = renew(old.name, " with the disk you want");
  const way = renewed === undefined ? "" : `, or ${renewed}`;
  const found = sameDisk(`${path}.osDisk`, `the OS disk of "${node.name}"`, old.osDisk, node.osDisk, way);
  if (old.dataDisk) {
    const what = `the data disk of "${node.name}"`;
    if (!node.dataDisk) {
      found.push(
        `${path}.dataDisk: ${what} (${sizeText(old.dataDisk.sizeGiB)}) is gone, which would delete it and the copies on it; ` +
          `put it back${way}`,
      );
    } else {
      found.push(...sameDisk(`${path}.dataDisk`, what, old.dataDisk, node.dataDisk, way));
      if (old.dataDisk.serial !== node.dataDisk.serial) {
        found.push(
          `${path}.dataDisk.serial: "${old.dataDisk.serial}" is now "${node.dataDisk.serial}", which the running machine would not ` +
            `show, so its data disk could not be proven any more; set it back`,
        );
      }
    }
  }
  old.extraDisks.forEach((disk, index) => {
    if (!disk) return;
    const what = `extra disk ${index} of "${node.name}"`;
    const kept = node.extraDisks[index];
    if (kept) found.push(...sameDisk(`${path}.extraDisks[${index}]`, what, disk, kept, way));
    else {
      found.push(
        `${path}.extraDisks[${index}]: ${what} (${sizeText(disk.sizeGiB)}) is gone, which would delete it; put it back${way}`,
      );
    }
  });
  return found;
}

function sameDisk(path: string, what: string, old: DiskFacts, disk: DiskFacts, way: string): string[] {
  const found: string[] = [];
  if (disk.sizeGiB < old.sizeGiB) {
    found.push(
      `${path}.sizeGiB: ${what} would shrink from ${sizeText(old.sizeGiB)} to ${sizeText(disk.sizeGiB)}, and a disk cannot without losing ` +
        `what is on it; set it back${way}`,
    );
  }
  if (disk.datastore !== old.datastore) {
    found.push(
      `${path}.datastore: ${what} would move from "${old.datastore}" to "${disk.datastore}" under a running node; set it back${way}`,
    );
  }
  return found;
}

/** Each grown data disk takes a reboot, and only the end of a run waits until every copy is whole again. */
export function growthRefusals(changes: NodeChange[]): string[] {
  const grown = changes.filter(
    ({ old, node }) => old.dataDisk && node.dataDisk && node.dataDisk.sizeGiB > old.dataDisk.sizeGiB,
  );
  return grown
    .slice(1)
    .map(
      ({ path, node }) =>
        `${path}.dataDisk.sizeGiB: the data disk of "${node.name}" would grow in the same run as that of "${grown[0]!.node.name}", and ` +
        `both nodes reboot for it before the copies on the first are whole again; grow one, \`up\`, then the other`,
    );
}

/**
 * What only a restart brings into a machine is set first by the provider, and beside it no disk is resized
 * (terraform-provider-proxmox, proxmoxtf/resource/vm/vm.go, pendingChangesBeforeResize with reboot_after_update off): the
 * run would end in between, with some of it done.
 */
export function mixedRefusals({ path, old, node }: NodeChange): string[] {
  const grown = [
    ...(node.osDisk.sizeGiB > old.osDisk.sizeGiB ? ["osDisk"] : []),
    ...(node.dataDisk && old.dataDisk && node.dataDisk.sizeGiB > old.dataDisk.sizeGiB ? ["dataDisk"] : []),
    ...node.extraDisks.flatMap((disk, index) =>
      disk && disk.sizeGiB > (old.extraDisks[index]?.sizeGiB ?? disk.sizeGiB) ? [`extraDisks[${index}]`] : [],
    ),
  ];
  const pending = [
    ...(old.cores === node.cores ? [] : [`cores (${old.cores} now)`]),
    ...(old.memoryGiB === node.memoryGiB ? [] : [`memoryGiB (${old.memoryGiB} now)`]),
    ...(isDeepStrictEqual(old.cloudInit, node.cloudInit)
      ? []
      : ["homelab:network (gateway, name servers or prefix)"]),
  ];
  if (grown.length === 0 || pending.length === 0) return [];
  return [
    `${path}.${grown.join(", ")}: disks of "${node.name}" would grow in the same run in which ${listWords(pending, "and")} change, which ` +
      `Proxmox keeps for the next start and resizes no disk beside; set ${pending.length > 1 ? "those" : "that"} back, \`up\` for the ` +
      `disks, then change ${pending.length > 1 ? "them" : "it"} in a run of ${pending.length > 1 ? "their" : "its"} own`,
  ];
}
