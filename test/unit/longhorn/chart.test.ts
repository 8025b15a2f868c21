import { describe, expect, test } from "vitest";
import { longhornValues } from "../../../src/longhorn/values.ts";
import { lab, rack } from "../../components/support/homelabs.ts";
import { coalesced, sections, unknownPaths, type Values } from "../../support/charts.ts";
import { readFacts, testFacts } from "../../support/facts.ts";
import { storageStage } from "../../../src/stages.ts";

const FACTS = "longhorn-1.12.1";
/** Those that any of the values below sets. */
const SECTIONS = ["defaultSettings", "persistence", "csi", "longhornUI", "longhornManager", "longhornDriver"];

testFacts(
  FACTS,
  "Longhorn's chart 1.12.1, values.yaml: the keys of the sections that are set, without their values",
  ["longhorn-1.12.1.values.yaml"],
  (values: Values) => ({ values: sections(values, SECTIONS, () => null) }),
);

describe("Longhorn's chart 1.12.1", () => {
  const { values: chart } = readFacts<{ values: Values }>(FACTS);

  test.each([
    ["lab", lab()],
    ["rack", rack()],
    ["tolerated control planes", lab({ longhorn: { tolerateControlPlanes: true } })],
  ])("has a key for every value of %s: it would ignore any other", (_, config) => {
    expect(unknownPaths(chart, longhornValues(storageStage(config)))).toEqual([]);
  });

  test("would show a misspelt one", () => {
    const values = { defaultSettings: { defaultDatapath: "x" }, csi: { attacherReplicas: 1 } };
    expect(unknownPaths(chart, values)).toEqual(["defaultSettings.defaultDatapath", "csi.attacherReplicas"]);
  });

  test("comes out with the replica counts in all three places and none of its own left", () => {
    const values = coalesced(chart, longhornValues(storageStage(lab())));
    expect(values.persistence).toMatchObject({ defaultClass: true, defaultClassReplicaCount: "2" });
    expect(values.defaultSettings).toMatchObject({ defaultReplicaCount: { v1: "2", v2: "2" } });
    const csi = Object.entries(values.csi as object).filter(([key]) => /ReplicaCount$/.test(key));
    expect(csi.map(([, count]) => count as unknown)).toEqual(["2", "2", "2", "2"]);
  });
});
