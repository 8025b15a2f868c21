import { describe, expect, test } from "vitest";
import { planFacts } from "../../../src/guards/facts.ts";
import { refusals, refusedPlan, unfinishedRetirements } from "../../../src/guards/refusals.ts";
import { chartJump, kubernetesJump, talosJump } from "../../../src/guards/version-refusals.ts";
import { labWith, refusedPlans } from "./fixtures.ts";

const WORKER_2 =
  "nodes[2]={name: worker-2, role: worker, host: pve, vmId: 128, address: 192.168.1.128, osDisk: {sizeGiB: 32}, dataDisk: {sizeGiB: 40}}";

/** Further ones, beside the lab's own. */
function controlPlanes(...numbers: number[]): string[] {
  return numbers.map(
    (number, index) =>
      `nodes[${index + 2}]={name: cp-${number}, role: controlplane, host: pve, vmId: ${130 + number}, ` +
      `address: 192.168.1.${130 + number}, osDisk: {sizeGiB: 32}}`,
  );
}

function between(before: string[], after: string[]): string[] {
  return refusals(planFacts(labWith(before)), planFacts(labWith(after)));
}

/** Everything that a preview says: the plan guard, else what knows the running versions, one stage after the other. */
function toldBy(before: string[], after: string[]): string[] {
  const [old, now] = [planFacts(labWith(before)).versions!, planFacts(labWith(after)).versions!];
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
    for (const line of plan.expected) expect(line).toMatch(/^homelab:(nodes|cluster|longhorn)/);
  });

  test("every key whose change is refused is named by its path", () => {
    const plan = refusedPlans().find(({ name }) => name === "everything-at-once")!;
    const message = refusedPlan(planFacts(labWith(plan.before)), planFacts(labWith(plan.after)));
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
    ["a node is listed as retiring", [WORKER_2], [WORKER_2, "nodes[2].retiring=true"]],
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
    const facts = planFacts(labWith([]));
    expect(refusals(facts, { ...facts, nodes: [...facts.nodes].reverse() })).toEqual([]);
  });

  test("one consent is not the other", () => {
    expect(between([], ["longhorn.replicaCount=1", "allow=[new-data-path]"])).toHaveLength(1);
    expect(between([], ["longhorn.dataPath=/var/mnt/longhorn/x", "allow=[single-replica]"])).toHaveLength(1);
  });
});

describe("a retirement that did not end", () => {
  const settled = { declared: ["cp-1", "worker-1", "worker-2"], retired: ["worker-2"] };

  test("keeps the entry from going", () => {
    expect(unfinishedRetirements(settled, ["cp-1", "worker-2"])).toBe(
      [
        "This plan is refused, and nothing was deleted:",
        '  homelab:nodes: the entry of "worker-1" is gone, but its retirement did not come to its end, so the last copy of some ' +
          "data may be on it; bring the entry back with `retiring: true` and `up` until that succeeds",
      ].join("\n"),
    );
  });

  test("lets what did end go, and newcomers come", () => {
    expect(unfinishedRetirements(settled, ["cp-1", "worker-1", "worker-3"])).toBeUndefined();
  });
});
