/** Upgrades: what is in the state, in which order, and what its hooks do. */
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import type { HomelabConfig } from "../../src/config/types.ts";
import type { NodeImage } from "../../src/talos/upgrade/target.ts";
import { nameIn, optionsOf, resource } from "./support/find.ts";
import { lab, rack } from "./support/homelabs.ts";
import { KubernetesApi, nodeObject } from "./support/kubernetes-api.ts";
import { SCHEMATIC_ID } from "./support/mock-answers.ts";
import type { Run } from "./support/mock-engine.ts";
import { runHomelab } from "./support/run-homelab.ts";

const INSTALLER = `factory.talos.dev/nocloud-installer/${SCHEMATIC_ID}`;
const EXTENSIONS = ["siderolabs/iscsi-tools", "siderolabs/qemu-guest-agent", "siderolabs/util-linux-tools"];

function image(node: string, changes: Partial<NodeImage> = {}): NodeImage {
  return {
    node,
    talosVersion: "v1.12.0",
    schematicId: SCHEMATIC_ID,
    extensions: EXTENSIONS,
    installerImage: `${INSTALLER}:v1.12.0`,
    ...changes,
  };
}

describe("what is in the state", () => {
  let run: Run<unknown>;
  beforeAll(async () => void (run = await runHomelab(rack())));

  test("one value per node: what it runs", async () => {
    const single = await runHomelab(lab());
    expect(resource(single, "lab-talos-upgrade-cp-1-image").inputs).toEqual({ input: image("cp-1") });
    expect(resource(single, "lab-talos-upgrade-kubernetes-version").inputs).toEqual({
      input: { kubernetesVersion: "1.35.0" },
    });
  });

  const values = (...names: string[]) => names.map((name) => `rack-talos-upgrade-${name}-image`);
  const controlPlanes = values("cp-1", "cp-2", "cp-3");
  const workers = values("worker-1", "worker-2", "worker-3");

  test("workers after all control planes, Kubernetes last, no chain; and nothing happens at a creation", () => {
    for (const name of controlPlanes)
      expect(optionsOf(resource(run, name)), name).toEqual({ hooks: ["beforeUpdate"] });
    for (const name of workers)
      expect(optionsOf(resource(run, name)), name).toEqual({
        dependsOn: controlPlanes,
        hooks: ["beforeUpdate"],
      });
    expect(optionsOf(resource(run, "rack-talos-upgrade-kubernetes-version"))).toEqual({
      dependsOn: [...controlPlanes, ...workers],
      hooks: ["beforeUpdate"],
    });
  });

  test("after the disks are proven, so that every machine is there", () => {
    expect(optionsOf(resource(run, "rack-talos-upgrade"))).toEqual({ dependsOn: ["rack-talos-disk-proof"] });
  });

  test("control planes are first whatever the order of the config", async () => {
    const { nodes } = rack();
    const shuffled = await runHomelab(
      rack({ nodes: [nodes[4]!, nodes[2]!, nodes[0]!, nodes[3]!, nodes[1]!] }),
    );
    const before = (name: string) =>
      (resource(shuffled, `rack-talos-upgrade-${name}-image`).options.dependsOn ?? []).map(nameIn).sort();
    for (const name of ["cp-1", "cp-2", "cp-3"]) expect(before(name)).toEqual([]);
    for (const name of ["worker-1", "worker-2"]) expect(before(name)).toEqual(controlPlanes);
  });
});

describe("hooks", () => {
  let folder: string;
  let api: KubernetesApi;
  beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), "upgrade-"))));
  afterAll(() => rmSync(folder, { recursive: true }));
  beforeEach(async () => void (api = await KubernetesApi.start()));
  afterEach(() => api.stop());

  function talosctl(script: string): string {
    const path = join(folder, "talosctl");
    writeFileSync(path, `#!/bin/sh\necho "$*" >> '${folder}/calls'\n${script}\n`);
    chmodSync(path, 0o755);
    return path;
  }

  async function labWith(program: string, timeouts = {}) {
    const base = lab();
    const upgrade = {
      ...base.upgrade,
      talosctl: program,
      timeouts: { ...base.upgrade.timeouts, ...timeouts },
    };
    return runHomelab({ ...base, upgrade }, { answers: { kubeconfig: () => api.kubeconfig() } });
  }

  /** Both hooks of an update, as the engine runs them, and what they told. */
  async function update(run: Run<unknown>, name: string, before: unknown, after: unknown) {
    const lines: string[] = [];
    const spy = vi.spyOn(console, "log").mockImplementation((line: string) => void lines.push(line));
    const names = resource(run, name).options.hooks?.beforeUpdate ?? [];
    try {
      for (const hook of names)
        await run.hooks.get(hook)!({ name, oldInputs: { input: before }, newInputs: { input: after } });
      return { lines, error: undefined };
    } catch (error) {
      return { lines, error: (error as Error).message };
    } finally {
      spy.mockRestore();
    }
  }

  const newer = image("cp-1", {
    talosVersion: "v1.12.1",
    extensions: [...EXTENSIONS, "siderolabs/zfs"],
    installerImage: "i:v1.12.1",
  });

  test("the plan of a node: what becomes what, before anything is asked of anybody", async () => {
    const run = await labWith("/nowhere/talosctl");
    const { lines, error } = await update(run, "lab-talos-upgrade-cp-1-image", image("cp-1"), newer);
    expect(lines[0]).toContain("cp-1: Talos v1.12.0 -> v1.12.1, + siderolabs/zfs");
    // Then talosctl is needed, and only then.
    expect(error).toContain("/nowhere/talosctl was not found: an upgrade is done by talosctl.");
  });

  test.each([
    ["v1.10.0", 'v1.10.0 runs, and "v1.12.1" skips a minor'],
    ["v1.13.0", 'v1.13.0 runs, and "v1.12.1" is of an older minor'],
  ])("the plan refuses a jump that Talos does not support, from %s", async (talosVersion, refusal) => {
    const run = await labWith("/nowhere/talosctl");
    const { error } = await update(
      run,
      "lab-talos-upgrade-cp-1-image",
      image("cp-1", { talosVersion }),
      newer,
    );
    expect(error).toContain(`cp-1: homelab:cluster.talosVersion: ${refusal}`);
    expect(error).toMatch(/\. Nothing was changed\.$/);
  });

  test("the plan of Kubernetes refuses more than a minor version", async () => {
    const run = await labWith("/nowhere/talosctl");
    const name = "lab-talos-upgrade-kubernetes-version";
    const { error } = await update(
      run,
      name,
      { kubernetesVersion: "1.33.1" },
      { kubernetesVersion: "1.35.0" },
    );
    expect(error).toContain('homelab:cluster.kubernetesVersion: 1.33.1 runs, and "1.35.0" skips a minor');
  });

  test("the plan of Kubernetes refuses a Talos that the running one is too old for, whatever was asked of it", async () => {
    const run = await labWith("/nowhere/talosctl");
    const name = "lab-talos-upgrade-kubernetes-version";
    const { error } = await update(
      run,
      name,
      { kubernetesVersion: "1.29.6" },
      { kubernetesVersion: "1.30.0" },
    );
    expect(error).toContain(
      'homelab:cluster.talosVersion: "v1.12.0" supports Kubernetes 1.30 to 1.35, and 1.29.6 runs',
    );
  });

  test("a node that runs the image already is asked, and left alone", async () => {
    api.nodes = lab().nodes.map(({ name }) =>
      nodeObject(name, { talosVersion: "v1.12.0", schematicId: SCHEMATIC_ID, kubeletVersion: "v1.35.0" }),
    );
    const run = await labWith(
      talosctl(`
node() { echo "{\\"node\\": \\"$1\\", \\"metadata\\": {\\"id\\": \\"$2\\"}, \\"spec\\": $3}"; }
case "$*" in
*"version --client --short") echo "Talos v1.12.0" ;;
*"version --json")
  for a in 192.168.1.126 192.168.1.127; do echo "{\\"metadata\\":{\\"hostname\\":\\"$a\\"},\\"version\\":{\\"tag\\":\\"v1.12.0\\"}}"; done ;;
*"get machinestatuses -o json")
  for a in 192.168.1.126 192.168.1.127; do node $a machine '{"stage": "running", "status": {"ready": true}}'; done ;;
*"get extensions -o json")
  for e in iscsi-tools qemu-guest-agent util-linux-tools; do node 192.168.1.126 $e "{\\"metadata\\": {\\"name\\": \\"$e\\", \\"version\\": \\"1\\"}}"; done
  node 192.168.1.126 schematic '{"metadata": {"name": "schematic", "version": "${SCHEMATIC_ID}"}}' ;;
*"get volumestatuses -o json") node 192.168.1.126 u-longhorn '{"phase": "ready"}' ;;
*"etcd status") printf 'NODE            MEMBER             LEADER             LEARNER   ERRORS\\n192.168.1.126   0000000000000001   0000000000000001   false     \\n' ;;
*"etcd members") printf 'NODE            ID                 HOSTNAME   LEARNER\\n192.168.1.126   0000000000000001   cp-1       false\\n' ;;
*"etcd alarm list") ;;
*) exit 64 ;;
esac`),
    );
    const { lines, error } = await update(
      run,
      "lab-talos-upgrade-cp-1-image",
      image("cp-1", { talosVersion: "v1.11.9" }),
      image("cp-1"),
    );
    expect(error).toBeUndefined();
    expect(lines.map((line) => line.replace("info: [runtime] ", ""))).toEqual([
      "cp-1: Talos v1.11.9 -> v1.12.0",
      "cp-1: runs this image of Talos v1.12.0 already",
    ]);
    const calls = readFileSync(join(folder, "calls"), "utf8");
    expect(calls).not.toMatch(/upgrade|pull|snapshot/);
    expect(calls).not.toContain("the-talos-client-key");
  });

  test("a cluster that is not fit is waited for as long as the config says, and then named", async () => {
    const run = await labWith(
      talosctl(`case "$*" in *--short) echo "Talos v1.12.0" ;; *) echo "i/o timeout" >&2; exit 1 ;; esac`),
      { healthy: 1 },
    );
    const { error } = await update(run, "lab-talos-upgrade-cp-1-image", image("cp-1"), newer);
    expect(error).toContain(
      "cp-1: the cluster was not fit for its upgrade in time (1 s, homelab:upgrade.timeouts.healthy):\n" +
        "  cp-1 does not answer: `talosctl version --json`: exit code 1: i/o timeout\n",
    );
  });
});

test("hooks are one of a kind for all nodes, none named twice, and none belongs to a deletion", async () => {
  // The mocks refuse a second hook of a name; a delete hook would make a destroy without the program impossible.
  const ofUpgrades = async (config: HomelabConfig) =>
    [...(await runHomelab(config)).hooks.keys()].filter((name) => name.includes("-upgrade-")).length;
  expect([await ofUpgrades(lab()), await ofUpgrades(rack())]).toEqual([4, 4]);
});
