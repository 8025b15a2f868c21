import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { FaultInjector } from "../../../rehearsal/faults/injector.ts";
import { main } from "../../../rehearsal/talosctl/upgrade-k8s.ts";
import { bringUp, serveLab, type ServedLab } from "../../support/world/served-lab.ts";
import { newSecrets } from "../../support/world/world.ts";

let folder: string;
let served: ServedLab;
let talosconfig: string;

beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), "talosctl-"))));
afterAll(() => rm(folder, { recursive: true }));

async function prepare(patches: string[] = [], injector = new FaultInjector()): Promise<void> {
  served = await serveLab(injector.intercept);
  await bringUp(served, patches);
  talosconfig = join(folder, "talosconfig");
  await writeFile(talosconfig, await served.talosconfig(), { mode: 0o600 });
}
afterEach(() => served.server.close());

/** Runs it as the product does; what it printed, line by line. */
async function run(...words: string[]): Promise<{ code: number; out: string[]; err: string }> {
  const out: string[] = [];
  const err: string[] = [];
  const code = await main(
    [
      "upgrade-k8s",
      "--talosconfig",
      talosconfig,
      "-n",
      "192.168.1.126",
      "--endpoint",
      served.server.url,
      ...words,
    ],
    { out: (line) => out.push(line), err: (line) => err.push(line) },
  );
  return { code, out, err: err.join("\n") };
}

const versions = () =>
  Object.fromEntries(
    Object.values(served.cluster().state.nodes).map(({ name, kubelet }) => [name, kubelet?.version]),
  );
const onDisk = (vmId: number) => served.lab.world.state.machines[vmId]!.facts!;
/** Images of the control plane and the kubelet as an older minor has them. */
const OLDER = [
  "machine: {kubelet: {image: 'ghcr.io/siderolabs/kubelet:v1.34.2'}}",
  `cluster: {apiServer: {image: 'registry.k8s.io/kube-apiserver:v1.34.2'}, controllerManager: {image: 'registry.k8s.io/kube-controller-manager:v1.34.2'},
  scheduler: {image: 'registry.k8s.io/kube-scheduler:v1.34.2'}, proxy: {image: 'registry.k8s.io/kube-proxy:v1.34.2'}}`,
];

describe("an upgrade within the minor", () => {
  beforeEach(() => prepare());

  test("moves control plane and kubelets, in the machine configs and in Kubernetes", async () => {
    const { code, out, err } = await run("--to", "1.35.1");
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(versions()).toEqual({ "cp-1": "1.35.1", "worker-1": "1.35.1" });
    expect(served.cluster().state.kubernetesVersion).toBe("1.35.1");
    expect([onDisk(126).kubernetesVersion, onDisk(126).apiServerVersion]).toEqual(["1.35.1", "1.35.1"]);
    expect(onDisk(127).kubernetesVersion).toBe("1.35.1");
    expect(served.lab.texts("boot")).toHaveLength(2); // nothing rebooted since the first start
    expect(out.slice(0, 4)).toEqual([
      "automatically detected the lowest Kubernetes version 1.35.0",
      'discovered controlplane nodes ["192.168.1.126"]',
      'discovered worker nodes ["192.168.1.127"]',
      '> "192.168.1.126": Talos version 1.12.0 is compatible with Kubernetes version 1.35.1',
    ]);
    expect(out).toContain('updating "kube-apiserver" to version "1.35.1"');
    expect(out).toContain(" > update kubelet: 1.35.0 -> 1.35.1");
  });

  test("upgrades the kubelets one by one, each Ready before the next", async () => {
    await run("--to", "1.35.1");
    const restarts = served.lab.world.state.events.filter(({ kind }) => kind === "kubelet-restarted");
    expect(restarts.map(({ subject }) => subject)).toEqual(["cp-1", "worker-1"]);
    expect(restarts[1]!.at).toBeGreaterThanOrEqual(Number(restarts[0]!.detail!["readyAt"]));
  });

  test("changes nothing in a dry run, and says what it would change", async () => {
    const { code, out } = await run("--to=1.35.1", "--dry-run");
    expect(code).toBe(0);
    expect(out.filter((line) => line === " > skipped in dry-run")).toHaveLength(6);
    expect(out.at(-1)).toBe(" < dry run, change skipped");
    expect(versions()).toEqual({ "cp-1": "1.35.0", "worker-1": "1.35.0" });
    expect(served.lab.world.state.events.filter(({ kind }) => kind === "kubernetes-upgraded")).toEqual([]);
  });

  test("finishes what was begun: done again, it restarts nothing", async () => {
    await run("--to", "1.35.1");
    const events = served.lab.world.state.events.length;
    const { code, out } = await run("--to", "1.35.1", "--from", "1.35.0");
    expect(code).toBe(0);
    expect(out.some((line) => line.includes(" -> "))).toBe(false);
    const kinds = served.lab.world.state.events.slice(events).map(({ kind }) => kind);
    expect(kinds).not.toContain("kubelet-restarted");
  });

  test("leaves the kubelets alone when told so", async () => {
    await run("--to", "1.35.1", "--upgrade-kubelet=false");
    expect(versions()).toEqual({ "cp-1": "1.35.0", "worker-1": "1.35.0" });
    expect(served.cluster().state.kubernetesVersion).toBe("1.35.1");
  });
});

describe("what it refuses", () => {
  beforeEach(() => prepare(OLDER));

  test("more than one minor, a minor back, and what this Talos does not run", async () => {
    expect(await run("--from", "1.33.0", "--to", "1.35.0")).toMatchObject({
      code: 1,
      err: 'unsupported upgrade path 1.33->1.35 (from "1.33.0" to "1.35.0")',
    });
    expect((await run("--to", "1.33.4")).err).toBe(
      'unsupported upgrade path 1.34->1.33 (from "1.34.2" to "1.33.4")',
    );
    expect((await run("--from", "1.35.0", "--to", "1.36.0")).err).toContain(
      "unsupported upgrade path 1.35->1.36",
    );
    expect((await run("--to", "latest")).err).toContain(
      "error creating upgrade path error parsing to version",
    );
  });

  test("a version that this Talos is not made for", async () => {
    served.lab.world.state.machines[127]!.image = {
      ...served.lab.world.state.machines[127]!.image,
      version: "v1.11.5",
    };
    expect((await run("--to", "1.35.0")).err).toBe(
      'compatibility check failed on node "192.168.1.127": version of Kubernetes 1.35.0 is too new to be used with Talos 1.11.5',
    );
    expect(served.cluster().state.kubernetesVersion).toBe("1.34.2");
  });

  test("a node that does not answer stops it there", async () => {
    await served.lab.world.exclusive((held) => held.systems.workloads.stopped(held, 127, "it is told to"));
    await served.lab.stop(127);
    const { code, err } = await run("--to", "1.35.0");
    expect(code).toBe(1);
    expect(err).toContain("192.168.1.127");
    expect(onDisk(126).apiServerVersion).toBe("1.34.2");
  });

  test("a talosconfig of another cluster", async () => {
    await writeFile(talosconfig, await served.talosconfig(await newSecrets()));
    expect(await run("--to", "1.35.0")).toMatchObject({ code: 1, out: [] });
    expect(served.cluster().state.kubernetesVersion).toBe("1.34.2");
  });

  test("several nodes, unknown flags, and other words, with its usage", async () => {
    const several = await run("--nodes", "192.168.1.127");
    expect(several.err).toContain('command "upgrade-k8s" is not supported with multiple nodes');
    expect((await run("--too", "1")).err).toMatch(/^unknown flag: --too\n[^]*Usage:/);
    expect((await run("now")).err).toContain('unknown command "now" for "talosctl upgrade-k8s"');
    expect((await run("--to")).err).toContain("flag needs an argument: --to");
  });
});

describe("a minor upgrade", () => {
  test("from 1.34 to 1.35 goes through, its checks told", async () => {
    await prepare(OLDER);
    const { code, out } = await run("--to", "v1.35.0");
    expect(code).toBe(0);
    expect(out).toContain("checking for removed Kubernetes API resource versions");
    expect(versions()).toEqual({ "cp-1": "1.35.0", "worker-1": "1.35.0" });
  });

  test("that loses its connection has happened all the same", async () => {
    const at = "talosctl upgrade-k8s --to 1.35.1";
    await prepare([], new FaultInjector({ faults: [{ at, kind: "lose-reply", times: 1 }] }));
    expect((await run("--to", "1.35.1")).code).toBe(1);
    expect(versions()).toEqual({ "cp-1": "1.35.1", "worker-1": "1.35.1" });
  });
});
