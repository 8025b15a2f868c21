import { describe, expect, test } from "vitest";
import { LONGHORN_NAMESPACE, longhornValues, STORAGE_CLASS } from "../../../src/longhorn/values.ts";
import { lab, rack } from "../../components/support/homelabs.ts";
import { storageStage } from "../../../src/stages.ts";

/** As the chart's ConfigMap, storage class and CSI deployer will have them. */
const LAB_VALUES = {
  defaultSettings: {
    defaultDataPath: "/var/mnt/longhorn",
    defaultReplicaCount: { v1: "2", v2: "2" },
    replicaSoftAntiAffinity: "false",
    createDefaultDiskLabeledNodes: "true",
    concurrentAutomaticEngineUpgradePerNodeLimit: "1",
    deletingConfirmationFlag: "false",
  },
  persistence: { defaultClass: true, defaultClassReplicaCount: "2" },
  csi: {
    attacherReplicaCount: "2",
    provisionerReplicaCount: "2",
    resizerReplicaCount: "2",
    snapshotterReplicaCount: "2",
  },
  longhornUI: { replicas: 2 },
};

const THREE = {
  attacherReplicaCount: "3",
  provisionerReplicaCount: "3",
  resizerReplicaCount: "3",
  snapshotterReplicaCount: "3",
};
const TOLERATION = {
  tolerations: [{ key: "node-role.kubernetes.io/control-plane", operator: "Exists", effect: "NoSchedule" }],
};

describe("Longhorn's values", () => {
  test("names that other stages build on", () => {
    expect([LONGHORN_NAMESPACE, STORAGE_CLASS]).toEqual(["longhorn-system", "longhorn"]);
  });

  test("lab: two replicas on two nodes, in all three places, as strings", () => {
    expect(longhornValues(storageStage(lab()))).toStrictEqual(LAB_VALUES);
  });

  test("rack: three replicas on three workers; the control planes take no part", () => {
    expect(longhornValues(storageStage(rack()))).toStrictEqual({
      ...LAB_VALUES,
      defaultSettings: { ...LAB_VALUES.defaultSettings, defaultReplicaCount: { v1: "3", v2: "3" } },
      persistence: { defaultClass: true, defaultClassReplicaCount: "3" },
      csi: THREE,
      longhornUI: { replicas: 2 },
    });
  });

  test("tolerated control planes: manager, driver and what Longhorn starts itself", () => {
    const config = lab({
      cluster: { allowSchedulingOnControlPlanes: false },
      longhorn: { tolerateControlPlanes: true },
    });
    expect(longhornValues(storageStage(config))).toStrictEqual({
      ...LAB_VALUES,
      defaultSettings: {
        ...LAB_VALUES.defaultSettings,
        taintToleration: "node-role.kubernetes.io/control-plane:NoSchedule",
      },
      longhornManager: TOLERATION,
      longhornDriver: TOLERATION,
    });
  });

  test("no more copies of a sidecar than nodes that can run one, and at most three", () => {
    const closed = lab({ cluster: { allowSchedulingOnControlPlanes: false } });
    expect(longhornValues(storageStage(closed))).toMatchObject({
      csi: {
        attacherReplicaCount: "1",
        provisionerReplicaCount: "1",
        resizerReplicaCount: "1",
        snapshotterReplicaCount: "1",
      },
      longhornUI: { replicas: 1 },
    });
    const open = rack({ cluster: { allowSchedulingOnControlPlanes: true } });
    expect(longhornValues(storageStage(open))).toMatchObject({ csi: THREE, longhornUI: { replicas: 2 } });
  });

  test("data path, replicas and the uninstall flag follow the configuration", () => {
    const config = lab({
      longhorn: { dataPath: "/var/mnt/longhorn/replicas", replicaCount: 1, deletingConfirmation: true },
    });
    expect(longhornValues(storageStage(config))).toStrictEqual({
      ...LAB_VALUES,
      defaultSettings: {
        ...LAB_VALUES.defaultSettings,
        defaultDataPath: "/var/mnt/longhorn/replicas",
        defaultReplicaCount: { v1: "1", v2: "1" },
        deletingConfirmationFlag: "true",
      },
      persistence: { defaultClass: true, defaultClassReplicaCount: "1" },
    });
  });

  test("every setting is a string, or a map of strings", () => {
    const { defaultSettings } = longhornValues(storageStage(lab())) as {
      defaultSettings: Record<string, unknown>;
    };
    const leaves = Object.values(defaultSettings).flatMap((value) =>
      typeof value === "object" && value !== null ? (Object.values(value) as unknown[]) : [value],
    );
    expect(leaves.filter((leaf) => typeof leaf !== "string")).toEqual([]);
  });
});
