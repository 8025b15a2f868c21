/** Cards that were moved to another bridge by hand: a run that finds them there while it refreshes puts none of them back. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { causes, runningBench, type Bench } from "../support/rehearse.ts";

const IDS = [126, 127];
const MOVED = ["network.bridge=vmbr1"];

let lab: Bench;
const cards = () =>
  lab.during({}, ({ world }) =>
    Promise.resolve(IDS.map((id) => world.state.proxmox.vms[id]!.config["net0"])),
  );

beforeAll(async () => {
  lab = await runningBench();
  await lab.during({}, async ({ world }) => {
    for (const host of Object.values(world.state.proxmox.hosts)) host.bridges.push("vmbr1");
    for (const id of IDS) {
      const { config } = world.state.proxmox.vms[id]!;
      config["net0"] = String(config["net0"]).replace("bridge=vmbr0", "bridge=vmbr1");
    }
    await world.commit();
  });
});
afterAll(() => lab.remove());

test.each(["preview", "up"] as const)("`%s --refresh` with the old config is refused", async (command) => {
  const before = await cards();
  await lab.during({}, ({ stack }) =>
    expect(stack[command]({ refresh: true })).rejects.toThrow(
      'has bridge "vmbr1" and no VLAN tag now, and bridge "vmbr0" and no VLAN tag is written, which would change it under the running node',
    ),
  );
  expect(await cards()).toEqual(before);
});

test("with the config that says where they are nothing is left to do", async () => {
  expect(causes(await lab.run("refresh", { overlays: MOVED }))).toBe("");
  const report = await lab.run("up", { overlays: MOVED });
  expect(causes(report)).toBe("");
  expect(Object.keys(report.changes)).toEqual(["same"]);
});
