import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { contains, parseSubnet } from "../../../src/config/addresses.ts";
import { checkConfig } from "../../../src/config/load.ts";
import { formatProblem } from "../../../src/config/problem.ts";
import type { HomelabConfig } from "../../../src/config/types.ts";
import { asPulumi, readFixtures } from "./fixtures.ts";
import { dice, mutate, SECRET } from "./mutate.ts";

const RUNS = process.env["CAMPAIGN"] === "all" ? 30_000 : 6000;
const SEED = Number(process.env["FUZZ_SEED"] ?? 43);

const GIVEN = { configured: SECRET, encrypted: ["homelab:proxmoxApiToken"] };

const bases = readFixtures("valid").map((fixture) => fixture.config);

describe(`mutated configurations (seed ${SEED}; FUZZ_SEED sets another)`, () => {
  it(`are accepted or refused with paths, ${RUNS} of them`, () => {
    const seen = { accepted: 0, refused: 0 };
    fc.assert(
      fc.property(
        fc.nat({ max: bases.length - 1 }),
        fc.integer({ min: 1, max: 4 }),
        dice,
        (base, count, choices) => {
          const config = structuredClone(bases[base] ?? {});
          for (let index = 0; index < count; index++) mutate(config, choices);
          const checked = checkConfig(asPulumi(config), GIVEN);
          if (checked.problems) {
            seen.refused += 1;
            expect(checked.problems).not.toEqual([]);
            for (const line of checked.problems.map(formatProblem)) expectClear(line);
          } else {
            seen.accepted += 1;
            expectSound(checked.config);
          }
        },
      ),
      { numRuns: RUNS, seed: SEED },
    );
    // A fuzz that only ever sees one side proves nothing about the other.
    expect(seen.accepted).toBeGreaterThan(RUNS / 20);
    expect(seen.refused).toBeGreaterThan(RUNS / 2);
  });

  it("are refused by parseConfig as well when they are no mapping at all", () => {
    const texts = ["", "null", "[]", "{", "0", '"', "true", '{"a":', "[".repeat(5000)];
    for (const text of texts) {
      const checked = checkConfig({ "homelab:cluster": text, "homelab:nodes": text }, GIVEN);
      expect(checked.problems?.map(({ path }) => path)).toEqual(
        expect.arrayContaining(["homelab:cluster", "homelab:nodes"]),
      );
    }
  });
});

/** One printable line that begins with a path, holds no secret and shows nothing of the program's inside. */
function expectClear(line: string): void {
  expect(line).toMatch(/^(homelab[:[]|"|[\w:-]+: is no known key)/);
  expect(line).not.toMatch(/[\p{Cc}\u2028-\u202e]/u);
  expect(line).not.toContain(SECRET.split("=")[1]);
  expect(line).not.toMatch(/undefined|NaN|\[object|TypeError|Invalid input| at .*\.ts/);
  expect(line.length).toBeLessThan(500);
}

/** What the program relies on, told again without the rules. */
function expectSound({ cluster, network, nodes, longhorn, traefik }: HomelabConfig): void {
  const distinct = (values: unknown[]): boolean => new Set(values).size === values.length;
  const subnet = parseSubnet(network.subnet);
  const stays = ({ retiring }: { retiring?: boolean }) => retiring !== true;
  const controlPlanes = nodes.filter((node) => node.role === "controlplane");
  const holders = nodes.filter((node) => node.dataDisk);
  const taken = [
    network.gateway,
    ...(cluster.vip ? [cluster.vip] : []),
    ...nodes.map((node) => node.address),
  ];
  const serials = holders.map((node) => node.dataDisk?.serial);
  expect(
    [nodes.map((node) => node.name), nodes.map((node) => node.vmId), serials, taken].every(distinct),
  ).toBe(true);
  expect(taken.every((address) => contains(subnet, address))).toBe(true);
  expect(controlPlanes.filter(stays).length % 2).toBe(1);
  expect(controlPlanes.every(stays) || controlPlanes.length >= 3).toBe(true);
  expect([cluster.vip, ...controlPlanes.filter(stays).map((node) => node.address)]).toContain(
    cluster.endpoint,
  );
  for (const node of nodes) {
    const sizes = [node.dataDisk, ...node.extraDisks].map((disk) => disk?.sizeGiB);
    expect(sizes).not.toContain(node.osDisk.sizeGiB);
    if (node.dataDisk) expect(sizes.filter((size) => size === node.dataDisk?.sizeGiB)).toHaveLength(1);
  }
  expect(longhorn.replicaCount).toBeGreaterThan(0);
  expect(longhorn.replicaCount).toBeLessThanOrEqual(holders.filter(stays).length);
  expect(longhorn.dataPath).toMatch(/^\/var\/mnt\/longhorn(\/(?!\.\.)[^/]+)*$/);
  const open = cluster.allowSchedulingOnControlPlanes;
  expect(open || longhorn.tolerateControlPlanes || holders.every((node) => node.role === "worker")).toBe(
    true,
  );
  const ingress = nodes.find((node) => node.name === traefik.ingressNode && stays(node));
  expect(ingress?.role === "worker" || (ingress !== undefined && open)).toBe(true);
}
