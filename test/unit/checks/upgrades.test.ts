import { describe, expect, test } from "vitest";
import { servicesBack, upgradedOnce } from "../../../rehearsal/checks/cluster/upgrades.ts";
import { evidence, UPGRADE, type Entry } from "./evidence.ts";

const all = [upgradedOnce, servicesBack];

describe("checks of an upgrade", () => {
  test("say nothing of a run without one", () => {
    const run = evidence([
      [1, "node-down", "cp-1", { vmId: 126 }],
      [2, "etcd-quorum-lost", "lab"],
    ]);
    expect(all.map((check) => check(run))).toEqual([undefined, undefined]);
    const earlier = evidence([UPGRADE, [2, "vm-started", "126"]], { before: 1 });
    expect(all.map((check) => check(earlier))).toEqual([undefined, undefined]);
  });

  test("an upgrade to the same image is done once, in this run and those before", () => {
    const done = (to: string, schematic = "a"): Entry => [
      20,
      "upgrade-done",
      "cp-1",
      { vmId: 126, to, schematic },
    ];
    expect(upgradedOnce(evidence([done("v1.12.1"), UPGRADE, done("v1.12.1")], { before: 1 }))).toMatchObject({
      ok: false,
      detail: "cp-1 was upgraded twice to v1.12.1 with schematic a",
    });
    expect(upgradedOnce(evidence([UPGRADE, done("v1.12.1"), done("v1.12.1", "b")]))).toMatchObject({
      ok: true,
    });
    const replaced: Entry[] = [UPGRADE, done("v1.12.1"), [30, "vm-created", "126"], done("v1.12.1")];
    expect(upgradedOnce(evidence(replaced))).toMatchObject({ ok: true });
  });

  test("how long what serves was away is told, also where only a chart was upgraded", () => {
    const run = evidence([
      [10, "workload-away", "traefik/traefik"],
      [41, "workload-back", "traefik/traefik"],
    ]);
    expect(servicesBack(run)).toMatchObject({ ok: true, detail: "workload-back traefik/traefik" });
    const away = evidence([UPGRADE]);
    (away.world.state.clusters as Record<string, unknown>)["c"] = { away: { "traefik/traefik": 5 } };
    expect(servicesBack(away)).toMatchObject({ ok: false, detail: "no pod of traefik/traefik runs" });
  });
});
