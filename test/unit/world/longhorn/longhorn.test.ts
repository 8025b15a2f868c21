import { beforeEach, describe, expect, test } from "vitest";
import {
  installRelease,
  uninstallRelease,
  upgradeRelease,
} from "../../../../rehearsal/world/kubernetes/helm/releases.ts";
import { rebuildReplicas } from "../../../../rehearsal/world/longhorn/volumes/rebuild.ts";
import { drainBlockedBy } from "../../../../rehearsal/world/longhorn/drain.ts";
import { health } from "../../../../rehearsal/world/longhorn/health.ts";
import { readValues } from "../../../../rehearsal/world/longhorn/chart/values.ts";
import {
  attachVolume,
  createVolume,
  deleteVolume,
  detachVolume,
  readFile,
  writeFile,
} from "../../../../rehearsal/world/longhorn/volumes/volumes.ts";
import {
  fakeCluster,
  GIB,
  LONGHORN,
  LONGHORN_VALUES,
  notes,
  privileged,
  type FakeCluster,
} from "../../../support/world/fake-cluster.ts";

let cluster: FakeCluster;

beforeEach(() => {
  cluster = fakeCluster();
  privileged(cluster, "longhorn-system");
});

const install = (values: Record<string, unknown> = LONGHORN_VALUES, timeoutSeconds?: number) =>
  installRelease(cluster, { ...LONGHORN, values, ...(timeoutSeconds ? { timeoutSeconds } : {}) });

const withSettings = (settings: Record<string, unknown>) => ({
  ...LONGHORN_VALUES,
  defaultSettings: { ...LONGHORN_VALUES.defaultSettings, ...settings },
});

describe("a time limit", () => {
  test("holds for what comes up in the end, too: the release failed, and its pods run", async () => {
    await expect(install(LONGHORN_VALUES, 60)).rejects.toThrow(
      "context deadline exceeded (in the rehearsal: it takes 130 s, and timeout gives it 60 s)",
    );
    expect(cluster.state.releases["longhorn-system/longhorn"]?.status).toBe("failed");
    expect(health(cluster)).toMatchObject({ problems: [] });
  });

  test("that is just long enough is", async () => {
    await install(LONGHORN_VALUES, 130);
  });
});

describe("installing", () => {
  test("comes up healthy with the article's values, on the data disks", async () => {
    await install();
    expect(health(cluster)).toMatchObject({
      installed: true,
      dataPath: "/var/mnt/longhorn",
      storageClass: "longhorn",
      classReplicaCount: 2,
      defaultReplicaCount: 2,
      hardAntiAffinity: true,
      anyOnSystemDisk: false,
      problems: [],
      nodes: [
        { name: "cp-1", diskId: "data-101", onSystemDisk: false },
        { name: "worker-1", diskId: "data-102", onSystemDisk: false },
      ],
    });
  });

  test("without iscsi-tools the managers crash and the release fails with their words, after its timeout", async () => {
    for (const name of ["cp-1", "worker-1"]) cluster.host(name).installed = ["siderolabs/util-linux-tools"];
    const before = cluster.world.clock.now();
    await expect(install(LONGHORN_VALUES, 600)).rejects.toThrow(
      "please make sure you have iscsiadm/open-iscsi installed on the host",
    );
    expect(cluster.world.clock.now() - before).toBeGreaterThanOrEqual(600);
    expect(cluster.state.releases["longhorn-system/longhorn"]?.status).toBe("failed");
  });

  test("one node without iscsi-tools does not stop Helm, but that node has no storage", async () => {
    cluster.host("cp-1").installed = ["siderolabs/util-linux-tools"];
    await install();
    const found = health(cluster);
    expect(found.nodes.map(({ name }) => name)).toEqual(["worker-1"]);
    expect(found.problems.join()).toContain("longhorn-manager on cp-1");
  });

  test("without util-linux-tools it installs, and trimming is what fails", async () => {
    cluster.host("worker-1").installed = ["siderolabs/iscsi-tools"];
    await install();
    expect(health(cluster).problems).toEqual([expect.stringContaining("nsenter: failed to execute fstrim")]);
  });

  test("in a namespace without the label its pods are refused", async () => {
    cluster.state.namespaces["longhorn-system"] = { labels: {}, createdAt: 0 };
    await expect(install()).rejects.toThrow(
      'pods "longhorn-manager-" is forbidden: violates PodSecurity "baseline:latest": hostPath volumes (volumes "boot", "dev", "proc", "etc", "longhorn"), privileged (container "longhorn-manager" must not set securityContext.privileged=true)',
    );
  });

  test.each([undefined, "private", "rslave"])(
    "kubelet mount with propagation %s: not a shared mount",
    async (propagation) => {
      for (const name of ["cp-1", "worker-1"]) cluster.host(name).propagation = propagation;
      await expect(install()).rejects.toThrow(
        /path "\/var\/mnt\/longhorn" is mounted on ".*" but it is not a shared mount/,
      );
    },
  );

  test("data path /var/lib/longhorn is the system disk, in spite of the kubelet's bind mount", async () => {
    await install(withSettings({ defaultDataPath: "/var/lib/longhorn" }));
    const found = health(cluster);
    expect(found.anyOnSystemDisk).toBe(true);
    expect(found.nodes.map(({ diskId }) => diskId)).toEqual(["os-101", "os-102"]);
    expect(cluster.world.state.events.filter(({ severity }) => severity === "catastrophe")).toHaveLength(2);
  });

  test("a data volume that waits means the same", async () => {
    cluster.host("worker-1").mounted = false;
    await install();
    expect(health(cluster).problems).toContain(
      "the data path /var/mnt/longhorn lies on the system disk of worker-1",
    );
  });

  test("an unknown version, chart or repository is said so", async () => {
    const named = { ...LONGHORN, values: {} };
    await expect(installRelease(cluster, { ...named, version: "9.9.9" })).rejects.toThrow(
      'chart "longhorn" version "9.9.9" not found in https://charts.longhorn.io repository',
    );
    await expect(installRelease(cluster, { ...named, chart: "argo-cd" })).rejects.toThrow("models longhorn");
    await expect(installRelease(cluster, { ...named, repository: "https://example.org" })).rejects.toThrow(
      "cannot be reached",
    );
  });
});

describe("settings", () => {
  test("numbers are quoted, maps become JSON, null leaves the default", () => {
    const { settings, warnings } = readValues({
      defaultSettings: {
        storageOverProvisioningPercentage: 150,
        defaultReplicaCount: { v1: "2", v2: "2" },
        nodeDrainPolicy: null,
      },
    });
    expect(settings["storage-over-provisioning-percentage"]).toBe("150");
    expect(settings["default-replica-count"]).toBe('{"v1":"2","v2":"2"}');
    expect(settings["node-drain-policy"]).toBe("block-if-contains-last-replica");
    expect(warnings).toEqual([]);
  });

  test("numbers inside a per-engine map are ignored by the manager, and the default stays", () => {
    const { settings, warnings } = readValues({ defaultSettings: { defaultReplicaCount: { v1: 2, v2: 2 } } });
    expect(settings["default-replica-count"]).toBe('{"v1":"3","v2":"3"}');
    expect(warnings[0]).toContain("Invalid customized default setting default-replica-count");
  });

  test("a later data path does not move the disks of known nodes", async () => {
    await install();
    await upgradeRelease(cluster, {
      ...LONGHORN,
      values: withSettings({ defaultDataPath: "/var/lib/longhorn" }),
    });
    expect(health(cluster).nodes.map(({ diskId }) => diskId)).toEqual(["data-101", "data-102"]);
  });

  test("control planes that are tainted get no manager unless it tolerates them", async () => {
    cluster.state.nodes["cp-1"]!.taints = ["node-role.kubernetes.io/control-plane=:NoSchedule"];
    await install();
    expect(health(cluster).nodes.map(({ name }) => name)).toEqual(["worker-1"]);
    expect(health(cluster).problems).toContain(
      "storage class longhorn asks for 2 replicas, 1 nodes have storage",
    );
  });
});

describe("volumes", () => {
  test("two replicas on two nodes are healthy; three are degraded", async () => {
    await install();
    expect((await createVolume(cluster, { claim: "a/two", sizeBytes: GIB })).robustness).toBe("healthy");
    const three = await createVolume(cluster, { claim: "a/three", sizeBytes: GIB, replicas: 3 });
    expect(three.robustness).toBe("degraded");
    expect(three.replicas.map(({ node }) => node).sort()).toEqual(["cp-1", "worker-1"]);
  });

  test("soft anti-affinity puts a third replica on a node that has one", async () => {
    await install(withSettings({ replicaSoftAntiAffinity: true }));
    const volume = await createVolume(cluster, { claim: "a/three", sizeBytes: GIB, replicas: 3 });
    expect(volume.robustness).toBe("healthy");
  });

  test("an attached volume is an iSCSI disk of its exact size, on one node at a time", async () => {
    await install();
    const { name } = await createVolume(cluster, { claim: "a/b", sizeBytes: 40 * GIB, ignoreCapacity: true });
    await attachVolume(cluster, name, "worker-1");
    expect(cluster.host("worker-1").iscsi).toEqual([{ name, sizeBytes: 42_949_672_960 }]);
    await expect(attachVolume(cluster, name, "cp-1")).rejects.toThrow("Multi-Attach error");
    await detachVolume(cluster, name);
    expect(cluster.host("worker-1").iscsi).toEqual([]);
  });

  test("a volume that the reserved share leaves no room for is not placed", async () => {
    await install();
    await expect(createVolume(cluster, { claim: "a/big", sizeBytes: 29 * GIB })).rejects.toThrow(
      "insufficient storage",
    );
    await createVolume(cluster, { claim: "a/fits", sizeBytes: 28 * GIB });
  });

  test("files can be written while it is attached, and outlive a detach", async () => {
    await install();
    const { name } = await createVolume(cluster, { claim: "a/b", sizeBytes: GIB });
    const file = { content: "x", uid: 0, gid: 0, mode: "0600" };
    expect(() => writeFile(cluster, name, "/x", file)).toThrow("not attached");
    await attachVolume(cluster, name, "cp-1");
    writeFile(cluster, name, "/x", file);
    await detachVolume(cluster, name);
    expect(readFile(cluster, name, "/x")).toEqual(file);
  });

  test("a node that is down degrades its volumes, and they are rebuilt when it is back", async () => {
    await install();
    const volume = await createVolume(cluster, { claim: "a/b", sizeBytes: GIB });
    await attachVolume(cluster, volume.name, "cp-1");
    cluster.host("worker-1").up = false;
    expect(health(cluster).volumes[0]?.robustness).toBe("degraded");
    cluster.host("worker-1").up = true;
    await rebuildReplicas(cluster);
    expect(volume.robustness).toBe("healthy");
    expect(notes(cluster, "replica-rebuilt")).toHaveLength(1);
  });

  test("losing the disks of both replicas loses the volume, on record", async () => {
    await install();
    await createVolume(cluster, { claim: "a/b", sizeBytes: GIB });
    for (const name of ["cp-1", "worker-1"]) cluster.host(name).data.files = {};
    expect(health(cluster).volumes[0]?.robustness).toBe("faulted");
    expect(cluster.world.state.events.some(({ severity }) => severity === "catastrophe")).toBe(true);
  });

  test("deleting one takes its replicas' directories along", async () => {
    await install();
    const { name } = await createVolume(cluster, { claim: "a/b", sizeBytes: GIB });
    expect(Object.keys(cluster.host("cp-1").data.files).some((path) => path.startsWith("replicas/"))).toBe(
      true,
    );
    await deleteVolume(cluster, name);
    expect(Object.keys(cluster.host("cp-1").data.files)).toEqual(["longhorn-disk.cfg"]);
  });
});

describe("draining", () => {
  test("is blocked while the node has a volume's last healthy replica", async () => {
    await install();
    await createVolume(cluster, { claim: "a/b", sizeBytes: GIB, replicas: 1 });
    const [holder] = health(cluster).volumes[0]!.replicas;
    const other = holder!.node === "cp-1" ? "worker-1" : "cp-1";
    expect(drainBlockedBy(cluster, holder!.node)).toContain(
      "Cannot evict pod as it would violate the pod's disruption budget",
    );
    expect(drainBlockedBy(cluster, other)).toBeUndefined();
  });

  test("goes through with a healthy replica elsewhere, or when always allowed", async () => {
    await install(withSettings({ nodeDrainPolicy: "always-allow" }));
    await createVolume(cluster, { claim: "a/b", sizeBytes: GIB, replicas: 1 });
    expect(drainBlockedBy(cluster, "cp-1") ?? drainBlockedBy(cluster, "worker-1")).toBeUndefined();
  });
});

describe("uninstalling", () => {
  test("fails while the confirmation flag is not set, and changes nothing", async () => {
    await install();
    await expect(uninstallRelease(cluster, "longhorn-system", "longhorn")).rejects.toThrow(
      "cannot uninstall Longhorn because deleting-confirmation-flag is set to `false`",
    );
    expect(cluster.state.longhorn).toBeDefined();
  });

  test("goes through once it was set", async () => {
    await install();
    await upgradeRelease(cluster, { ...LONGHORN, values: withSettings({ deletingConfirmationFlag: true }) });
    await uninstallRelease(cluster, "longhorn-system", "longhorn");
    expect(cluster.state.longhorn).toBeUndefined();
    expect(cluster.state.releases).toEqual({});
  });
});

describe("upgrading", () => {
  const at = (version: string) => ({ ...LONGHORN, version, values: LONGHORN_VALUES });

  test("goes one minor at a time, in Longhorn's own words; a refused upgrade changes nothing that runs", async () => {
    await installRelease(cluster, at("1.10.2"));
    const refused =
      "pre-upgrade hooks failed: job longhorn-pre-upgrade failed: BackoffLimitExceeded: " +
      'level=fatal msg="failed to upgrade since upgrading from v1.10.2 to v1.12.1 for minor version is not supported"';
    await expect(upgradeRelease(cluster, at("1.12.1"))).rejects.toThrow(refused);
    expect(cluster.state.longhorn?.version).toBe("1.10.2");
    // Helm's books now say 1.12.1, failed; what runs is what counts.
    await expect(upgradeRelease(cluster, at("1.12.1"))).rejects.toThrow(refused);
    await upgradeRelease(cluster, at("1.11.3"));
    await upgradeRelease(cluster, at("1.12.1"));
    expect(cluster.state.longhorn?.version).toBe("1.12.1");
  });

  test("never goes down", async () => {
    await installRelease(cluster, at("1.12.1"));
    await expect(upgradeRelease(cluster, at("1.11.3"))).rejects.toThrow(
      "failed to upgrade since downgrading from v1.12.1 to v1.11.3 is not supported",
    );
  });

  test("leaves volumes attached, with the engine that they had", async () => {
    await installRelease(cluster, at("1.11.3"));
    const { name } = await createVolume(cluster, { claim: "a/b", sizeBytes: GIB });
    await attachVolume(cluster, name, "worker-1");
    const events = cluster.world.state.events.length;
    await upgradeRelease(cluster, at("1.12.1"));
    expect(cluster.state.longhorn?.volumes[name]).toMatchObject({
      attachedTo: "worker-1",
      robustness: "healthy",
      engineVersion: "1.11.3",
    });
    const kinds = cluster.world.state.events.slice(events).map(({ kind }) => kind);
    expect(kinds).not.toContain("volume-detached");
    expect(kinds).not.toContain("volume-degraded");
  });
});
