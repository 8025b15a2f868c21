/** The lab from an empty stack to nothing left, through the real engine and the real Proxmox provider. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { secretsOf } from "../../../rehearsal/checks/program/secrets.ts";
import { PROXMOX_TOKEN_KEY, readEnvironment } from "../../../rehearsal/environment.ts";
import { REPOSITORY } from "../../../rehearsal/paths.ts";
import type { Report } from "../../../rehearsal/report.ts";
import { bench, causes, type Bench } from "../support/rehearse.ts";

let lab: Bench;

beforeAll(async () => {
  lab = await bench("lab", "all");
});

afterAll(() => lab.remove());

function read(name: string): Promise<string> {
  return readFile(join(lab.root, "lab", name), "utf8");
}

describe("the lab", () => {
  test("previews on a fresh stack without touching host, node or cluster", async () => {
    const report = await lab.run("preview");
    expect(causes(report)).toBe("");
    expect(report.ok).toBe(true);
    expect(report.changes).toEqual({ create: 40 });
    expect(report.events).toEqual([]);
  });

  let up: Report;

  test("comes up with everything proven", async () => {
    up = await lab.run("up");
    expect(causes(up)).toBe("");
    expect(up.ok).toBe(true);
    expect(up.checks.length).toBeGreaterThan(10);
    expect(up.changes).toEqual({ create: 40 });
  });

  test("puts on record what happens in the order of its times", () => {
    const times = up.events.map(({ at }) => at);
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });

  test("formats each data disk once, after the disks of all nodes were read", () => {
    const formats = up.events.filter(({ kind }) => kind === "format");
    expect(formats.map(({ detail }) => detail?.["interface"])).toEqual(["virtio1", "virtio1"]);
    const kinds = up.events.map(({ kind }) => kind);
    // A node's own second look, right before its config, may come after another node's config.
    const before = up.events.slice(0, kinds.indexOf("config-applied"));
    const read = before.filter(({ kind }) => kind === "disks-inspected");
    expect(new Set(read.map(({ detail }) => detail?.["vmId"]))).toEqual(new Set([126, 127]));
    expect(kinds.filter((kind) => kind === "bootstrap")).toHaveLength(1);
  });

  test("records operations with times and dependencies, and the critical path", () => {
    const release = up.operations.find(({ name }) => name === "lab-longhorn-release");
    expect(release?.ok).toBe(true);
    expect(release?.end).toBeGreaterThan(release?.start ?? Infinity);
    expect(release?.dependencies.some((urn) => urn.endsWith("::lab-longhorn-namespace"))).toBe(true);
    const path = up.criticalPath.map(({ name }) => name);
    // Machines and cluster secrets are made at the same time; on a busy computer either may be the last.
    expect(path).toEqual(expect.arrayContaining(["lab-talos-disk-proof", "lab-talos-bootstrap"]));
    expect(path.some((name) => /^lab-(proxmox-image-pve-file|talos-secrets)$/.test(name))).toBe(true);
    expect(path.slice(-3)).toEqual(["lab-etcd-members", "settled", "lab-kubernetes-nodes"]);
  });

  test("has the documented outputs, its secrets masked", async () => {
    const outputs = JSON.parse(await read("outputs.json")) as Record<string, unknown>;
    expect(outputs).toMatchObject({
      clusterName: "lab",
      endpoint: "https://192.168.1.126:6443",
      schematicId: "88d1f7a5c4f1d3aba7df787c448c1d3d008ed29cfb34af53fa0df4336a56040b",
      talosconfig: "[secret]",
      kubeconfig: "[secret]",
      nodes: [
        { name: "cp-1", vmId: 126, dataDisk: { sizeGiB: 40, bytes: 42949672960, talosSize: "43 GB" } },
        { name: "worker-1", vmId: 127, osDisk: { sizeGiB: 32, bytes: 34359738368, talosSize: "34 GB" } },
      ],
      longhorn: { replicaCount: 2, dataPath: "/var/mnt/longhorn" },
      traefik: { addresses: ["192.168.1.127"], acme: { mode: "0600", runAsUser: 0, fsGroup: null } },
    });
  });

  test("leaves no secret in plain text in state, report or outputs", async () => {
    const environment = await readEnvironment(REPOSITORY, "lab", []);
    const secrets = await lab.during({}, async ({ world, stack }) =>
      secretsOf({ world, outputs: await stack.outputs(), token: environment.secrets[PROXMOX_TOKEN_KEY]! }),
    );
    expect(secrets.length).toBeGreaterThanOrEqual(10);
    for (const file of ["state/.pulumi/stacks/homelab/rehearsed-lab.json", "report.json", "outputs.json"]) {
      const text = await read(file);
      expect(secrets.filter((secret) => text.includes(secret))).toEqual([]);
    }
  });

  test("changes nothing when it is up already", async () => {
    const report = await lab.run("up");
    expect(causes(report)).toBe("");
    expect(report.changes).toEqual({ same: 40 });
    expect(report.operations).toEqual([]);
  });

  test("is clean after a refresh, in a preview as well", async () => {
    const refresh = await lab.run("refresh");
    expect(causes(refresh)).toBe("");
    expect(refresh.changes).toEqual({ same: 40 });
    const preview = await lab.run("preview");
    expect(causes(preview)).toBe("");
    expect(preview.changes).toEqual({ same: 40 });
  });

  test("changes one node's config after the other, and reboots none for it", async () => {
    const report = await lab.run("up", { overlays: ["network.nameservers=[192.168.1.1, 9.9.9.9]"] });
    expect(causes(report)).toBe("");
    const applies = report.operations.filter(({ type }) => type.includes("configurationApply"));
    expect(applies).toHaveLength(2);
    const applied = report.events.filter(({ kind }) => kind === "config-applied");
    expect(applied.map(({ subject }) => subject).sort()).toEqual(["cp-1", "worker-1"]);
    expect(report.events.filter(({ kind }) => kind === "boot")).toEqual([]);
    // The second waits until the cluster is healthy after the first.
    const [first, second] = applies.map(({ end }) => end ?? 0).sort((a, b) => a - b);
    expect(second).toBeGreaterThan(first ?? Infinity);
    expect(applied[1]!.at).toBeGreaterThan(applied[0]!.at);
  });

  test("refuses to be destroyed while it is protected, with everything still there", async () => {
    const report = await lab.run("destroy");
    expect(report.ok).toBe(false);
    expect(report.errors.join("\n")).toContain("protect");
    expect(report.operations).toEqual([]);
    expect(report.events).toEqual([]);
  });

  test("is destroyed once it is not, and leaves nothing behind", async () => {
    const report = await lab.run("destroy", { overlays: ["protect=false"] });
    expect(causes(report)).toBe("");
    expect(report.ok).toBe(true);
  });

  test("and is brought up again in the same world as another cluster, with nothing to complain of", async () => {
    const report = await lab.run("up");
    expect(causes(report)).toBe("");
    expect(report.events.filter(({ kind }) => kind === "bootstrap")).toHaveLength(1);
    expect((await lab.run("up")).operations).toEqual([]);
  });
});
