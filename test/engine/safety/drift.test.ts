/** What happens behind the program's back: refresh and up repair it, or refuse with the cause, and format nothing twice. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Bench, causes, runningBench } from "../support/rehearse.ts";
import { deleteVm, detachDisk, readData, removeRelease, writeData } from "./support.ts";

let lab: Bench;

beforeEach(async () => {
  lab = await runningBench();
  await lab.during({}, ({ world }) => writeData(world, "cp-1"));
});

afterEach(() => lab.remove());

const dataIsThere = () =>
  lab.during({}, ({ world }) => {
    expect(readData(world)).toBe("precious");
    return Promise.resolve();
  });

test("a release that was removed comes back", async () => {
  await lab.during({}, ({ world }) => removeRelease(world, "traefik/traefik"));
  expect(causes(await lab.run("refresh"))).toBe("");
  const up = await lab.run("up");
  expect(causes(up)).toBe("");
  expect(up.operations.map(({ name, op }) => `${op} ${name}`)).toContain("create lab-traefik-release");
  expect(up.events.filter(({ kind }) => kind === "format")).toEqual([]);
  await dataIsThere();
});

test("a data disk that was detached is asked for, and none is made in its place", async () => {
  await lab.during({}, ({ world }) => detachDisk(world, 127, "virtio1"));
  expect((await lab.run("refresh")).errors).toEqual([]);
  for (const command of ["preview", "up"] as const) {
    const report = await lab.run(command);
    expect(report.ok).toBe(false);
    expect(report.errors.join("\n")).toContain(
      'Disk virtio1 of node "worker-1" (VM 127) is not attached any more, and nothing was changed.',
    );
    const harm = report.events.filter(
      ({ kind, severity }) => kind === "format" || severity === "catastrophe",
    );
    expect(harm).toEqual([]);
  }
  await dataIsThere();
});

test("a worker's VM that was deleted is made again, and what Longhorn still lacks is said", async () => {
  await lab.during({}, ({ world }) => deleteVm(world, 127));
  expect((await lab.run("refresh")).errors).toEqual([]);
  const up = await lab.run("up", { overlays: ["upgrade.timeouts.volumes=5"] });
  // The machine is empty, so it gets its config again, its disks proven anew; never a second bootstrap.
  const done = up.operations.filter(({ ok }) => ok).map(({ name, op }) => `${op} ${name}`);
  expect(done).toEqual(
    expect.arrayContaining([
      "create lab-proxmox-worker-1-vm",
      "create-replacement lab-talos-worker-1-config",
      "create-replacement lab-talos-ready",
    ]),
  );
  expect(up.events.filter(({ kind }) => kind === "bootstrap")).toEqual([]);
  const formats = up.events.filter(({ kind }) => kind === "format");
  expect(formats.map(({ subject, severity }) => [subject, severity])).toEqual([["worker-1", "info"]]);
  // Longhorn knows the node's former disk and takes no other in its place by itself.
  expect(up.errors.join("\n")).toContain("volumes without all their copies");
  expect(up.errors.join("\n")).toContain("must be removed and added again there");
  await dataIsThere();
});
