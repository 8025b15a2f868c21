import { describe, expect, test } from "vitest";
import { longhornValues } from "../../../src/longhorn/values.ts";
import { coalesced, hasData, readData, unknownPaths } from "../../components/support/charts.ts";
import { lab, rack } from "../../components/support/homelabs.ts";

const VALUES = "longhorn-1.12.1.values.yaml";

describe.skipIf(!hasData(VALUES))("Longhorn's chart 1.12.1", () => {
  test.each([
    ["lab", lab()],
    ["rack", rack()],
    ["tolerated control planes", lab({ longhorn: { tolerateControlPlanes: true } })],
  ])("has a key for every value of %s: it would ignore any other", (_, config) => {
    expect(unknownPaths(readData(VALUES), longhornValues(config))).toEqual([]);
  });

  test("would show a misspelt one", () => {
    const values = { defaultSettings: { defaultDatapath: "x" }, csi: { attacherReplicas: 1 } };
    expect(unknownPaths(readData(VALUES), values)).toEqual([
      "defaultSettings.defaultDatapath",
      "csi.attacherReplicas",
    ]);
  });

  test("comes out with the replica counts in all three places and none of its own left", () => {
    const values = coalesced(readData(VALUES), longhornValues(lab()));
    expect(values.persistence).toMatchObject({ defaultClass: true, defaultClassReplicaCount: "2" });
    expect(values.defaultSettings).toMatchObject({ defaultReplicaCount: { v1: "2", v2: "2" } });
    const csi = Object.entries(values.csi as object).filter(([key]) => /ReplicaCount$/.test(key));
    expect(csi.map(([, count]) => count as unknown)).toEqual(["2", "2", "2", "2"]);
  });
});
