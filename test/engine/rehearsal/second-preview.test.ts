/** An `up` comes to rest: given once more, it has nothing to do, with a refresh before it and without. */
import { randomUUID } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { loadProgram } from "../../../rehearsal/engine/program.ts";
import { REPOSITORY } from "../../../rehearsal/paths.ts";
import { bench, causes, mutated, runningBench, type Bench } from "../support/rehearse.ts";

const VM = "proxmoxve:index/vmLegacy:VmLegacy";

let lab: Bench;
afterEach(() => lab.remove());

test("what Proxmox writes in its own way comes to rest: tags that occur twice, a MAC in small letters", async () => {
  lab = await bench("lab", "all");
  const overlays = ["cluster.name=talos", "nodes[0].macAddress=bc:24:11:0a:0b:0c", "network.vlan=7"];
  const report = await lab.run("up", { overlays });
  expect(causes(report)).toBe("");
  expect(report.checks.find(({ id }) => id === "second-preview")).toMatchObject({ ok: true });
});

describe("is told by the check", () => {
  beforeEach(async () => {
    lab = await runningBench({}, "all");
  });

  test("when an input is another one at every run", async () => {
    const program = await mutated({
      type: VM,
      change: (props, name) => {
        if (name.includes("worker-1")) props["description"] = `made by run ${randomUUID()}`;
      },
    });
    const told = causes(await lab.run("up", { program }));
    expect(told).toMatch(/second-preview: a second preview would update \S*worker-1\S* \(description\)/);
    expect(told).toMatch(/a second preview after a refresh would update \S*worker-1\S* \(description\)/);
    expect(told).not.toMatch(/would \w+ \S*cp-1/);
  });

  test("when only a refresh shows that something is read back differently", async () => {
    const report = await lab.during({}, async (rehearsal) => {
      const { stack, world } = rehearsal;
      const preview = stack.preview.bind(stack);
      stack.preview = (options) => {
        if (options?.refresh) world.state.proxmox.vms["127"]!.config["tags"] = "lab;talos";
        return preview(options);
      };
      return (await rehearsal.run("up")).report;
    });
    expect(causes(report)).toMatch(
      /^second-preview: a second preview after a refresh would update \S*worker-1\S* \(tags\)$/,
    );
  });

  test("when an output is another one at every run", async () => {
    const program = await loadProgram(REPOSITORY);
    const restless = async () => ({ ...((await program()) as object), run: randomUUID() });
    expect(causes(await lab.run("up", { program: restless }))).toMatch(
      /a second preview would change the outputs run; a second preview after a refresh would change the outputs run/,
    );
  });
});
