/** Defaults that depend on other values. */
import { describe, expect, it } from "vitest";
import {
  defaultIngressNode,
  defaultReplicaCount,
  defaultScheduling,
  defaultSerial,
} from "../../../src/config/derive.ts";
import { parseConfig } from "../../../src/config/parse.ts";
import type { HomelabConfig } from "../../../src/config/types.ts";
import { readFixtures } from "./fixtures.ts";

const smallest = readFixtures("valid").find(({ name }) => name === "smallest")?.config ?? {};

function configOf(changes: Record<string, unknown>): HomelabConfig {
  const { ok, problems } = parseConfig({ ...smallest, ...changes });
  if (!ok) throw new Error(JSON.stringify(problems));
  return ok;
}

describe("whether Longhorn may be uninstalled", () => {
  it.each<[Record<string, unknown>, boolean]>([
    [{}, false],
    [{ "homelab:protect": true }, false],
    [{ "homelab:protect": false }, true],
    [{ "homelab:protect": true, "homelab:longhorn": { deletingConfirmation: true } }, true],
    [{ "homelab:protect": false, "homelab:longhorn": { deletingConfirmation: false } }, false],
    [{ "homelab:protect": false, "homelab:longhorn": { replicaCount: 1 } }, true],
  ])("%j: %s", (changes, expected) => {
    expect(configOf(changes).longhorn.deletingConfirmation).toBe(expected);
  });

  it("goes with protection, which is on unless it is switched off", () => {
    expect(configOf({}).protect).toBe(true);
    expect(configOf({ "homelab:protect": false }).protect).toBe(false);
  });
});

describe("whether control planes take workloads", () => {
  const disk = { sizeGiB: 40 };
  const [cp, storageCp] = [{ role: "controlplane" }, { role: "controlplane", dataDisk: disk }];
  const [worker, storageWorker] = [{ role: "worker" }, { role: "worker", dataDisk: disk }];

  it.each([
    ["storage on a control plane is out of reach otherwise", [storageCp, storageWorker], false, true],
    ["one of several is enough", [cp, storageCp, worker], false, true],
    ["Longhorn tolerates them by itself", [storageCp, storageWorker], true, false],
    ["storage is on workers only", [cp, storageWorker], false, false],
    ["nothing is stored anywhere", [cp, worker], false, false],
    ["there is nothing else", [cp], false, true],
    ["there is nothing else, and Longhorn tolerates them", [storageCp, cp, cp], true, true],
  ])("%s", (_, nodes, tolerated, expected) => {
    expect(defaultScheduling(nodes, tolerated)).toBe(expected);
  });
});

describe("other defaults", () => {
  it("ingress: the first worker, else the first control plane", () => {
    const node = (name: string, role: string) => ({ name, role });
    const [a, b, c] = [node("a", "controlplane"), node("b", "worker"), node("c", "worker")];
    expect(defaultIngressNode([a, b, c])).toBe(b);
    expect(defaultIngressNode([a, node("d", "controlplane")])).toBe(a);
    expect(defaultIngressNode([])).toBeUndefined();
    expect(defaultIngressNode([node("e", "strange"), a])).toBe(a);
  });

  it("replicas: one for each data disk, at most three", () => {
    expect([0, 1, 2, 3, 4, 20].map(defaultReplicaCount)).toEqual([0, 1, 2, 3, 3, 3]);
  });

  it("serial: after the VM", () => {
    expect(defaultSerial(126)).toBe("data-126");
  });
});
