/** Objects that are in the cluster before this stack makes its own: a stranger's are refused, ours are taken over. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { FaultInjector } from "../../../rehearsal/faults/injector.ts";
import type { FaultKind } from "../../../rehearsal/world/kernel/request-faults.ts";
import type { Report } from "../../../rehearsal/report.ts";
import type { World } from "../../../rehearsal/world/kernel/world.ts";
import { OWNER } from "../../../src/kubernetes/ownership.ts";
import { clusterIn } from "../safety/support.ts";
import { bench, causes, type Bench } from "../support/rehearse.ts";

let lab: Bench;
beforeAll(async () => {
  lab = await bench();
});
afterAll(() => lab.remove());

const overlays = ["protect=false"];
const inWorld = (use: (world: World) => void) =>
  lab.during({ overlays }, async ({ world }) => {
    use(world);
    await world.commit();
  });

/** A run in which one operation goes wrong. */
async function disturbed(at: string, kind: FaultKind): Promise<Report> {
  const injector = new FaultInjector({ faults: [{ at, kind, times: 1 }] });
  const report = await lab.run("up", { overlays, intercept: injector.intercept });
  expect(injector.injected).toHaveLength(1);
  return report;
}

const strangersNamespace = (name: string, labels: Record<string, string> = {}) =>
  inWorld((world) => {
    clusterIn(world).state.namespaces[name] = { labels: { ...labels, whose: "a stranger" }, createdAt: 1 };
  });
const removeNamespace = (name: string) =>
  inWorld((world) => void delete clusterIn(world).state.namespaces[name]);

const untouched = ({ events }: Report, subject: string) =>
  events.filter((event) => event.subject === subject && /^(object|namespace|release)-/.test(event.kind));

describe("before Longhorn", () => {
  test("a cluster that has no namespace of ours yet", async () => {
    const report = await disturbed("kubernetes create lab-longhorn-namespace", "fail");
    expect(report.ok).toBe(false);
  });

  test.each([
    ["nobody's", {}],
    ["another cluster's", { [OWNER]: "rack" }],
  ])(
    "a namespace of Longhorn's name that is %s is refused, and nothing done to it",
    async (_whose, labels) => {
      await strangersNamespace("longhorn-system", labels);
      const report = await lab.run("up", { overlays });
      expect(report.errors.join("\n")).toContain(
        'The Namespace "longhorn-system" exists already and is not this stack\'s',
      );
      expect(untouched(report, "longhorn-system")).toEqual([]);
      await inWorld((world) =>
        expect(clusterIn(world).state.namespaces["longhorn-system"]!.labels).toEqual({
          ...labels,
          whose: "a stranger",
        }),
      );
      await removeNamespace("longhorn-system");
    },
  );

  test("a preview finds nothing of it, for it asks nobody", async () => {
    await strangersNamespace("longhorn-system");
    expect(causes(await lab.run("preview", { overlays }))).toBe("");
  });

  test("one that was handed over is taken over, with the labels of its former owner", async () => {
    await strangersNamespace("longhorn-system", { [OWNER]: "lab" });
    const report = await disturbed("kubernetes create lab-longhorn-data-volume-cp-1", "fail");
    expect(report.errors.join("\n")).not.toContain("exists already");
    await inWorld((world) =>
      expect(clusterIn(world).state.namespaces["longhorn-system"]!.labels).toMatchObject({
        "pod-security.kubernetes.io/enforce": "privileged",
        whose: "a stranger",
      }),
    );
  });
});

describe("a Job of a check's name", () => {
  const key = "batch/v1/Job/longhorn-system/data-volume-cp-1";
  const put = (labels: Record<string, string>, script: string) =>
    inWorld((world) => {
      clusterIn(world).state.objects[key] = {
        apiVersion: "batch/v1",
        kind: "Job",
        namespace: "longhorn-system",
        name: "data-volume-cp-1",
        body: {
          apiVersion: "batch/v1",
          kind: "Job",
          metadata: { name: "data-volume-cp-1", namespace: "longhorn-system", labels },
          spec: { template: { spec: { containers: [{ name: "check", command: [script] }] } } },
          status: { succeeded: 1, conditions: [{ type: "Complete", status: "True" }] },
        },
        createdAt: 1,
      };
    });

  test("that is a stranger's is refused", async () => {
    await put({ app: "backup" }, "true");
    const report = await lab.run("up", { overlays });
    expect(report.errors.join("\n")).toContain(
      'The Job "data-volume-cp-1" in the namespace "longhorn-system" exists already',
    );
    expect(untouched(report, "longhorn-system/data-volume-cp-1")).toEqual([]);
    await inWorld((world) => void delete clusterIn(world).state.objects[key]);
  });

  test("that a run of ours left, of another form by now, gives way to a new one", async () => {
    await put({ [OWNER]: "lab" }, "an older script");
    const report = await disturbed("kubernetes create lab-traefik-namespace", "fail");
    expect(report.errors.join("\n")).not.toContain("data-volume");
    expect(untouched(report, "longhorn-system/data-volume-cp-1").map(({ kind }) => kind)).toEqual([
      "object-deleted",
      "object-created",
    ]);
  });
});

describe("before Traefik", () => {
  test("a namespace `traefik` that is a stranger's is refused, after Longhorn was made", async () => {
    await strangersNamespace("traefik");
    const report = await lab.run("up", { overlays });
    expect(report.errors.join("\n")).toContain(
      'The Namespace "traefik" exists already and is not this stack\'s',
    );
    expect(untouched(report, "traefik")).toEqual([]);
  });

  test("and a destroy leaves it alone", async () => {
    await lab.during({ overlays }, async ({ stack, world }) => {
      const before = world.state.events.length;
      await stack.destroy();
      const done = world.state.events.slice(before);
      expect(done.some(({ kind }) => kind === "namespace-deleted")).toBe(true);
      expect(done.filter(({ subject }) => subject === "traefik")).toEqual([]);
    });
  });
});

describe("a lost reply", () => {
  test("is nothing that a plain `up` does not mend: namespace, check, release's neighbours", async () => {
    await lab.remove();
    lab = await bench();
    for (const at of [
      "kubernetes create lab-longhorn-namespace",
      "kubernetes create lab-longhorn-data-volume-worker-1",
      "kubernetes create lab-traefik-namespace",
    ])
      expect((await disturbed(at, "lose-reply")).ok).toBe(false);
    expect(causes(await lab.run("up", { overlays }))).toBe("");
    expect(Object.keys((await lab.run("preview", { overlays })).changes)).toEqual(["same"]);
  });
});
