/** The hooks, run as the engine would run them after the program has registered everything. */
import { describe, expect, test } from "vitest";
import type { ReportedDisk } from "../../src/talos/data-disk.ts";
import { resource } from "./support/find.ts";
import { lab, rack } from "./support/homelabs.ts";
import { CLIENT_CONFIGURATION, providerError, type Answers } from "./support/mock-answers.ts";
import type { Run } from "./support/mock-engine.ts";
import { runHomelab } from "./support/run-homelab.ts";

const GIB = 1024 ** 3;
const DISKS = "talos:machine/getDisks:getDisks";
const HEALTH = "talos:cluster/getHealth:getHealth";

function disks(address: string): ReportedDisk[] {
  const common = { transport: "virtio", readonly: false, cdrom: false };
  return [
    { ...common, devPath: "/dev/sda", size: 32 * GIB, serial: "" },
    { ...common, devPath: "/dev/vda", size: 40 * GIB, serial: `data-${address.split(".")[3]}` },
  ];
}

type Kind = "beforeCreate" | "beforeUpdate" | "afterUpdate" | "onError";

function hook(
  run: Run<unknown>,
  name: string,
  kind: Kind,
  args: Record<string, unknown> = {},
): Promise<unknown> {
  const names = resource(run, name).options.hooks?.[kind] ?? [];
  if (names.length !== 1) throw new Error(`${name} has ${names.length} hooks ${kind}`);
  // A hook may throw as well as reject; to the engine both are a failure.
  return Promise.resolve().then(() => run.hooks.get(names[0]!)!(args));
}

const called = (run: Run<unknown>, token: string) => run.calls.filter((call) => call.token === token);

async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}

describe("while the program registers", () => {
  test.each([false, true])("nothing asks a node or the cluster (preview: %s)", async (preview) => {
    const run = await runHomelab(lab(), { preview });
    expect(called(run, DISKS)).toEqual([]);
    expect(called(run, HEALTH)).toEqual([]);
    expect(new Set(run.calls.map((call) => call.token))).toEqual(
      new Set([
        "talos:machine/getConfiguration:getConfiguration",
        "talos:client/getConfiguration:getConfiguration",
      ]),
    );
  });
});

describe("before a node's first config", () => {
  const start = (answers: Answers) => runHomelab(lab(), { answers });

  test("every node of the homelab shows its disks, each asked once for all applications", async () => {
    const run = await start({ disks });
    await Promise.all(
      ["cp-1", "worker-1"].map((node) => hook(run, `lab-talos-${node}-config`, "beforeCreate")),
    );
    expect(called(run, DISKS).map((call) => call.inputs)).toEqual(
      ["192.168.1.126", "192.168.1.127"].map((node) => ({
        node,
        endpoint: node,
        clientConfiguration: CLIENT_CONFIGURATION,
        timeouts: { read: "10m" },
      })),
    );
  });

  test("one node's wrong disk stops the application on all of them", async () => {
    const run = await start({
      disks: (address) => disks(address).slice(0, address.endsWith(".127") ? 1 : 2),
    });
    for (const node of ["cp-1", "worker-1"]) {
      await expect(hook(run, `lab-talos-${node}-config`, "beforeCreate")).rejects.toThrow(
        /^The data disk is not proven on every node, .*\n {2}worker-1: no virtio disk has the data disk's size/,
      );
    }
  });

  test("a node that does not answer stops it too", async () => {
    const run = await start({
      disks: (address) => {
        if (address.endsWith(".126")) throw providerError("no route to 192.168.1.126");
        return disks(address);
      },
    });
    await expect(hook(run, "lab-talos-worker-1-config", "beforeCreate")).rejects.toThrow("no route to");
  });

  test("a later run proves anew", async () => {
    await hook(await start({ disks }), "lab-talos-cp-1-config", "beforeCreate");
    const run = await start({ disks: () => [] });
    await expect(hook(run, "lab-talos-cp-1-config", "beforeCreate")).rejects.toThrow("not proven");
  });
});

describe("updates of configs", () => {
  const config = (node: string) => `rack-talos-${node}-config`;

  test("pass one after the other, the cluster's health asked between two of them", async () => {
    const run = await runHomelab(rack(), { answers: { health: () => {} } });
    const log: string[] = [];
    const begun = ["cp-1", "cp-2", "worker-1"].map((node) =>
      hook(run, config(node), "beforeUpdate").then(() => log.push(node)),
    );
    await settle();
    expect(log).toEqual(["cp-1"]);
    expect(called(run, HEALTH)).toEqual([]);

    await hook(run, config("cp-1"), "afterUpdate");
    await settle();
    expect(log).toEqual(["cp-1", "cp-2"]);
    expect(called(run, HEALTH).map((call) => call.inputs)).toEqual([
      {
        clientConfiguration: CLIENT_CONFIGURATION,
        endpoints: ["10.20.0.11", "10.20.0.12", "10.20.0.13"],
        controlPlaneNodes: ["10.20.0.11", "10.20.0.12", "10.20.0.13"],
        workerNodes: ["10.20.0.21", "10.20.0.22", "10.20.0.23"],
        timeouts: { read: "15m" },
      },
    ]);

    await hook(run, config("cp-2"), "afterUpdate");
    await Promise.all(begun);
    expect(log).toEqual(["cp-1", "cp-2", "worker-1"]);
    expect(called(run, HEALTH)).toHaveLength(2);
    expect(called(run, DISKS)).toEqual([]);
  });

  test("stop after one that failed, and the failure is not tried again", async () => {
    const run = await runHomelab(rack(), { answers: { health: () => {} } });
    await hook(run, config("cp-1"), "beforeUpdate");
    const waiting = hook(run, config("cp-2"), "beforeUpdate");
    expect(await hook(run, config("cp-1"), "onError", { failedOperation: "update" })).toBe(false);
    const reason = "cp-2 was left as it is, because the update of cp-1 failed";
    await expect(waiting).rejects.toThrow(new Error(reason));
  });

  test("are not stopped by a failed creation or deletion", async () => {
    const run = await runHomelab(rack(), { answers: { health: () => {} } });
    for (const failedOperation of ["create", "delete"]) {
      expect(await hook(run, config("worker-3"), "onError", { failedOperation })).toBe(false);
    }
    await expect(hook(run, config("cp-1"), "beforeUpdate")).resolves.toBeUndefined();
  });

  test("stop while the cluster is not healthy", async () => {
    const health = () => {
      throw providerError("etcd has 1 of 3 members");
    };
    const run = await runHomelab(rack(), { answers: { health } });
    await hook(run, config("cp-1"), "beforeUpdate");
    await hook(run, config("cp-1"), "afterUpdate");
    await expect(hook(run, config("cp-2"), "beforeUpdate")).rejects.toThrow("etcd has 1 of 3 members");
    await expect(hook(run, config("cp-3"), "beforeUpdate")).rejects.toThrow(
      "cp-3 was left as it is, because the cluster was not healthy after the update of cp-1",
    );
  });
});

describe("the cluster is ready", () => {
  test.each(["beforeCreate", "beforeUpdate"] as const)("once it is healthy (%s)", async (kind) => {
    const run = await runHomelab(lab(), { answers: { health: () => {} } });
    await hook(run, "lab-talos-ready", kind);
    expect(called(run, HEALTH).map((call) => call.inputs)).toEqual([
      {
        clientConfiguration: CLIENT_CONFIGURATION,
        endpoints: ["192.168.1.126"],
        controlPlaneNodes: ["192.168.1.126"],
        workerNodes: ["192.168.1.127"],
        timeouts: { read: "15m" },
      },
    ]);
    expect(called(run, DISKS)).toEqual([]);
  });

  test("and not before", async () => {
    const health = () => {
      throw providerError("the API does not answer");
    };
    const run = await runHomelab(lab(), { answers: { health } });
    await expect(hook(run, "lab-talos-ready", "beforeCreate")).rejects.toThrow("the API does not answer");
  });
});
