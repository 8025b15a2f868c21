/** Ids that somebody else has, on any host, and a Proxmox that is too old or does not answer: refused before anything is made. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Report } from "../../../rehearsal/report.ts";
import type { World } from "../../../rehearsal/world/kernel/world.ts";
import { ProxmoxError } from "../../../rehearsal/world/proxmox/errors.ts";
import { switchOffHost } from "../../../rehearsal/world/proxmox/qemu/migrate.ts";
import { bench, causes, type Bench } from "../support/rehearse.ts";
import { addHosts } from "./hosts.ts";

let lab: Bench;

const told = (report: Report): string => report.errors.join("\n");
const container = (world: World, vmId: number, host: string, power: "running" | "stopped" = "running") => {
  world.state.proxmox.containers = {
    ...world.state.proxmox.containers,
    [vmId]: { vmId, host, name: `ct-${vmId}`, power },
  };
};
const foreign = (world: World, vmId: number, host: string) => {
  world.state.proxmox.vms[vmId] = {
    vmId,
    host,
    power: "stopped",
    disks: {},
    config: { name: "win11" },
    foreign: true,
  };
};

const WORKER = "homelab:nodes[1].vmId: 127 is already taken by";

const VARIANTS: [string, (world: World) => Promise<void> | void, string[]][] = [
  ["a container", (world) => container(world, 127, "pve"), [`${WORKER} container "ct-127" on pve (running)`]],
  [
    "a container on another host",
    (world) => container(world, 127, "pve2", "stopped"),
    [`${WORKER} container "ct-127" on pve2 (stopped)`],
  ],
  [
    "a container for each node",
    (world) => {
      container(world, 126, "pve");
      container(world, 127, "pve2");
    },
    ["homelab:nodes[0].vmId: 126 is already taken by container", WORKER],
  ],
  [
    "a machine on a host that is off",
    async (world) => {
      foreign(world, 127, "pve2");
      await switchOffHost(world, "pve2");
    },
    [`${WORKER} VM on pve2 (its host is off)`],
  ],
];

describe("an id that is taken by", () => {
  beforeAll(async () => {
    lab = await bench();
    await lab.during({}, ({ world }) => addHosts(world, "pve2"));
  });
  afterAll(() => lab.remove());

  test.each(VARIANTS)("%s stops the first run before anything is made", async (_, arrange, expected) => {
    await lab.during({}, async ({ world }) => {
      await arrange(world);
      await world.commit();
    });
    expect(causes(await lab.run("preview"))).toBe("");
    const refused = await lab.run("up");
    for (const line of expected) expect(told(refused)).toContain(line);
    expect(refused.events).toEqual([]);
    await lab.during({}, async ({ world }) => {
      delete world.state.proxmox.containers;
      delete world.state.proxmox.vms["127"];
      await world.commit();
    });
  });

  test("nobody lets the same run through, and nothing half-made is in its way", async () => {
    const asked: string[] = [];
    const up = await lab.run("up", { intercept: (key, _manner, act) => (asked.push(key), act()) });
    expect(causes(up)).toBe("");
    // One list for all machines, and for each of them whether what the token cannot see has its id.
    const count = (key: string) => asked.filter((one) => one === key).length;
    expect([count("proxmox GET /version"), count("proxmox GET /cluster/nextid")]).toEqual([1, 2]);
    expect([count("proxmox GET /nodes"), count("proxmox GET /nodes/pve/qemu")]).toEqual([0, 0]);
    expect(asked.indexOf("proxmox GET /cluster/resources")).toBeLessThan(
      asked.findIndex((key) => /^proxmox (POST|PUT)/.test(key)),
    );
  });

  test("a container stops a node from being added", async () => {
    await lab.during({}, ({ world }) => (container(world, 128, "pve"), world.commit()));
    const added =
      "nodes[2]={name: worker-2, role: worker, host: pve, vmId: 128, address: 192.168.1.128, osDisk: {sizeGiB: 32}}";
    const refused = await lab.run("up", { overlays: [added] });
    expect(told(refused)).toContain(
      'homelab:nodes[2].vmId: 128 is already taken by container "ct-128" on pve (running)',
    );
    expect(refused.events).toEqual([]);
  });
});

describe("a Proxmox", () => {
  beforeAll(async () => void (lab = await bench()));
  afterAll(() => lab.remove());

  test("is asked nothing by a preview", async () => {
    const asked: string[] = [];
    const report = await lab.run("preview", { intercept: (key, _manner, act) => (asked.push(key), act()) });
    expect(causes(report)).toBe("");
    expect(asked.filter((key) => key.startsWith("proxmox "))).toEqual([]);
  });

  test("that cannot be asked stops the run with its address, and without the token", async () => {
    const refused = await lab.run("up", {
      intercept: (key, _manner, act) => {
        if (key === "proxmox GET /cluster/resources") throw new ProxmoxError(596, "Connection timed out");
        return act();
      },
    });
    expect(told(refused)).toMatch(
      /Proxmox at https:\/\/127\.0\.0\.1:\d+\/ \(homelab:proxmox\.endpoint\) cannot be asked: it answers 596/,
    );
    expect(told(refused)).not.toContain("rehearsal@pve!homelab=");
    expect(refused.checks.find(({ id }) => id === "secrets")?.ok).toBe(true);
  });

  test("before 8.4 is told by what it lacks, not by its own words", async () => {
    await lab.during({}, ({ world }) => ((world.state.proxmox.version = "8.3.2"), world.commit()));
    const refused = await lab.run("up");
    expect(told(refused)).toContain("Proxmox VE 8.3.2 answers there, and 8.4 or later is needed");
    expect(told(refused)).not.toContain("wrong extension");
    expect(refused.events).toEqual([]);
  });
});
