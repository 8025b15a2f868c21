/** The order of upgrades, with the program's own hooks run as the engine runs them: by so many workers at once, and a failure starts no more. */
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import type { HomelabConfig, NodeConfig } from "../../src/config/types.ts";
import { lab, nodeOf, rack } from "./support/homelabs.ts";
import type { Registration, Run } from "./support/mock-engine.ts";
import type { runHomelab as run } from "./support/run-homelab.ts";

/** What the upgrades did, as they began and ended. */
const log: string[] = [];
let failing: string | undefined;

/** With upgrades that only say that they were made. Other tests of this worker have loaded the program as it is. */
let runHomelab: typeof run;

beforeAll(async () => {
  vi.resetModules();
  vi.doMock("../../src/talos/upgrade/step.ts", () => ({
    upgradeNode: async ({ node }: { node: NodeConfig }) => {
      log.push(`begin ${node.name}`);
      await pass();
      if (node.name === failing) throw new Error(`${node.name} failed`);
      log.push(`end ${node.name}`);
    },
  }));
  vi.doMock("../../src/talos/upgrade/kubernetes-step.ts", () => ({
    awaitKubelets: () => Promise.resolve(),
    upgradeKubernetes: () => Promise.resolve(void log.push("Kubernetes")),
  }));
  vi.doMock("../../src/clients/live-access.ts", () => ({
    kubernetesAccess: () => ({}),
    withLiveAccess: (
      _config: unknown,
      _credentials: unknown,
      _kubernetes: unknown,
      use: (access: object) => unknown,
    ) => use({}),
  }));
  ({ runHomelab } = await import("./support/run-homelab.ts"));
});

afterAll(() => {
  vi.doUnmock("../../src/talos/upgrade/step.ts");
  vi.doUnmock("../../src/talos/upgrade/kubernetes-step.ts");
  vi.doUnmock("../../src/clients/live-access.ts");
  vi.resetModules();
});

/** So long that everybody who can come has come. */
async function pass(): Promise<void> {
  for (let turn = 0; turn < 100; turn++) await Promise.resolve();
}

beforeEach(() => {
  log.length = 0;
  failing = undefined;
  vi.spyOn(console, "log").mockImplementation(() => undefined);
});

const VALUE = /-upgrade-(.*-image|kubernetes-version)$/;

/**
 * Updates every value of the upgrade: a step begins when those that it depends on are done and a worker is free, and holds that worker
 * until its hooks have ended. Resolves when nothing runs any more.
 *
 * @param order The order in which the steps come up among those that could begin.
 */
async function update(
  run: Run<unknown>,
  workers: number,
  order: (steps: Registration[]) => Registration[] = (steps) => steps,
): Promise<{ errors: string[]; done: number; steps: number }> {
  const steps = order(run.resources.filter(({ name }) => VALUE.test(name)));
  const urns = new Set(steps.map(({ urn }) => urn));
  const done = new Set<string>();
  const begun = new Set<string>();
  const errors: string[] = [];
  await new Promise<void>((resolve) => {
    let running = 0;
    const next = () => {
      const ready = steps.filter(
        ({ urn, options }) =>
          !begun.has(urn) && (options.dependsOn ?? []).every((other) => !urns.has(other) || done.has(other)),
      );
      for (const step of errors.length > 0 ? [] : ready.slice(0, workers - running)) {
        running += 1;
        begun.add(step.urn);
        void carryOut(run, step)
          .then(() => done.add(step.urn))
          .catch((error: Error) => errors.push(error.message))
          .finally(() => {
            running -= 1;
            next();
          });
      }
      if (running === 0) resolve();
    };
    next();
  });
  return { errors, done: done.size, steps: steps.length };
}

async function carryOut(run: Run<unknown>, { name, inputs, options }: Registration): Promise<void> {
  const newInputs = inputs as { input: object };
  const oldInputs = { input: { ...newInputs.input, talosVersion: "v1.11.5", kubernetesVersion: "1.34.2" } };
  for (const hook of options.hooks!["beforeUpdate"]!)
    await run.hooks.get(hook)!({ name, oldInputs, newInputs });
}

/** So many control planes and workers. */
function homelab(controlPlanes: number, workers: number): HomelabConfig {
  const many = (role: string, count: number) =>
    Array.from({ length: count }, (_, index) => ({
      ...nodeOf(rack(), `${role}-1`),
      name: `${role}-${index + 1}`,
      vmId: (role === "cp" ? 3000 : 4000) + index,
    }));
  return rack({ nodes: [...many("worker", workers), ...many("cp", controlPlanes)] });
}

/** One after the other, each whole before the next begins. */
function upgraded(): string[] {
  const begun = log.filter((line) => line.startsWith("begin"));
  expect(log.filter((line) => line !== "Kubernetes")).toEqual(
    begun.flatMap((line) => [line, line.replace("begin", "end")]),
  );
  return begun.map((line) => line.slice("begin ".length));
}

describe.each([1, 2, 8, 16])("with %i workers of the engine", (workers) => {
  test("5 control planes and 50 workers pass one by one, control planes first, Kubernetes last", async () => {
    const run = await runHomelab(homelab(5, 50));
    expect(await update(run, workers)).toEqual({ errors: [], done: 56, steps: 56 });
    const nodes = upgraded();
    expect(nodes).toHaveLength(55);
    expect(nodes.slice(0, 5).every((name) => name.startsWith("cp-"))).toBe(true);
    expect(log.at(-1)).toBe("Kubernetes");
  });

  test("a failure is the last thing that happens, and whoever waited is left as it is", async () => {
    const run = await runHomelab(homelab(3, 20));
    failing = "worker-3";
    const { errors, done } = await update(run, workers);
    expect(log.at(-1)).toBe("begin worker-3");
    expect(errors).toContain("worker-3 failed");
    for (const error of errors.filter((text) => text !== "worker-3 failed"))
      expect(error).toMatch(/^worker-\d+ was left as it is, because the upgrade of worker-3 failed$/);
    expect(errors.length).toBeLessThanOrEqual(workers);
    expect(done).toBeLessThan(23);
  });
});

test("whatever comes first and however many workers there are, nobody waits for ever and nobody passes a control plane", async () => {
  const run = await runHomelab(homelab(3, 5));
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 9 }),
      fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6, 7, 8], { minLength: 9 }),
      async (workers, places) => {
        log.length = 0;
        const { errors, done } = await update(run, workers, (steps) => places.map((place) => steps[place]!));
        expect([errors, done]).toEqual([[], 9]);
        const nodes = upgraded();
        expect(nodes.findLastIndex((name) => name.startsWith("cp"))).toBe(2);
      },
    ),
    { numRuns: 60 },
  );
});

test("control planes that wait go in the order of the config", async () => {
  const run = await runHomelab(homelab(5, 1));
  await update(run, 8, (steps) => [...steps].reverse());
  // The first who comes goes at once.
  expect(upgraded()).toEqual(["cp-5", "cp-1", "cp-2", "cp-3", "cp-4", "worker-1"]);
});

test("a lab of two nodes does the same", async () => {
  expect(await update(await runHomelab(lab()), 8)).toMatchObject({ errors: [], done: 3 });
  expect(upgraded()).toEqual(["cp-1", "worker-1"]);
});
