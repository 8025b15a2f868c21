/** The layers together: nodes that Talos's physics upgrades one after the other, and what runs on them meanwhile. */
import { describe, expect, test } from "vitest";
import type { Evidence } from "../../../../rehearsal/checks/check.ts";
import { copiesKept, oneNodeDown, quorumKept } from "../../../../rehearsal/checks/cluster/outages.ts";
import { servicesBack, upgradedOnce } from "../../../../rehearsal/checks/cluster/upgrades.ts";
import { setFault, clearFault } from "../../../../rehearsal/world/kernel/faults.ts";
import { clusterOf, type Cluster } from "../../../../rehearsal/world/kubernetes/cluster.ts";
import { installRelease } from "../../../../rehearsal/world/kubernetes/helm/releases.ts";
import { settle } from "../../../../rehearsal/world/talos/cluster.ts";
import { hostOf } from "../../../../rehearsal/world/talos/host.ts";
import { sequencesEnded } from "../../../../rehearsal/world/talos/machined/sequence.ts";
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
  await sequencesEnded(lab.world);
  await lab.clock.sleep(200);
  await settle(lab.world);
}

/** As careful as a person would be: the next node only when every volume has all its copies. */
async function healed(lab: Lab, cluster: Cluster): Promise<boolean> {
  for (let tries = 0; tries < 60; tries++) {
    const volumes = Object.values(cluster.state.longhorn!.volumes);
    if (volumes.every(({ attachedTo, robustness }) => attachedTo !== undefined && robustness === "healthy"))
      return true;
    await lab.clock.sleep(10);
    await settle(lab.world);
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
