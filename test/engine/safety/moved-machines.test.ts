/**
 * Machines that HA or somebody moved to another host: a run follows them where the config does, refuses where it does not,
 * and never moves, stops or replaces one, protected or not.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { runningBench, type Bench } from "../support/rehearse.ts";
import {
  addHosts,
  done,
  expectFollowed,
  expectRefused,
  expectSettled,
  harm,
  host,
  image,
  moveVm,
  runsOn,
  told,
} from "./hosts.ts";
import { readData, writeData } from "./support.ts";

let lab: Bench;

const refresh = async () => expect(told(await lab.run("refresh"))).toBe("");
const move = (vmId: number, target: string) => lab.during({}, ({ world }) => moveVm(world, vmId, target));

beforeAll(async () => {
  lab = await runningBench({}, "all");
  await lab.during({}, ({ world }) => addHosts(world, "pve2", "pve3"));
  await lab.during({}, ({ world }) => writeData(world, "cp-1"));
});
afterAll(() => lab.remove());

test("another host on purpose is refused, with the way by hand", async () => {
  await expectRefused(
    lab,
    [host(1, "pve3")],
    runsOn("worker-1", "pve", "pve3"),
    "qm migrate 127 pve3 --online",
  );
  await expectRefused(lab, [host(0, "pve2")], runsOn("cp-1", "pve", "pve2", 126));
});

test("one that was moved there and back is no matter", async () => {
  await move(127, "pve2");
  await move(127, "pve");
  await expectSettled(lab, []);
});

test("one that moved unseen stops changes of every machine, before the first", async () => {
  await move(127, "pve2");
  for (const change of ["nodes[0].cores=3", "nodes[1].cores=3"]) {
    const report = await lab.run("up", { overlays: [change] });
    expect(told(report)).toContain(
      '"worker-1" (VM 127) is on pve2 now, not on pve; run `pulumi up --refresh`',
    );
    expect(harm(report)).toEqual([]);
  }
  // Nor is the host followed that the state does not know yet.
  await expectRefused(lab, [host(1, "pve2")], "`pulumi up --refresh` finds it where it is");
});

test("once seen it is refused where the config has not followed, or names a third host", async () => {
  // As the advice has it: the refresh is kept, and what it found refuses the rest of the same run.
  await lab.during({}, ({ stack }) =>
    expect(stack.up({ refresh: true })).rejects.toThrow(runsOn("worker-1", "pve2", "pve")),
  );
  const preview = await lab.run("preview");
  expect(told(preview)).toContain(runsOn("worker-1", "pve2", "pve"));
  expect(done(preview)).toEqual([]);
  await expectRefused(lab, [], runsOn("worker-1", "pve2", "pve"));
  await expectRefused(lab, [host(1, "pve3")], runsOn("worker-1", "pve2", "pve3"));
});

test("where the config has followed, the image of that host is all that comes", async () => {
  await expectFollowed(lab, [host(1, "pve2")], [`create ${image("pve2")}`]);
  expect(told(await lab.run("refresh", { overlays: [host(1, "pve2")] }))).toBe("");
  await expectSettled(lab, [host(1, "pve2")]);
});

test("moved back by hand, it is followed back, and the image goes", async () => {
  await move(127, "pve");
  await refresh();
  await expectRefused(lab, [host(1, "pve2")], runsOn("worker-1", "pve", "pve2"));
  await expectFollowed(lab, [], [`delete ${image("pve2")}`]);
});

test("two at once are both followed", async () => {
  await move(126, "pve2");
  await move(127, "pve3");
  await refresh();
  await expectRefused(lab, [], 'now, and "pve" is written');
  await expectRefused(lab, [host(0, "pve2")], runsOn("worker-1", "pve3", "pve"));
  await expectFollowed(
    lab,
    [host(0, "pve2"), host(1, "pve3")],
    [`create ${image("pve2")}`, `create ${image("pve3")}`, `delete ${image("pve")}`],
  );
  await lab.during({}, ({ world }) => Promise.resolve(expect(readData(world)).toBe("precious")));
});
