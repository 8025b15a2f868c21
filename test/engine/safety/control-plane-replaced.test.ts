/** A control plane of three makes room for another on purpose, and the first in the list, whose address the API has, as well. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Report } from "../../../rehearsal/report.ts";
import { health } from "../../../rehearsal/world/longhorn/health.ts";
import { causes, runningBench, type Bench } from "../support/rehearse.ts";
import { clusterIn, copies, readData, writeData } from "./support.ts";

const cp = (number: number, more = "") =>
  `{name: cp-${number}, role: controlplane, host: pve, vmId: ${130 + number}, address: 192.168.1.${130 + number}, ` +
  `osDisk: {sizeGiB: 32}, dataDisk: {sizeGiB: 40}${more}}`;
const WORKER =
  "{name: worker-1, role: worker, host: pve, vmId: 127, address: 192.168.1.127, osDisk: {sizeGiB: 32}, dataDisk: {sizeGiB: 40}}";
const RETIRING = ", retiring: true";
// Real seconds, after which a test would rather know what is waited for.
const COMMON = ["longhorn.replicaCount=2", "traefik.ingressNode=worker-1", "upgrade.timeouts.healthy=60"];
const nodes = (...list: string[]) => [`nodes=[${[...list, WORKER].join(", ")}]`, ...COMMON];

const THREE = nodes(cp(1), cp(2), cp(3));

let lab: Bench;
const reports: Report[] = [];

async function up(overlays: string[]): Promise<Report> {
  const report = await lab.run("up", { overlays });
  reports.push(report);
  expect(causes(report)).toBe("");
  return report;
}

/** Who is in etcd and in Kubernetes, and that the data is there with all of its copies. */
async function expectCluster(overlays: string[], controlPlanes: string[]): Promise<void> {
  await lab.during({ overlays }, ({ world }) => {
    const cluster = clusterIn(world);
    expect(
      Object.values(cluster.state.etcd)
        .map(({ name }) => name)
        .sort(),
    ).toEqual(controlPlanes);
    expect(Object.keys(cluster.state.nodes).sort()).toEqual([...controlPlanes, "worker-1"]);
    expect(health(cluster).problems).toEqual([]);
    expect([readData(world), copies(world).length]).toEqual(["precious", 2]);
    return Promise.resolve();
  });
}

beforeAll(async () => {
  lab = await runningBench({ overlays: THREE });
  await lab.during({ overlays: THREE }, ({ world }) => writeData(world, "cp-2"));
});

afterAll(() => lab.remove());

const BOTH = nodes(cp(1), cp(2, RETIRING), cp(3), cp(4));
const WITHOUT_2 = nodes(cp(1), cp(3), cp(4));

test("the new one joins etcd in the run in which the old one retires: four members, all whole", async () => {
  await up(BOTH);
  await expectCluster(BOTH, ["cp-1", "cp-2", "cp-3", "cp-4"]);
  await lab.during({ overlays: BOTH }, ({ world }) => {
    expect(copies(world)).not.toContain("cp-2");
    return Promise.resolve();
  });
});

test("the preview of the next says that the old one leaves etcd, and touches nothing", async () => {
  const report = await lab.run("preview", { overlays: WITHOUT_2 });
  expect(causes(report)).toBe("");
  expect(report.events).toEqual([]);
});

test("its entry goes: it leaves etcd, then its machine is deleted, and three members stay", async () => {
  const { events } = await up(WITHOUT_2);
  const order = events
    .filter(({ kind }) => ["etcd-snapshot", "etcd-member-removed", "vm-deleted"].includes(kind))
    .map(({ kind, subject }) => `${kind} ${subject}`);
  expect(order).toEqual([
    "etcd-snapshot cp-1",
    "etcd-member-removed cp-2",
    expect.stringMatching(/^vm-deleted/),
  ]);
  await expectCluster(WITHOUT_2, ["cp-1", "cp-3", "cp-4"]);
});

test("the first one, too, with the API at the address of another", async () => {
  const moved = "cluster.endpoint=192.168.1.133";
  const both = [...nodes(cp(1, RETIRING), cp(3), cp(4), cp(5)), moved];
  await up(both);
  await expectCluster(both, ["cp-1", "cp-3", "cp-4", "cp-5"]);
  const after = [...nodes(cp(3), cp(4), cp(5)), moved];
  await up(after);
  await expectCluster(after, ["cp-3", "cp-4", "cp-5"]);
  const again = await up(after);
  expect(again.operations).toEqual([]);
});

test("all the while etcd had its quorum, and was never begun anew", () => {
  const events = reports.flatMap((report) => report.events);
  const harm = events.filter(
    ({ kind, severity }) =>
      kind === "etcd-quorum-lost" ||
      kind === "bootstrap" ||
      kind === "replica-lost" ||
      severity === "catastrophe",
  );
  expect(harm).toEqual([]);
});
