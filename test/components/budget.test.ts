/** What a preview costs by what it asks of the engine: numbers that grow with the nodes are dear, and each is here with its reason. */
import { describe, expect, test } from "vitest";
import type { NodeConfig } from "../../src/config/types.ts";
import { lab, nodeOf, rack } from "./support/homelabs.ts";
import type { Registration } from "./support/mock-engine.ts";
import { runHomelab } from "./support/run-homelab.ts";

/** Resources of each node. */
const EACH_NODE = {
  "the machine": /VmLegacy .*-vm$/,
  "what it runs: its upgrade is resumed node by node": /Stash .*-talos-upgrade-.*-image$/,
  "the record that its config may have been applied: it protects the data": /Stash .*-kept$/,
  "its machine config": /ConfigurationApply /,
};

/** Resources of each node with a data disk, besides. */
const EACH_DATA_DISK = {
  "the check, in the cluster, that storage lies on the data disk": /Job .*-data-volume-/,
  "whether it retires: its copies move before it goes": /Stash .*-retirement-/,
};

function homelab(controlPlanes: number, workers: number) {
  const many = (name: string, count: number): NodeConfig[] =>
    Array.from({ length: count }, (_, index) => ({
      ...nodeOf(rack(), `${name}-1`),
      name: `${name}-${index + 1}`,
    }));
  return rack({ nodes: [...many("cp", controlPlanes), ...many("worker", workers)] });
}

async function count(controlPlanes: number, workers: number) {
  const { resources, hooks, calls } = await runHomelab(homelab(controlPlanes, workers), { preview: true });
  return { resources, hooks: hooks.size, calls: calls.length };
}

const named = ({ type, name }: Registration) => `${type} ${name}`;

describe("what is registered", () => {
  test("for each node and each data disk, and nothing else grows with them", async () => {
    const few = await count(3, 2);
    const many = await count(3, 12);
    const perWorker = Object.keys(EACH_NODE).length + Object.keys(EACH_DATA_DISK).length;
    expect(many.resources.length - few.resources.length).toBe(10 * perWorker);
    const more = await count(13, 2);
    expect(more.resources.length - few.resources.length).toBe(10 * Object.keys(EACH_NODE).length);
  });

  test.each(Object.entries(EACH_NODE))("%s, once for each node", async (_reason, pattern) => {
    const { resources } = await count(3, 4);
    expect(resources.filter((resource) => pattern.test(named(resource)))).toHaveLength(7);
  });

  test.each(Object.entries(EACH_DATA_DISK))("%s, once for each", async (_reason, pattern) => {
    const { resources } = await count(3, 4);
    expect(resources.filter((resource) => pattern.test(named(resource)))).toHaveLength(4);
  });

  test("an image for each host", async () => {
    const images = (of: { resources: Registration[] }) =>
      of.resources.filter(({ type }) => type === "proxmoxve:download/file:File").length;
    expect([images(await runHomelab(lab())), images(await runHomelab(rack()))]).toEqual([1, 3]);
  });
});

test("hooks are made known once, however many nodes they serve: each is a call that its resource waits for", async () => {
  const [few, many, more] = [await count(3, 2), await count(13, 2), await count(3, 12)];
  expect([many.hooks, more.hooks]).toEqual([few.hooks, few.hooks]);
});

test("functions are called once: a config for each role, and the talosconfig", async () => {
  expect([(await count(3, 2)).calls, (await count(3, 12)).calls]).toEqual([3, 3]);
});
