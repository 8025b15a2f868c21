/** The real talosctl against the simulated nodes' gRPC API. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { serveTalos } from "../../../rehearsal/api/talos/server.ts";
import { readToolchain } from "../../../rehearsal/toolchain.ts";
import { FaultInjector } from "../../../rehearsal/faults/injector.ts";
import { clearFault, setFault } from "../../../rehearsal/world/kernel/faults.ts";
import { applyConfiguration } from "../../../rehearsal/world/talos/machine-config/apply.ts";
import { leaderOf } from "../../../rehearsal/world/talos/etcd/leader.ts";
import { resetMachine } from "../../../rehearsal/world/talos/machined/reset.ts";
import { CONTROL_PLANES, installer, openNodesLab, WORKER, type NodesLab } from "./nodes-lab.ts";

const [CP1, CP2, CP3] = CONTROL_PLANES as [string, string, string];
const EVERYONE = CONTROL_PLANES.join(",");
const faults = new FaultInjector({ faults: [{ at: `node EtcdAlarmList ${CP3}`, kind: "fail", times: 1 }] });
let lab: NodesLab;
beforeAll(async () => {
  lab = await openNodesLab(faults.intercept);
});
afterAll(() => lab?.close());

const cluster = () => Object.values(lab.world.state.clusters)[0]!;
const records = (kind: string) => lab.world.state.events.filter((event) => event.kind === kind);
/** The specs that `get -o json` prints, one document after the other. */
async function get(node: string, type: string): Promise<Record<string, unknown>[]> {
  const { stdout, stderr, code } = await lab.talosctl(node, "get", type, "-o", "json");
  expect(stderr + String(code)).toMatch(/0$/);
  const documents = stdout.trim().split(/\n(?=\{)/);
  return documents.map((text) => (JSON.parse(text) as { spec: Record<string, unknown> }).spec);
}

describe("talosctl asks", () => {
  it("every node for its version, each answer under its name", async () => {
    const { code, stdout } = await lab.talosctl(`${EVERYONE},${WORKER}`, "version");
    expect(code).toBe(0);
    expect(stdout.match(/NODE: +192\.168\.1\.\d+/g)).toHaveLength(4);
    expect(stdout.match(/Tag: +v1\.12\.0\n\s*SHA: +simulated/g)).toHaveLength(4);
  });

  it("for the extensions, with the schematic as one more", async () => {
    const names = (await get(CP1, "extensions")).map(({ metadata }) => metadata as Record<string, string>);
    expect(names.map(({ name }) => name)).toEqual(["iscsi-tools", "util-linux-tools", "schematic"]);
    expect(names.at(-1)!["version"]).toBe(lab.schematic);
  });

  it("for status, volumes, members and names, one resource or all", async () => {
    expect(await get(CP1, "machinestatus")).toEqual([
      { stage: "running", status: { ready: true, unmetConditions: [] } },
    ]);
    const { stdout } = await lab.talosctl(CP1, "get", "volumestatus", "u-longhorn", "-o", "json");
    const volume = JSON.parse(stdout) as { spec: unknown };
    expect(volume.spec).toMatchObject({ phase: "ready", type: "partition", filesystem: "xfs" });
    const mounts = await get(WORKER, "mountstatus");
    expect(mounts.map(({ target }) => target)).toContain("/var/mnt/longhorn");
    expect((await get(CP1, "members")).map(({ hostname }) => hostname)).toEqual([
      "cp-1",
      "cp-2",
      "cp-3",
      "worker-1",
    ]);
    expect(await get(WORKER, "nodename")).toMatchObject([{ nodename: "worker-1" }]);
    expect(await get(WORKER, "nodestatus")).toMatchObject([{ nodeReady: true, unschedulable: false }]);
    expect((await get(CP1, "disks")).map(({ pretty_size }) => pretty_size)).toContain("43 GB");
    const missing = await lab.talosctl(CP1, "get", "volumestatus", "u-nothing");
    expect(missing.stderr).toContain("doesn't exist");
  });

  it("for health, check by check", async () => {
    const { code, stderr } = await lab.talosctl(CP1, "health", "--wait-timeout", "10s");
    expect(code, stderr).toBe(0);
    expect(stderr).toContain("waiting for etcd to be healthy: OK");
    expect(stderr).toContain("waiting for all k8s nodes to report ready: OK");
  });

  it("for a kubeconfig, and for the services", async () => {
    const file = join(lab.folder, "kubeconfig");
    expect((await lab.talosctl(CP1, "kubeconfig", file, "--merge=false")).code).toBe(0);
    expect(await readFile(file, "utf8")).toContain("https://192.168.1.126:6443");
    const { stdout, stderr } = await lab.talosctl(CP2, "services");
    expect(stdout, stderr).toMatch(/etcd +Running +OK/);
  });

  it("for something that is not simulated, and hears so", async () => {
    const { code, stderr } = await lab.talosctl(CP1, "processes");
    expect(code).toBe(1);
    expect(stderr).toContain("code = Unimplemented desc = method Processes not implemented");
    expect((await lab.talosctl(CP1, "get", "addresses")).stderr).toContain("is not registered");
  });

  it("a node that nobody knows", async () => {
    const { code, stderr } = await lab.talosctl(`${CP1},10.0.0.9`, "etcd", "status");
    expect(code).toBe(0);
    expect(stderr).toContain("10.0.0.9: rpc error: code = Unavailable");
    expect(stderr).toContain("no route to host");
  });

  it("with the certificate of another cluster, and is refused on either side", async () => {
    const { code, stderr } = await lab.stranger(CP1, "version");
    expect(code).toBe(1);
    expect(stderr).toContain("x509: certificate signed by unknown authority");
  });

  it("a node whose answer a fault takes away", async () => {
    const first = await lab.talosctl(CP3, "etcd", "alarm", "list");
    expect(first.stderr).toContain("injected fault");
    expect((await lab.talosctl(CP3, "etcd", "alarm", "list")).code).toBe(0);
    expect(faults.injected).toHaveLength(1);
  });
});

describe("the API", () => {
  it("listens elsewhere when its port is taken, and says what it cannot start", async () => {
    const { talosHelper } = await readToolchain();
    const second = await serveTalos(lab.world, { executable: talosHelper, port: lab.port });
    expect(second.port).not.toBe(lab.port);
    await second.close();
    await expect(serveTalos(lab.world, { executable: "/nowhere/talos" })).rejects.toThrow(
      "Cannot start /nowhere/talos",
    );
  });

  it("ends with its parent: without anybody on its standard input", async () => {
    const { talosHelper } = await readToolchain();
    const child = spawn(talosHelper, ["nodes"], { stdio: ["pipe", "pipe", "inherit"] });
    await once(child.stdout, "data");
    child.stdin.end();
    expect(await once(child, "exit")).toEqual([0, null]);
  });
});

describe("etcd by talosctl", () => {
  it("has one leader among three, and another once that forfeits", async () => {
    const lines = async () => {
      const { stdout } = await lab.talosctl(EVERYONE, "etcd", "status");
      return stdout.trim().split("\n").slice(1);
    };
    const leaders = (await lines()).map((line) => /\) +([0-9a-f]{16})/.exec(line)![1]);
    expect(leaders).toHaveLength(3);
    expect(new Set(leaders).size).toBe(1);
    const leading = cluster().etcd[leaderOf(lab.world, cluster())!]!.address!;
    expect((await lab.talosctl(leading, "etcd", "forfeit-leadership")).code).toBe(0);
    const after = (await lines()).map((line) => /\) +([0-9a-f]{16})/.exec(line)![1]);
    expect(new Set(after).size).toBe(1);
    expect(after[0]).not.toBe(leaders[0]);
    const { stdout } = await lab.talosctl(CP1, "etcd", "members");
    expect(stdout.match(/https:\/\/192\.168\.1\.\d+:2379 +false/g)).toHaveLength(3);
  });

  it("shows an alarm", async () => {
    setFault(lab.world, "etcd-alarm", 127);
    expect((await lab.talosctl(CP1, "etcd", "alarm", "list")).stdout).toMatch(/[0-9a-f]{16} +NOSPACE/);
    clearFault(lab.world, "etcd-alarm");
  });
});

describe("an upgrade by talosctl", () => {
  it("pulls first, and hears of an image that does not exist", async () => {
    const image = installer(lab.schematic, "v1.12.1");
    const pulled = await lab.talosctl(CP2, "image", "pull", "--namespace", "system", image);
    expect(pulled.code, pulled.stderr).toBe(0);
    const { stdout } = await lab.talosctl(CP2, "image", "list", "--namespace", "system");
    expect(stdout).toContain(image);
    const missing = installer(lab.schematic, "v1.12.99");
    const refused = await lab.talosctl(CP2, "image", "pull", "--namespace", "system", missing);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain(`${missing}: not found`);
    expect(records("node-down")).toEqual([]);
  });

  it("waits through the reboot, and the node then runs the image", async () => {
    const before = lab.world.state.machines[127]!.bootId;
    const image = installer(lab.schematic, "v1.12.1");
    const { code, stderr } = await lab.talosctl(CP2, "upgrade", "--image", image, "--timeout", "60s");
    expect(code, stderr).toBe(0);
    expect(stderr).toContain("phase: drain action: START");
    expect(stderr).toContain("task: upgrade action: STOP");
    expect(stderr).toContain("post check passed");
    expect(lab.world.state.machines[127]!.bootId).not.toBe(before);
    expect((await lab.talosctl(CP2, "version", "--short")).stdout).toContain("v1.12.1");
    expect(records("upgrade-done")).toHaveLength(1);
    expect(records("node-down")).toHaveLength(1);
    expect(records("etcd-quorum-lost")).toEqual([]);
  });

  it("fails with the sequence when the installer refuses the jump", async () => {
    const image = installer(lab.schematic, "v1.9.0");
    const { code, stderr } = await lab.talosctl(WORKER, "upgrade", "--image", image, "--timeout", "60s");
    expect(code).toBe(1);
    expect(stderr).toContain('task "upgrade" failed: exit code 1');
    await lab.world.clock.sleep(200);
    await lab.world.settle();
    expect((await lab.talosctl(WORKER, "version", "--short")).stdout).toMatch(/Server:[^]*v1\.12\.0/);
  });

  it("gives up in its own time on a node that does not come back; a reboot by power helps", async () => {
    setFault(lab.world, "reboot-hangs", 129);
    const { code, stderr } = await lab.talosctl(WORKER, "reboot", "--timeout", "5s");
    expect(code).toBe(1);
    expect(stderr).toContain("unavailable, retrying");
    expect((await lab.talosctl(WORKER, "version")).stderr).toContain("no route to host");
    clearFault(lab.world, "reboot-hangs");
    await lab.world.clock.sleep(10);
    await lab.world.settle();
    await lab.world.clock.sleep(120);
    expect((await lab.talosctl(WORKER, "version")).code).toBe(0);
  });
});

describe("recovery by talosctl", () => {
  it("brings a cluster back whose etcd is lost, from a snapshot of it", async () => {
    const file = join(lab.folder, "etcd.snapshot");
    const taken = await lab.talosctl(CP1, "etcd", "snapshot", file);
    expect(taken.code, taken.stderr).toBe(0);
    expect(taken.stdout).toMatch(/snapshot info: hash [0-9a-f]{8}, revision \d+, total keys \d+/);
    const names = Object.keys(cluster().nodes);

    const { world } = lab;
    const config = world.state.machines[126]!.machineConfig!;
    for (const vmId of [126, 127, 128]) {
      await resetMachine(world, world.state.machines[vmId]!, { graceful: false, reboot: true });
    }
    expect(world.state.clusters).toEqual({});
    await world.clock.until(world.state.machines[126]!.answersAt + 1);
    const first = world.state.machines[126]!;
    await world.exclusive((held) => applyConfiguration(held, first, { machineConfig: config, mode: "auto" }));
    await world.clock.sleep(60);

    const recovered = await lab.talosctl(CP1, "bootstrap", "--recover-from", file);
    expect(recovered.code, recovered.stderr).toBe(0);
    expect(recovered.stdout).toContain("recovering from snapshot");
    await world.clock.sleep(200);
    await world.settle();
    expect(Object.keys(cluster().nodes)).toEqual(names);
    expect((await lab.talosctl(CP1, "etcd", "members")).stdout).toContain("cp-1");
    expect(records("etcd-recovered")).toMatchObject([{ severity: "info", subject: "cp-1" }]);
    const again = await lab.talosctl(CP1, "bootstrap");
    expect(again.stderr).toContain("etcd data directory is not empty");
  });
});
