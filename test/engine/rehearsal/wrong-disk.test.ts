/** Layouts that must stop everything before a single config is applied anywhere. */
import { afterEach, expect, test } from "vitest";
import { bench, causes, mutated, type Bench, type Props } from "../support/rehearse.ts";

let current: Bench | undefined;

afterEach(async () => {
  await current?.remove();
  current = undefined;
});

const LAYOUTS: [what: string, change: (disks: Props[]) => void, cause: string][] = [
  [
    "a second disk of the data disk's size",
    (disks) => disks.push({ interface: "virtio2", datastoreId: "local-lvm", size: 40 }),
    "worker-1: 2 disks have the data disk's size of 40 GiB (42949672960 bytes, 43 GB in Talos)",
  ],
  [
    "a data disk of another size",
    (disks) => (disks[1]!["size"] = 41),
    "worker-1: no virtio disk has the data disk's size of 40 GiB",
  ],
  [
    "an OS disk as large as the data disk",
    (disks) => (disks[0]!["size"] = 40),
    "worker-1: 2 disks have the data disk's size",
  ],
  [
    "the serial of another disk",
    (disks) => (disks[1]!["serial"] = "data-126"),
    'has the data disk\'s size but serial "data-126", where "data-127" is declared',
  ],
];

test.each(LAYOUTS)("%s on one node leaves every node untouched", async (_, change, cause) => {
  current = await bench();
  const program = await mutated({
    type: "proxmoxve:index/vmLegacy:VmLegacy",
    change: (props, name) => name.includes("worker-1") && change(props["disks"] as Props[]),
  });
  const report = await current.run("up", { program });
  expect(report.ok).toBe(false);
  expect(causes(report)).toContain(cause);
  expect(causes(report)).toContain("NODE");
  expect(
    report.events.filter(({ kind }) => ["config-applied", "format", "bootstrap"].includes(kind)),
  ).toEqual([]);

  // Put right, the same stack goes on from where it stopped.
  const again = await current.run("up");
  expect(again.events.filter(({ kind }) => kind === "format").map(({ severity }) => severity)).not.toContain(
    "catastrophe",
  );
});
