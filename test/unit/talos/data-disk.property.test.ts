/**
 * The proof of the data disk over generated inventories: nothing wrong passes, nothing right is refused. A sample of them
 * goes on through the world: the program's own machine config, Talos's own selector, and what is formatted in the end.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { DiskState } from "../../../rehearsal/world/proxmox/state.ts";
import { inventory } from "../../../rehearsal/world/talos/disks/inventory.ts";
import { diskProblems, type ReportedDisk } from "../../../src/talos/data-disk.ts";
import { nodePatches } from "../../../src/talos/machine-config.ts";
import { lab as labConfig, nodeOf } from "../../components/support/homelabs.ts";
import { DECLARED_SERIAL, Lab, osDisk } from "../../support/world/lab.ts";
import { layouts, reported, type Layout } from "./disk-layouts.ts";

const RUNS = 12_000;
const SAMPLE = 25;
const SEED = Number(process.env["DISK_SEED"] ?? 1912);

const config = labConfig();
const worker = nodeOf(config, "worker-1");

describe(`disk layouts (seed ${SEED}; DISK_SEED sets another)`, () => {
  it(`are proven if they are right and refused if they are not, ${RUNS} of them`, () => {
    const seen = { right: 0, wrong: 0 };
    fc.assert(
      fc.property(layouts, (layout) => {
        const problems = diskProblems({ node: worker, disks: reported(layout) });
        if (layout.wrong.length === 0) {
          seen.right += 1;
          expect(problems).toEqual([]);
        } else {
          seen.wrong += 1;
          expect(problems, layout.wrong.join(", ")).not.toEqual([]);
        }
      }),
      { numRuns: RUNS, seed: SEED },
    );
    expect(seen.right).toBeGreaterThan(RUNS / 5);
    expect(seen.wrong).toBeGreaterThan(RUNS / 5);
  });

  it("are judged the same in any order", () => {
    fc.assert(
      fc.property(layouts, (layout) => {
        const disks = reported(layout);
        const verdict = (list: ReportedDisk[]) => diskProblems({ node: worker, disks: list }).length === 0;
        expect(verdict([...disks].reverse())).toBe(verdict(disks));
      }),
      { numRuns: 2000, seed: SEED },
    );
  });

  describe("through the world", () => {
    it(`format the data disk or nothing, ${SAMPLE} of each kind`, { timeout: 120_000 }, async () => {
      const drawn = fc.sample(layouts, { numRuns: SAMPLE * 8, seed: SEED });
      const bootable = drawn.filter(({ disks }) => disks.some(({ is }) => is === "os"));
      const right = bootable.filter(({ wrong }) => wrong.length === 0).slice(0, SAMPLE);
      const wrong = bootable.filter((layout) => layout.wrong.length > 0).slice(0, SAMPLE);
      expect([right.length, wrong.length]).toEqual([SAMPLE, SAMPLE]);

      for (const layout of right) expect(await apply(layout)).toEqual(["virtio1"]);
      // The same sample without the proof: some of them would have cost a disk, which is what it is for.
      let spared = 0;
      for (const layout of wrong) {
        const found = await attempt(layout);
        expect(found.problems, layout.wrong.join(", ")).not.toEqual([]);
        spared += found.catastrophes.length;
      }
      expect(spared).toBeGreaterThan(0);
    });
  });
});

/** Proves and applies; returns the interfaces of the disks that were formatted. */
async function apply(layout: Layout): Promise<unknown[]> {
  const { problems, catastrophes, formats } = await attempt(layout);
  expect(problems, JSON.stringify(layout)).toEqual([]);
  expect(catastrophes).toEqual([]);
  return formats;
}

async function attempt(layout: Layout) {
  const lab = await Lab.open(SEED);
  const vm = lab.addVm({ vmId: 127, name: "worker-1", address: worker.address, disks: drives(layout) });
  lab.world.state.declarations![127]!.dataDisk!.serial = vm.disks["virtio1"]?.serial ?? DECLARED_SERIAL;
  await lab.start(127);
  const machine = lab.world.state.machines[127]!;
  machine.iscsi = layout.disks.flatMap(({ bus, size }, index) =>
    bus === "iscsi" ? [{ name: `pvc-${index}`, sizeBytes: size, devPath: `/dev/sdy${index}` }] : [],
  );
  const problems = diskProblems({
    node: worker,
    disks: inventory(lab.world, 127).map((disk) => ({ ...disk, size: disk.sizeBytes })),
  });
  const { machineConfiguration } = await lab.machinery.call<{ machineConfiguration: string }>(
    "config.generate",
    {
      clusterName: "lab",
      clusterEndpoint: "https://192.168.1.126:6443",
      machineType: "worker",
      machineSecrets: lab.secrets.machineSecrets,
      talosVersion: config.cluster.talosVersion,
      kubernetesVersion: config.cluster.kubernetesVersion,
      configPatches: nodePatches(config, worker, "factory.talos.dev/nocloud-installer/abc:v1.12.0"),
    },
  );
  await lab.apply(worker.address, machineConfiguration);
  const formats = lab.world.state.events
    .filter(({ kind }) => kind === "format")
    .map(({ detail }) => detail?.["interface"]);
  expect(Object.keys(vm.disks).length).toBeGreaterThan(0);
  return { problems, formats, catastrophes: lab.catastrophes() };
}

/**
 * The layout as drives of a VM: the OS disk on scsi0, the data disk on virtio1 and strangers beside them. What a VM cannot have
 * here (USB, NVMe, a read-only disk) is a SATA disk, which has another transport as well.
 */
function drives({ disks }: Layout): Partial<DiskState>[] {
  let next = 2;
  return disks.flatMap((disk): Partial<DiskState>[] => {
    const common = { sizeBytes: disk.size, ...(disk.serial && { serial: disk.serial }) };
    if (disk.is === "os") return [{ ...osDisk(), sizeBytes: disk.size }];
    if (["iscsi", "loop"].includes(disk.bus)) return [];
    const plain = (disk.bus === "virtio" || disk.bus === "scsi") && !disk.readonly;
    // What the world knows it by, where another disk has its size.
    if (disk.is === "data" && plain) return [{ serial: DECLARED_SERIAL, ...common, interface: "virtio1" }];
    const bus = disk.bus === "cd" ? "ide" : plain ? disk.bus : "sata";
    const media = disk.bus === "cd" ? ("cdrom" as const) : ("disk" as const);
    return [{ ...common, interface: `${bus}${next++}`, media }];
  });
}
