/** Certificates come from the authority that the config names, also after it has named another one. */
/* eslint-disable @typescript-eslint/no-unsafe-member-access -- inputs on their way to the engine have no types */
import { afterEach, expect, test } from "vitest";
import { hostOf } from "../../../rehearsal/world/talos/host.ts";
import { clusterOf } from "../../../rehearsal/world/kubernetes/cluster.ts";
import { acmeFile } from "../../../rehearsal/world/traefik/scenarios.ts";
import { serves } from "../../../rehearsal/world/traefik/serves.ts";
import type { World } from "../../../rehearsal/world/kernel/world.ts";
import { bench, causes, mutated, runningBench, type Bench, type Props } from "../support/rehearse.ts";

const STAGING = "https://acme-staging-v02.api.letsencrypt.org/directory";
const PRODUCTION = "https://acme-v02.api.letsencrypt.org/directory";
const TO_PRODUCTION = { overlays: ["traefik.acme.caServer=production"] };

let lab: Bench;
afterEach(() => lab.remove());

/** What lies on Traefik's volume, and whose certificates it serves. */
function traefik(world: World): { files: Record<string, string>; issuers: string[] | undefined } {
  const [id] = Object.keys(world.state.clusters);
  const cluster = clusterOf(world, id!, (vmId) => hostOf(world, vmId));
  const files = Object.entries(acmeFile(cluster).volume.files).filter(([name]) => name.endsWith(".json"));
  return {
    files: Object.fromEntries(files.map(([name, { content }]) => [name, content])),
    issuers: serves(cluster)[0]?.resolvers[0]?.issuers,
  };
}
const look = () => lab.during({}, ({ world }) => Promise.resolve(traefik(world)));

test("from staging to production and back, with what each has given kept", async () => {
  lab = await runningBench();
  const first = await look();
  expect(first.issuers).toEqual([STAGING]);
  expect(Object.keys(first.files)).toEqual(["/acme-staging.json"]);

  expect(causes(await lab.run("up", TO_PRODUCTION))).toBe("");
  const second = await look();
  expect(second.issuers).toEqual([PRODUCTION]);
  expect(second.files["/acme-staging.json"]).toBe(first.files["/acme-staging.json"]);

  expect(causes(await lab.run("up"))).toBe("");
  expect(await look()).toEqual({ issuers: [STAGING], files: second.files });
});

test("acme.json of a former release is found again by the authority whose account it holds", async () => {
  lab = await bench();
  const former = await mutated({
    type: "kubernetes:helm.sh/v3:Release",
    change: ({ chart, values }: Props) => {
      if (chart !== "traefik") return;
      const { certificatesResolvers, deployment } = values as Record<string, Props>;
      certificatesResolvers!["letsencrypt"].acme.storage = "/data/acme.json";
      deployment!["initContainers"] = [];
    },
  });
  await lab.run("up", { program: former });
  const before = await look();
  expect(Object.keys(before.files)).toEqual(["/acme.json"]);

  expect(causes(await lab.run("up", TO_PRODUCTION))).toBe("");
  const after = await look();
  expect(after.issuers).toEqual([PRODUCTION]);
  expect(after.files["/acme-staging.json"]).toBe(before.files["/acme.json"]);
  expect(Object.keys(after.files).sort()).toEqual(["/acme-production.json", "/acme-staging.json"]);
});

test("a node's name may be as long as Proxmox lets it be", async () => {
  lab = await bench();
  const report = await lab.run("up", { overlays: [`nodes[1].name=${"w".repeat(59)}`] });
  expect(causes(report)).toBe("");
});
