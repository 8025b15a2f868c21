/** The proof of the data disks, before anything is written to any node. */
import { describe, expect, test } from "vitest";
import type { ReportedDisk } from "../../src/talos/data-disk.ts";
import { declaredDisks } from "../../src/talos/declared-disks.ts";
import { resource } from "./support/find.ts";
import { lab, nodeOf, rack } from "./support/homelabs.ts";
import { called, DISKS, failure, HEALTH, hook } from "./support/hooks.ts";
import { CLIENT_CONFIGURATION, providerError, type Answers } from "./support/mock-answers.ts";
import type { Run } from "./support/mock-engine.ts";
import { runHomelab } from "./support/run-homelab.ts";

const GIB = 1024 ** 3;

function disks(address: string): ReportedDisk[] {
  const common = { transport: "virtio", readonly: false, cdrom: false };
  return [
    { ...common, devPath: "/dev/sda", size: 32 * GIB, serial: "" },
    { ...common, devPath: "/dev/vda", size: 40 * GIB, serial: `data-${address.split(".")[3]}` },
  ];
}

const asking = (node: string) => ({
  node,
  endpoint: node,
  clientConfiguration: CLIENT_CONFIGURATION,
  timeouts: { read: "10m" },
});
const LAB_ADDRESSES = ["192.168.1.126", "192.168.1.127"];
const asked = (run: Run<unknown>) => called(run, DISKS).map((call) => call.inputs.node);
const start = (answers: Answers) => runHomelab(lab(), { answers });
const noRoute = (address: string) => providerError(`no route to ${address}`);

const UNPROVEN =
  "The data disk is not proven on every node, so no machine config was applied to any node and nothing was formatted.";
const UNREAD =
  "The disks of some nodes could not be read, so no machine config was applied to any node and nothing was formatted.";

describe("the gate before the first config", () => {
  const GATE = "lab-talos-disk-proof";

  test("opens once every node of the homelab has shown its disks, each asked once", async () => {
    const run = await start({ disks });
    await expect(hook(run, GATE, "beforeCreate")).resolves.toBeUndefined();
    expect(called(run, DISKS).map((call) => call.inputs)).toEqual(LAB_ADDRESSES.map(asking));
    expect(called(run, HEALTH)).toEqual([]);
  });

  test.each(["cp-1", "worker-1"])("stays shut while %s lacks its disk, and says which", async (wrong) => {
    const { address } = nodeOf(lab(), wrong);
    const run = await start({ disks: (asked) => disks(asked).slice(0, asked === address ? 1 : 2) });
    const lines = (await failure(hook(run, GATE, "beforeCreate"))).split("\n");
    expect(lines.slice(0, 3)).toEqual([
      UNPROVEN,
      `  ${wrong}: no virtio disk has the data disk's size of 40 GiB (42949672960 bytes, 43 GB in Talos)`,
      "Disks as Talos reports them:",
    ]);
    expect(asked(run)).toEqual(LAB_ADDRESSES);
  });

  test("stays shut while a node does not answer, although the others' disks are right", async () => {
    const run = await start({
      disks: (address) => {
        if (address.endsWith(".126")) throw noRoute(address);
        return disks(address);
      },
    });
    const lines = (await failure(hook(run, GATE, "beforeCreate"))).split("\n");
    expect(lines.slice(0, -1)).toEqual([UNREAD, "  cp-1 (192.168.1.126): no route to 192.168.1.126"]);
    expect(asked(run)).toEqual(LAB_ADDRESSES);
  });

  test("asks the others although one does not answer, and names every silent one", async () => {
    const run = await start({
      disks: (address) => {
        throw noRoute(address);
      },
    });
    const lines = (await failure(hook(run, GATE, "beforeCreate"))).split("\n");
    expect(lines.slice(0, -1)).toEqual([
      UNREAD,
      "  cp-1 (192.168.1.126): no route to 192.168.1.126",
      "  worker-1 (192.168.1.127): no route to 192.168.1.127",
    ]);
    expect(asked(run)).toEqual(LAB_ADDRESSES);
  });

  test("asks all nodes at once: a VM that is still booting does not hold up the others", async () => {
    let everybodyWasAsked = () => {};
    const everybody = new Promise<void>((resolve) => (everybodyWasAsked = resolve));
    let count = 0;
    const run = await start({
      disks: async (address) => {
        if (++count === 2) everybodyWasAsked();
        await everybody;
        return disks(address);
      },
    });
    await expect(hook(run, GATE, "beforeCreate")).resolves.toBeUndefined();
  });

  test("looks again in a later run", async () => {
    await hook(await start({ disks }), GATE, "beforeCreate");
    const run = await start({ disks: () => [] });
    expect(await failure(hook(run, GATE, "beforeCreate"))).toContain(UNPROVEN);
  });
});

describe("the gate of a homelab whose nodes or disks are declared anew", () => {
  const GATE = "rack-talos-disk-proof";
  const disksOf = (node: string, changes = {}) => declaredDisks({ ...nodeOf(rack(), node), ...changes });
  const all = Object.fromEntries(rack().nodes.map(({ name }) => [name, disksOf(name)]));
  const rackDisks = (address: string): ReportedDisk[] => {
    const node = rack().nodes.find((candidate) => candidate.address === address)!;
    const common = { transport: "virtio", readonly: false, cdrom: false };
    const { osDisk, dataDisk } = node;
    return [
      { ...common, devPath: "/dev/sda", size: osDisk.sizeGiB * GIB, serial: "" },
      ...(dataDisk
        ? [{ ...common, devPath: "/dev/vda", size: dataDisk.sizeGiB * GIB, serial: dataDisk.serial }]
        : []),
    ];
  };
  const update = async (before: unknown, answers: Answers = { disks: rackDisks }) => {
    const run = await runHomelab(rack(), { answers });
    const newInputs = resource(run, GATE).inputs;
    const proved = hook(run, GATE, "beforeUpdate", { oldInputs: before, newInputs });
    return { run, proved };
  };

  test.each<[string, unknown, string[]]>([
    ["nobody when no node's disks changed", { input: all }, []],
    [
      "nobody when a node is gone",
      { input: { ...all, "worker-4": { vmId: 2024, osDisk: { bytes: 1 } } } },
      [],
    ],
    [
      "nobody when the state is an earlier version's, and its lines say the same",
      {
        input: {
          "cp-1": "VM 2011: OS 34359738368 bytes, no data disk",
          "cp-2": "VM 2012: OS 34359738368 bytes, no data disk",
          "cp-3": "VM 2013: OS 34359738368 bytes, no data disk",
          "worker-1": "VM 2021: OS 51539607552 bytes, data 107374182400 bytes, serial data-2021",
          "worker-2": "VM 2022: OS 51539607552 bytes, data 107374182400 bytes, serial data-2022",
          "worker-3": "VM 2023: OS 51539607552 bytes, data 214748364800 bytes, serial data-2023",
        },
      },
      [],
    ],
    ["the node that joins", { input: { ...all, "worker-2": undefined } }, ["10.20.0.22"]],
    [
      "the nodes with another VM, another OS disk or another data disk",
      {
        input: {
          ...all,
          "cp-2": disksOf("cp-2", { vmId: 2099 }),
          "worker-1": disksOf("worker-1", { osDisk: { sizeGiB: 32, datastore: "local-zfs" } }),
          "worker-3": disksOf("worker-3", { dataDisk: undefined }),
        },
      },
      ["10.20.0.12", "10.20.0.21", "10.20.0.23"],
    ],
    ["everybody when nothing is known of before", undefined, rack().nodes.map(({ address }) => address)],
    ["everybody when the former input is empty", {}, rack().nodes.map(({ address }) => address)],
  ])("asks %s", async (_, before, addresses) => {
    const { run, proved } = await update(before);
    await expect(proved).resolves.toBeUndefined();
    expect(called(run, DISKS).map((call) => call.inputs)).toEqual(addresses.map(asking));
    expect(called(run, HEALTH)).toEqual([]);
  });

  test("stays shut while such a node's disks are wrong", async () => {
    const { proved } = await update(
      { input: { ...all, "worker-2": undefined } },
      { disks: (address) => rackDisks(address).slice(0, 1) },
    );
    expect((await failure(proved)).split("\n").slice(0, 2)).toEqual([
      UNPROVEN,
      "  worker-2: no virtio disk has the data disk's size of 100 GiB (107374182400 bytes, 107 GB in Talos)",
    ]);
  });
});

describe("before a node's first config", () => {
  test.each(["cp-1", "worker-1"])("%s alone shows its disks once more", async (node) => {
    const run = await start({ disks });
    await expect(hook(run, `lab-talos-${node}-config`, "beforeCreate")).resolves.toBeUndefined();
    expect(called(run, DISKS).map((call) => call.inputs)).toEqual([asking(nodeOf(lab(), node).address)]);
    expect(called(run, HEALTH)).toEqual([]);
  });

  test("wrong disks stop it, even where the gate opened in an earlier run", async () => {
    const wrong = await start({
      disks: (address) => disks(address).slice(0, address.endsWith(".127") ? 1 : 2),
    });
    await expect(hook(wrong, "lab-talos-cp-1-config", "beforeCreate")).resolves.toBeUndefined();
    expect((await failure(hook(wrong, "lab-talos-worker-1-config", "beforeCreate"))).split("\n")[1]).toBe(
      "  worker-1: no virtio disk has the data disk's size of 40 GiB (42949672960 bytes, 43 GB in Talos)",
    );
  });

  test("silence stops it", async () => {
    const run = await start({
      disks: (address) => {
        throw noRoute(address);
      },
    });
    const lines = (await failure(hook(run, "lab-talos-worker-1-config", "beforeCreate"))).split("\n");
    expect(lines.slice(1, -1)).toEqual(["  worker-1 (192.168.1.127): no route to 192.168.1.127"]);
  });
});
