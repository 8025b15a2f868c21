import { expect, test } from "vitest";
import { document, listedOperations } from "../../../rehearsal/faults/document.ts";
import type { Passed } from "../../../rehearsal/world/kernel/request-faults.ts";
import { descendantsOf, enginesOf, parseProcesses } from "../../../rehearsal/faults/kill.ts";
import { allCases, caseName, kindsFor, sample } from "../../../rehearsal/faults/plan.ts";

const operation = (key: string, changes = true): Passed => ({ key, changes, times: 1 });

test("whatever may change something meets every kind of fault; what only looks, those that mean something", () => {
  expect(kindsFor(operation("talos create one"))).toEqual(["fail", "hang", "lose-reply", "kill"]);
  expect(kindsFor(operation("proxmox GET /pools", false))).toEqual(["fail", "hang"]);
  expect(kindsFor(operation("talos invoke getConfiguration worker", false))).toEqual(["fail"]);
  expect(kindsFor(operation("talos invoke getDisks 10.0.0.1", false))).toHaveLength(4);
  expect(kindsFor(operation("proxmox GET /nodes/pve/tasks/qmstart:126/status", false))).toHaveLength(4);
});

test("a sample is the same for the same seed and another for another", () => {
  const cases = allCases({
    up: Array.from({ length: 20 }, (_, index) => operation(`talos create ${index}`)),
  });
  expect(cases).toHaveLength(80);
  expect(sample(cases, 12, "a")).toEqual(sample([...cases].reverse(), 12, "a"));
  expect(sample(cases, 12, "a")).not.toEqual(sample(cases, 12, "b"));
});

test("the document lists the operations as they can be read back", () => {
  const operations = { up: [operation("talos create one"), operation("proxmox GET /a|b", false)] };
  const fault = { at: "talos create one", kind: "kill" as const, times: 1 };
  const result = {
    scenario: "up" as const,
    fault,
    outcome: "recovered" as const,
    injected: true,
    retries: 1,
  };
  const text = document({
    operations,
    results: [{ ...result, problems: [], recovery: [], seconds: 1 }],
    seconds: 1,
  });
  expect(listedOperations(text)).toEqual(["up proxmox GET /a|b", "up talos create one"]);
  expect(text).toContain("1 faults injected, 1 converged, 0 broken");
  expect(caseName(result)).toBe("up: kill at talos create one");
});

test("the engine is the Pulumi CLI that this process started, its plugins are what that started", () => {
  const processes = parseProcesses(`    1     0 /sbin/init
   10     1 node tests
   11    10 /opt/bin/pulumi up --stack lab
   12    11 /plugins/pulumi-resource-proxmoxve 127.0.0.1:1
   13    10 node worker --about pulumi
   14     1 /opt/bin/pulumi up --stack other
`);
  expect(enginesOf(10, processes).map(({ pid }) => pid)).toEqual([11]);
  expect(descendantsOf(11, processes).map(({ pid }) => pid)).toEqual([12]);
});
