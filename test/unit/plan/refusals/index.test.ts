import { describe, expect, test } from "vitest";
import { wantedVersions } from "../../../../src/plan/facts.ts";
import { readExisting } from "../../../../src/plan/existing.ts";
import { refusals, refusedPlan } from "../../../../src/plan/refusals/index.ts";
import { chartJump, kubernetesJump, talosJump } from "../../../../src/plan/refusals/versions.ts";
import { labWith, refusedPlans, stateOf, type Progress } from "../fixtures.ts";

const WORKER_2 =
  "nodes[2]={name: worker-2, role: worker, host: pve, vmId: 128, address: 192.168.1.128, osDisk: {sizeGiB: 32}, dataDisk: {sizeGiB: 40}}";

const WORKER_3 = WORKER_2.replace("nodes[2]", "nodes[3]").replaceAll("-2,", "-3,").replaceAll("128", "129");
const TWO = "longhorn.replicaCount=2";

/** Further ones, beside the lab's own. */
function controlPlanes(...numbers: number[]): string[] {
  return numbers.map(
    (number, index) =>
      `nodes[${index + 2}]={name: cp-${number}, role: controlplane, host: pve, vmId: ${130 + number}, ` +
      `address: 192.168.1.${130 + number}, osDisk: {sizeGiB: 32}}`,
  );
}

function between(before: string[], after: string[], progress?: Progress): string[] {
  return refusals(readExisting(stateOf(labWith(before), progress)), labWith(after));
}

/** Everything that a preview says: the refusals, else what knows the running versions, one stage after the other. */
function toldBy(before: string[], after: string[]): string[] {
  const [old, now] = [wantedVersions(labWith(before)), wantedVersions(labWith(after))];
  const stages = [
    () => between(before, after),
    () => [talosJump(old.talos, now.talos)],
    () => [kubernetesJump(old.kubernetes, now.kubernetes)],
    () => [chartJump("longhorn", old.longhorn, now.longhorn)],
    () => [chartJump("traefik", old.traefik, now.traefik)],
  ];
  return stages.reduce<string[]>(
    (told, stage) => (told.length > 0 ? told : stage().filter((line) => line !== undefined)),
    [],
  );
}

describe("plans that are refused, with their exact words", () => {
  test.each(refusedPlans().map((plan) => [plan.name, plan] as const))("%s", (_name, plan) => {
    expect(toldBy(plan.before, plan.after)).toEqual(plan.expected);
    for (const line of plan.expected) expect(line).toMatch(/^homelab:(nodes|cluster|network|longhorn)/);
  });

  test("every key whose change is refused is named by its path", () => {
    const plan = refusedPlans().find(({ name }) => name === "everything-at-once")!;
    const message = refusedPlan(readExisting(stateOf(labWith(plan.before))), labWith(plan.after));
    expect(message?.split("\n")).toEqual([
      "This plan is refused, and nothing was changed:",
      ...plan.expected.map((line) => `  ${line}`),
    ]);
  });
});

describe("plans that go on", () => {
  test.each([
    ["nothing changes", [], []],
    ["a worker joins", [], [WORKER_2]],
    ["a node is listed as retiring", [WORKER_2, TWO], [WORKER_2, TWO, "nodes[2].retiring=true"]],
    [
      "another node with a data disk takes a retiring one's place",
      [WORKER_2],
      [WORKER_2, WORKER_3, "nodes[2].retiring=true"],
    ],
    ["a retiring node's entry goes", [WORKER_2, "nodes[2].retiring=true"], []],
    [
      "a retiring node stays after all",
      [WORKER_2, "nodes[2].retiring=true"],
      [WORKER_2, "nodes[2].retiring=false"],
    ],
    ["one data disk grows", [], ["nodes[1].dataDisk.sizeGiB=50"]],
    ["an OS disk grows", [], ["nodes[1].osDisk.sizeGiB=36"]],
    ["a further disk is added", [], ["nodes[1].extraDisks=[{sizeGiB: 64}]"]],
    ["more copies", [WORKER_2, "longhorn.replicaCount=2"], [WORKER_2]],
    ["three copies become two", [WORKER_2], [WORKER_2, "longhorn.replicaCount=2"]],
    ["one copy, on purpose", [], ["longhorn.replicaCount=1", "allow=[single-replica]"]],
    ["another data path, on purpose", [], ["longhorn.dataPath=/var/mnt/longhorn/x", "allow=[new-data-path]"]],
    ["more memory", [], ["nodes[1].memoryGiB=8"]],
    ["a minor of Talos, and with it one of Kubernetes", ["cluster.talosVersion=v1.11.5"], []],
    ["a patch of Talos", [], ["cluster.talosVersion=v1.12.3"]],
    ["an extension", [], ["cluster.extensions=[siderolabs/zfs]"]],
    ["a minor of Longhorn", ["longhorn.version=1.11.3"], []],
    [
      "a control plane makes room for another",
      controlPlanes(2, 3),
      [...controlPlanes(2, 3, 4), "nodes[2].retiring=true"],
    ],
    [
      "a retired control plane's entry goes",
      [...controlPlanes(2, 3, 4), "nodes[2].retiring=true"],
      controlPlanes(3, 4),
    ],
  ])("%s", (_name, before, after) => {
    expect(between(before, after)).toEqual([]);
  });

  test("the order of the entries means nothing", () => {
    const config = labWith([]);
    const reversed = { ...config, nodes: [...config.nodes].reverse() };
    expect(refusals(readExisting(stateOf(config)), reversed)).toEqual([]);
  });

  test("one consent is not the other", () => {
    expect(between([], ["longhorn.replicaCount=1", "allow=[new-data-path]"])).toHaveLength(1);
    expect(between([], ["longhorn.dataPath=/var/mnt/longhorn/x", "allow=[single-replica]"])).toHaveLength(1);
  });
});

describe("a retirement that did not end", () => {
  const before = [WORKER_2, TWO, "nodes[2].retiring=true"];

  test("keeps the entry from going", () => {
    expect(between(before, [TWO], { retired: [] })).toEqual([
      'homelab:nodes: the entry of "worker-2" is gone, but its retirement did not come to its end, so the last copy of some ' +
        "data may be on it; bring the entry back with `retiring: true` and `up` until that succeeds",
    ]);
  });

  test("does not where an earlier version of the program has said in its words that it did", () => {
    expect(between(before, [TWO], { retired: ["worker-2"] })).toEqual([]);
  });

  test("lets what did end go, and newcomers come", () => {
    expect(between(before, [WORKER_3.replace("nodes[3]", "nodes[2]"), TWO])).toEqual([]);
  });
});

/** Everything about worker-1 and the network that is refused once there is something on the node. */
const CORRECTIONS = [
  "proxmox.diskDatastore=local-zfs",
  "nodes[1].host=pve2",
  "nodes[1].vmId=227",
  "nodes[1].address=192.168.1.150",
  "nodes[1].role=worker",
  "nodes[1].dataDisk.sizeGiB=30",
  "nodes[1].osDisk.sizeGiB=20",
  "nodes[1].dataDisk={sizeGiB: 50, serial: other}",
  "network.vlan=30",
  "network.bridge=vmbr1",
  "longhorn.replicaCount=1",
  "longhorn.dataPath=/var/mnt/longhorn/x",
  "cluster.talosVersion=v1.11.5",
];

describe("while nothing was made", () => {
  const nothing: [string, Progress][] = [
    ["nothing at all", { machines: [] }],
    ["the other machine alone, with nothing on it", { machines: ["cp-1"], kept: [] }],
    ["both machines, with nothing on them", { kept: [] }],
  ];

  test.each(nothing)("every correction goes on: %s", (_name, progress) => {
    for (const correction of CORRECTIONS) expect(between([], [correction], progress)).toEqual([]);
  });

  test.each(nothing)("an entry may go, and come back under another name: %s", (_name, progress) => {
    expect(between([WORKER_2], ["nodes[1].name=box", "traefik.ingressNode=box"], progress)).toEqual([]);
  });

  test("a machine without a config is free beside one that has one", () => {
    const progress = { kept: ["cp-1"] };
    for (const correction of CORRECTIONS.filter((each) => each.startsWith("nodes[1]")))
      expect(between([], [correction], progress)).toEqual([]);
    expect(between([], ["nodes[0].vmId=226", "nodes[0].dataDisk.serial=data-126"], progress)).toHaveLength(1);
    expect(between([], ["network.vlan=30"], progress)).toHaveLength(1);
  });

  test("a state of an earlier program knows what was applied by the applications", () => {
    const state = stateOf(labWith([])).map((resource) =>
      resource.urn.endsWith("-kept")
        ? {
            urn: resource.urn.replace(/-kept$/, "-config"),
            type: "talos:machine/configurationApply:ConfigurationApply",
            outputs: {},
          }
        : resource,
    );
    const before = [
      ...state,
      {
        urn: "urn:pulumi:lab::homelab::pulumi:index:Stash::plan",
        type: "pulumi:index:Stash",
        outputs: { input: { nodes: [] } },
      },
    ];
    expect(refusals(readExisting(before), labWith([]))).toEqual([]);
    expect(
      refusals(readExisting(before), labWith(["nodes[1].vmId=227", "nodes[1].dataDisk.serial=data-127"])),
    ).toHaveLength(1);
  });
});

describe("what would wait in vain", () => {
  const ONE = ["longhorn.replicaCount=1", "allow=[single-replica]"];
  const accepted = ["longhorn.replicaCount=1"];

  test.each([
    ["Talos", ["cluster.talosVersion=v1.12.1"]],
    ["an extension", ["cluster.extensions=[siderolabs/zfs]"]],
    ["a second copy only from now on", ["cluster.talosVersion=v1.12.1", "longhorn.replicaCount=2"]],
  ])("an upgrade while volumes have one copy: %s", (_name, after) => {
    const told = between(ONE, [...accepted, ...after]);
    expect(told).toHaveLength(1);
    expect(told[0]).toContain("homelab:longhorn.replicaCount: the volumes were made with 1 copy");
    expect(told[0]).toContain("`single-replica`");
    expect(between(ONE, [...ONE, ...after])).toEqual([]);
  });

  test("a second copy is spoken of only with a second node", () => {
    const [told] = between(
      [
        ...ONE,
        "nodes[1]={name: worker-1, role: worker, host: pve, vmId: 127, address: 192.168.1.127, osDisk: {sizeGiB: 32}}",
      ],
      [
        "nodes[1]={name: worker-1, role: worker, host: pve, vmId: 127, address: 192.168.1.127, osDisk: {sizeGiB: 32}}",
        "cluster.talosVersion=v1.12.1",
      ],
    );
    expect(told).toContain("add a second node with a data disk, `up`");
    expect(between(ONE, [...accepted, "cluster.talosVersion=v1.12.1"])[0]).toContain(
      "set `replicaCount: 2` and `up` before",
    );
  });

  test.each([
    ["three copies on three nodes", [WORKER_2], [WORKER_2, "nodes[2].retiring=true"], 3],
    ["two copies on two nodes", [], ["nodes[1].retiring=true", "allow=[single-replica]"], 2],
    [
      "three copies, two nodes retire",
      [WORKER_2],
      [WORKER_2, "nodes[2].retiring=true", "nodes[1].retiring=true", "allow=[single-replica]"],
      3,
    ],
  ])("a node retires while its copies have nowhere to go: %s", (_name, before, after, copies) => {
    const told = between(before, after);
    expect(told.length).toBeGreaterThan(0);
    for (const line of told)
      expect(line).toMatch(
        new RegExp(`^homelab:nodes\\[\\d\\]\\.retiring: the volumes were made with ${copies} copies`),
      );
  });
});
