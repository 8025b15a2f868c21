import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compareVersions, minorOf, TALOS_RELEASES } from "../../../../src/config/versions.ts";
import type { VersionFacts } from "../../../../src/plan/facts.ts";
import {
  chartJump,
  kubernetesJump,
  kubernetesOutgrown,
  talosJump,
  versionRefusals,
} from "../../../../src/plan/refusals/versions.ts";

const release = fc
  .tuple(fc.constantFrom(1, 2), fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 20 }))
  .map((numbers) => numbers.join("."));
const minorNumber = (version: string) => Number(minorOf(version).split(".")[1]);
const major = (version: string) => version.split(".")[0];

describe("Talos", () => {
  test("says what runs, what was asked, what is allowed and what to do", () => {
    expect(talosJump("v1.11.5", "v1.13.0")).toBe(
      'homelab:cluster.talosVersion: v1.11.5 runs, and "v1.13.0" skips a minor, which Talos does not test; allowed are 1.11 and 1.12: ' +
        "set a release of 1.12, `up`, then go on to v1.13.0",
    );
    expect(talosJump("v1.12.4", "v1.11.6")).toBe(
      'homelab:cluster.talosVersion: v1.12.4 runs, and "v1.11.6" is of an older minor, which could not read the machine configs of ' +
        "1.12; set v1.12.4 again, or another release of 1.12 or the next minor",
    );
  });

  test.each([
    ["v1.11.5", "v1.11.5"],
    ["v1.11.5", "v1.12.0"],
    ["v1.12.0", "v1.12.9"],
    ["v1.12.9", "v1.12.0"],
    ["v1.9.3", "v1.10.0"],
  ])("may go from %s to %s", (from, to) => {
    expect(talosJump(from, to)).toBeUndefined();
  });

  test.each([
    ["v1.9.3", "v1.11.0"],
    ["v1.13.0", "v1.12.9"],
    ["v1.13.0", "v2.0.0"],
    ["v2.0.0", "v1.13.0"],
  ])("may not go from %s to %s", (from, to) => {
    expect(talosJump(from, to)).toMatch(/^homelab:cluster\.talosVersion: /);
  });
});

describe("Kubernetes", () => {
  test("goes up by one minor at most, and down by none", () => {
    expect(kubernetesJump("1.34.0", "1.35.2")).toBeUndefined();
    expect(kubernetesJump("1.35.2", "1.35.0")).toBeUndefined();
    expect(kubernetesJump("1.33.0", "1.35.0")).toContain("allowed are 1.33 and 1.34: set a release of 1.34");
    expect(kubernetesJump("1.35.0", "1.34.9")).toContain(
      "to which Kubernetes cannot go back; set 1.35.0 again",
    );
  });

  test("is upgraded before a Talos that does not go with it any more", () => {
    expect(kubernetesOutgrown("1.29.9", "v1.12.0")).toContain("take kubernetesVersion to 1.30");
    expect(kubernetesOutgrown("1.30.0", "v1.12.0")).toBeUndefined();
    expect(kubernetesOutgrown("1.29.0", "v1.11.9")).toBeUndefined();
  });

  test("of a release's default is never too old for the next release", () => {
    TALOS_RELEASES.slice(1).forEach(({ minor }, index) => {
      expect(kubernetesOutgrown(TALOS_RELEASES[index]!.defaultKubernetes, `v${minor}.0`)).toBeUndefined();
    });
  });
});

describe("charts", () => {
  test("Longhorn: the version in between is named", () => {
    expect(chartJump("longhorn", "1.10.2", "1.12.1")).toContain("set 1.11.3, `up`, then go on to 1.12.1");
    expect(chartJump("longhorn", "1.7.0", "1.12.1")).toContain("set a version of 1.8, `up`");
  });

  test("Longhorn never goes down, not even by a patch", () => {
    expect(chartJump("longhorn", "1.12.1", "1.12.0")).toContain("which Longhorn refuses, even by a patch");
  });

  test("Traefik's chart does not go back to an older major, and within one it may", () => {
    expect(chartJump("traefik", "41.3.0", "40.2.0")).toBe(
      'homelab:traefik.version: 41.3.0 runs, and "40.2.0" is of an older major, whose chart does not know the resources of this one; ' +
        "set 41.3.0 or a newer one",
    );
    expect(chartJump("traefik", "41.3.0", "41.0.0")).toBeUndefined();
    expect(chartJump("traefik", "39.0.0", "41.3.0")).toBeUndefined();
  });
});

describe("for any two versions", () => {
  test("a step is allowed exactly within a minor and to the next", () => {
    fc.assert(
      fc.property(release, release, (from, to) => {
        const step = minorNumber(to) - minorNumber(from);
        const allowed = major(from) === major(to) && (step === 0 || step === 1);
        expect(talosJump(`v${from}`, `v${to}`) === undefined).toBe(allowed);
        expect(kubernetesJump(from, to) === undefined).toBe(allowed);
        expect(chartJump("longhorn", from, to) === undefined).toBe(allowed && compareVersions(to, from) >= 0);
      }),
      { numRuns: 2000 },
    );
  });

  test("whatever runs, a way that is not refused leads from it to any later minor of the same major", () => {
    fc.assert(
      fc.property(release, fc.integer({ min: 0, max: 12 }), (from, minors) => {
        let running = from;
        for (let step = 0; step < minors; step++) {
          const next = `${major(running)}.${minorNumber(running) + 1}.0`;
          expect([talosJump(running, next), chartJump("longhorn", running, next)]).toEqual([
            undefined,
            undefined,
          ]);
          running = next;
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe("before anything moves", () => {
  const facts: Required<VersionFacts> = {
    talos: "v1.12.0",
    kubernetes: "1.35.0",
    longhorn: "1.12.1",
    traefik: "41.3.0",
  };

  test("has nothing to say to a state that knows no versions", () => {
    expect(versionRefusals({}, facts)).toEqual([]);
  });

  // It compares with what was last asked for; a run that broke off before the first node leaves everything at what was before.
  test("lets everything go back, which those who know what runs judge", () => {
    const older = { talos: "v1.11.5", kubernetes: "1.33.0", longhorn: "1.11.3", traefik: "40.0.0" };
    expect(versionRefusals(facts, older)).toEqual([]);
  });

  test("refuses each step that is too large, all at once", () => {
    const older = { talos: "v1.10.0", kubernetes: "1.29.0", longhorn: "1.10.2", traefik: "41.3.0" };
    expect(versionRefusals(older, facts)).toEqual([
      talosJump("v1.10.0", "v1.12.0"),
      kubernetesOutgrown("1.29.0", "v1.12.0"),
      kubernetesJump("1.29.0", "1.35.0"),
      chartJump("longhorn", "1.10.2", "1.12.1"),
    ]);
  });

  test("refuses nothing that a step from what was asked before would not refuse, whatever of it runs by now", () => {
    const minor = fc.integer({ min: 0, max: 30 });
    fc.assert(
      fc.property(minor, minor, minor, (one, two, wanted) => {
        const [running, asked] = [Math.min(one, two), Math.max(one, two)].map((each) => `1.${each}.0`) as [
          string,
          string,
        ];
        const to = { ...facts, talos: `v1.${wanted}.0` };
        const refused = versionRefusals({ ...facts, talos: `v${asked}` }, to);
        if (refused.length > 0) expect(talosJump(`v${running}`, to.talos)).toBeDefined();
      }),
      { numRuns: 1000 },
    );
  });
});
