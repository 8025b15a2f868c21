/** What Longhorn's manager, its webhook and its CSI plugin take of the chart's values, each in its own words. */
import { beforeEach, describe, expect, test } from "vitest";
import { bindClaim } from "../../../../rehearsal/world/longhorn/volumes/claims.ts";
import { installRelease } from "../../../../rehearsal/world/kubernetes/helm/releases.ts";
import { health } from "../../../../rehearsal/world/longhorn/health.ts";
import { readValues } from "../../../../rehearsal/world/longhorn/chart/values.ts";
import { attachVolume, createVolume } from "../../../../rehearsal/world/longhorn/volumes/volumes.ts";
import {
  fakeCluster,
  GIB,
  LONGHORN,
  LONGHORN_VALUES,
  privileged,
  type FakeCluster,
} from "../../../support/world/fake-cluster.ts";

let cluster: FakeCluster;

beforeEach(() => {
  cluster = fakeCluster();
  privileged(cluster, "longhorn-system");
});

const install = (persistence: Record<string, unknown>, defaultSettings: Record<string, unknown> = {}) =>
  installRelease(cluster, {
    ...LONGHORN,
    values: {
      persistence: { ...LONGHORN_VALUES.persistence, ...persistence },
      defaultSettings: { ...LONGHORN_VALUES.defaultSettings, ...defaultSettings },
    },
  });

const claim = (size = "1Gi") =>
  bindClaim(cluster, { namespace: "a", name: "b", size, storageClass: "longhorn" });

describe("a claim is provisioned by the class's parameters", () => {
  test.each([
    [
      { defaultDataLocality: "strict-local" },
      'admission webhook "validator.longhorn.io" denied the request: number of replica count should be 1 when data locality is strict-local',
    ],
    [{ defaultDataLocality: "local" }, "invalid parameter dataLocality: invalid data locality mode: local"],
    [{ defaultClassReplicaCount: "two" }, 'invalid parameter numberOfReplicas: strconv.Atoi: parsing "two"'],
    [{ defaultClassReplicaCount: 21 }, "replica count value 21 must between 1 to 20"],
    [{ unmapMarkSnapChainRemoved: "true" }, "invalid UnmapMarkSnapChainRemoved setting: true"],
    [
      { disableRevisionCounter: "yes" },
      'invalid parameter disableRevisionCounter: strconv.ParseBool: parsing "yes"',
    ],
    [{ dataEngine: "v2" }, "v2-data-engine data engine is not enabled"],
    [{ defaultNodeSelector: { enable: true, selector: "fast" } }, "tags not fulfilled"],
  ])("not with %j", async (persistence, words) => {
    await install(persistence);
    expect(await claim()).toContain(words);
  });

  test.each([
    { defaultDataLocality: "strict-local", defaultClassReplicaCount: 1 },
    { defaultDataLocality: "best-effort" },
    { dataEngine: "v2", disableRevisionCounter: "" },
    { defaultNodeSelector: { enable: false, selector: "fast" } },
    { reclaimPolicy: "Retain", volumeBindingMode: "WaitForFirstConsumer" },
  ])("with %j", async (persistence) => {
    await install(persistence);
    expect(await claim()).toBeUndefined();
  });

  test("no count at all means that of the setting", async () => {
    await install({ defaultClassReplicaCount: 0 });
    expect((await createVolume(cluster, { claim: "a/b", sizeBytes: GIB })).replicasWanted).toBe(2);
  });

  test.each([
    ["xfs", "128Mi", "XFS filesystems with size 134217728, smaller than 314572800, are not supported"],
    ["xfs", "300Mi", undefined],
    ["ext4", "128Mi", undefined],
  ])("%s of %s", async (defaultFsType, size, words) => {
    await install({ defaultFsType });
    expect((await claim(size)) ?? "").toContain(words ?? "");
    if (words === undefined) expect(await claim(size)).toBeUndefined();
  });

  test("a filesystem that the plugin has no mkfs for fails at every mount", async () => {
    await install({ defaultFsType: "btrfs" });
    const { name } = await createVolume(cluster, { claim: "a/b", sizeBytes: GIB });
    // However often it is tried.
    for (let go = 0; go < 2; go++) {
      await expect(attachVolume(cluster, name, "worker-1")).rejects.toThrow(
        '"mkfs.btrfs": executable file not found in $PATH',
      );
    }
  });

  test("a class that the API server refuses is not there", async () => {
    await install({ reclaimPolicy: "Keep" });
    expect(await claim()).toContain('storageclass.storage.k8s.io "longhorn" not found');
    expect(health(cluster).problems.join()).toContain(
      'StorageClass.storage.k8s.io "longhorn" is invalid: reclaimPolicy: Unsupported value: "Keep"',
    );
  });
});

describe("a setting that the manager does not take is passed over, and its default stays", () => {
  test.each([
    [{ defaultReplicaCount: { v1: "2" } }, "mismatched data engines"],
    [{ defaultReplicaCount: "21" }, "should be less than or equal to 20"],
    [{ nodeDrainPolicy: "block" }, "value block is not a valid choice"],
    [{ storageMinimalAvailablePercentage: "101" }, "should be less than or equal to 100"],
    [{ replicaAutoBalance: "on" }, "value on is not a valid choice"],
    [{ concurrentAutomaticEngineUpgradePerNodeLimit: "-1" }, "should be larger than or equal to 0"],
    [{ engineReplicaTimeout: { v1: "4", v2: "8" } }, "value 4 should be larger than or equal to 8"],
    [{ autoSalvage: { v1: "true" } }, "JSON-formatted value is not supported"],
    [{ snapshotMaxCount: "1" }, "should be larger than or equal to 2"],
    [
      { defaultDatapath: "/var/mnt/longhorn" },
      "defaultSettings.defaultDatapath is in no template of the chart",
    ],
  ])("%j", (defaultSettings, words) => {
    const { settings, warnings } = readValues({ defaultSettings });
    expect(warnings).toEqual([expect.stringContaining(words)]);
    expect(settings).toEqual(readValues({}).settings);
  });

  test("what it takes is in force", () => {
    const { settings, warnings } = readValues({
      defaultSettings: { replicaAutoBalance: "best-effort", engineReplicaTimeout: { v1: "8", v2: "30" } },
    });
    expect(warnings).toEqual([]);
    expect(settings).toMatchObject({
      "replica-auto-balance": "best-effort",
      "engine-replica-timeout": '{"v1":"8","v2":"30"}',
    });
  });
});
