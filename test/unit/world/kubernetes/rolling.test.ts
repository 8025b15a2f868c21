/** The layers together: nodes that Talos's physics upgrades one after the other, and what runs on them meanwhile. */
import { describe, expect, test } from "vitest";
import type { Evidence } from "../../../../rehearsal/checks/check.ts";
import { copiesKept, oneNodeDown, quorumKept } from "../../../../rehearsal/checks/cluster/outages.ts";
import { servicesBack, upgradedOnce } from "../../../../rehearsal/checks/cluster/upgrades.ts";
import { setFault, clearFault } from "../../../../rehearsal/world/kernel/faults.ts";
import { chance, shuffled } from "../../../../rehearsal/world/kernel/random.ts";
import { reboot } from "../../../../rehearsal/world/talos/lifecycle.ts";
import { clusterOf, type Cluster } from "../../../../rehearsal/world/kubernetes/cluster.ts";
import { installRelease } from "../../../../rehearsal/world/kubernetes/helm/releases.ts";
import { hostOf } from "../../../../rehearsal/world/talos/host.ts";
import { upgrade } from "../../../../rehearsal/world/talos/machined/upgrade.ts";
import { bringUp, installer, machine } from "../../../support/world/cluster.ts";
import { Lab } from "../../../support/world/lab.ts";
import {
  LONGHORN,
  LONGHORN_VALUES,
  privileged,
  TRAEFIK,
  TRAEFIK_VALUES,
} from "../../../support/world/fake-cluster.ts";

const MOUNT = `machine: {kubelet: {extraMounts: [{destination: /var/mnt/longhorn, type: bind, source: /var/mnt/longhorn, options: [bind, rshared, rw]}]}}`;
const SCHEDULABLE = "cluster: {allowSchedulingOnControlPlanes: true}";

async function open(controlPlanes: 1 | 3): Promise<{ lab: Lab; cluster: () => Cluster; schematic: string }> {
  const lab = await Lab.open();
  const schematic = await bringUp(lab, { controlPlanes, config: { patches: [MOUNT, SCHEDULABLE] } });
  const id = Object.keys(lab.world.state.clusters)[0]!;
  const cluster = () => clusterOf(lab.world, id, (vmId) => hostOf(lab.world, vmId));
  privileged(cluster(), "longhorn-system", "traefik");
  await installRelease(cluster(), { ...LONGHORN, values: LONGHORN_VALUES });
  await installRelease(cluster(), { ...TRAEFIK, values: TRAEFIK_VALUES });
  return { lab, cluster, schematic };
}

async function upgradeNode(lab: Lab, vmId: number, image: string): Promise<void> {
  await upgrade(lab.world, machine(lab, vmId), { image });
  await lab.world.ended();
  await lab.clock.sleep(200);
  await lab.world.settle();
}

/** As careful as a person would be: the next node only when every volume has all its copies. */
async function healed(lab: Lab, cluster: Cluster): Promise<boolean> {
  for (let tries = 0; tries < 60; tries++) {
    const volumes = Object.values(cluster.state.longhorn!.volumes);
    if (volumes.every(({ attachedTo, robustness }) => attachedTo !== undefined && robustness === "healthy"))
      return true;
    await lab.clock.sleep(10);
    await lab.world.settle();
  }
  return false;
}

function checks(lab: Lab, eventsBefore: number, controlPlanes: number) {
  const nodes = Array.from({ length: controlPlanes }, () => ({ role: "controlplane" }));
  const evidence = { world: lab.world, eventsBefore, config: { nodes } } as unknown as Evidence;
  return [oneNodeDown, quorumKept, copiesKept, upgradedOnce, servicesBack].flatMap(
    (check) => check(evidence) ?? [],
  );
}

describe("nodes upgraded one after the other", () => {
  test.each([1, 3] as const)("%i control planes and a worker: nothing is lost", async (controlPlanes) => {
    const { lab, cluster, schematic } = await open(controlPlanes);
    const before = lab.world.state.events.length;
    const vmIds = [126, 127, 128].slice(0, controlPlanes).concat(129);
    for (const vmId of vmIds) {
      await upgradeNode(lab, vmId, installer(schematic, "v1.12.1"));
      expect(await healed(lab, cluster())).toBe(true);
    }
    const results = checks(lab, before, controlPlanes);
    expect(results.filter(({ ok }) => !ok)).toEqual([]);
    expect(results.map(({ id }) => id)).toContain("one-node-down");
    expect(results.find(({ id }) => id === "away")?.detail).toMatch(/^traefik\/traefik was away for \d+ s$/);
    expect(Object.values(cluster().state.nodes).every(({ unschedulable }) => !unschedulable)).toBe(true);
    expect(Object.values(cluster().state.nodes).map(({ report }) => report?.talosVersion)).toEqual(
      vmIds.map(() => "v1.12.1"),
    );
    expect(lab.catastrophes()).toEqual([]);
  });

  test("without waiting for the volumes, a copy that is still missing is missed", async () => {
    const { lab, cluster, schematic } = await open(1);
    const before = lab.world.state.events.length;
    const volume = Object.values(cluster().state.longhorn!.volumes)[0]!;
    setFault(lab.world, "volume-does-not-heal", volume.name);
    await upgradeNode(lab, 126, installer(schematic, "v1.12.1"));
    expect(await healed(lab, cluster())).toBe(false);
    await upgradeNode(lab, 129, installer(schematic, "v1.12.1"));
    const record = lab.world.state.events.slice(before);
    // The drain waited its five minutes for the disruption budget, and Talos then went on.
    const drained = record.filter(({ kind }) => kind === "node-drained");
    expect(drained.at(-1)).toMatchObject({ subject: "worker-1", severity: "warning" });
    const copies = checks(lab, before, 1).find(({ id }) => id === "copies");
    expect(copies).toMatchObject({ ok: false });
    clearFault(lab.world, "volume-does-not-heal");
    expect(await healed(lab, cluster())).toBe(true);
  });
});

describe("the record", () => {
  /** What may happen to the node of a machine, each in its own time. */
  const MISHAPS: ((lab: Lab, vmId: number, schematic: string) => Promise<unknown>)[] = [
    async (lab, vmId) => {
      await lab.stop(vmId);
      await lab.clock.sleep(400);
      await lab.start(vmId);
    },
    async (lab, vmId) => reboot(lab.world, vmId, "somebody asked for it"),
    async (lab, vmId, schematic) =>
      upgrade(lab.world, machine(lab, vmId), { image: installer(schematic, "v1.12.1"), force: true }),
    async (lab, vmId) => {
      setFault(lab.world, "reboot-hangs", vmId);
      await reboot(lab.world, vmId, "somebody asked for it");
      await lab.clock.sleep(30);
      clearFault(lab.world, "reboot-hangs", vmId);
    },
    async (lab, vmId) => {
      setFault(lab.world, "etcd-member-fails", vmId);
      await lab.clock.sleep(100);
      clearFault(lab.world, "etcd-member-fails", vmId);
    },
  ];

  test.each([1, 2, 3, 4, 5])(
    "is in the order of its times, whatever happens at once (seed %i)",
    async (seed) => {
      const { lab, schematic } = await open(3);
      const hit = async (round: number) => {
        await lab.clock.sleep(chance(seed, round, "wait") * 500);
        const [vmId] = shuffled([126, 127, 128, 129], seed, round);
        const [mishap] = shuffled(MISHAPS, seed, round, "mishap");
        await mishap!(lab, vmId!, schematic).catch(() => undefined);
      };
      await Promise.all([1, 2, 3, 4, 5, 6].map(hit));
      await lab.world.ended();
      await lab.clock.sleep(2000);
      const { events } = lab.world.state;
      expect(events.length).toBeGreaterThan(50);
      const late = events.filter(({ at }, index) => at < (events[index - 1]?.at ?? 0));
      expect(late).toEqual([]);
    },
  );
});
