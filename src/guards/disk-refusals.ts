/** Changes of disks that would lose what is on them. Growing is allowed, one data disk in a run. */
import { sizeText, type DiskFacts, type NodeFacts } from "./facts.ts";
import type { Renewal } from "./ways.ts";

/** What a changed node is compared with, and where it stands in the configuration. */
export interface NodeChange {
  path: string;
  old: NodeFacts;
  node: NodeFacts;
}

export function diskRefusals(path: string, old: NodeFacts, node: NodeFacts, renew: Renewal): string[] {
  const renewed = renew(old, " with the disk you want");
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
