/** A release that Helm calls failed stops `up`, however often the state was refreshed, until it was upgraded again. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { causes, mutated, runningBench, type Bench } from "../support/rehearse.ts";
import { clusterIn } from "../safety/support.ts";

const RELEASE = "kubernetes:helm.sh/v3:Release";
const NOWHERE = { nodeSelector: { "kubernetes.io/hostname": "nowhere" } };
const STOPPED = 'Helm calls the release "traefik" in the namespace "traefik" failed';

let lab: Bench;
beforeAll(async () => {
  lab = await runningBench();
  const nowhere = await mutated({
    type: RELEASE,
    change: ({ values }, name) => {
      if (name.includes("traefik")) Object.assign(values as object, NOWHERE);
    },
  });
  const failed = await lab.run("up", { program: nowhere });
  const told = failed.errors.join("\n");
  expect(told).toContain(
    'Helm release "traefik/traefik" failed to initialize completely. Use Helm CLI to investigate: failed to become available within ' +
      "allocated timeout. Error: Helm Release traefik/traefik: context deadline exceeded",
  );
  expect(told).toContain("didn't match Pod's node affinity/selector");
});
afterAll(() => lab.remove());

test("a refresh keeps what Helm says of it, and makes the engine forget that there is something to repeat", async () => {
  expect((await lab.run("refresh")).errors).toEqual([]);
  await lab.during({}, ({ world }) => {
    expect(clusterIn(world).state.releases["traefik/traefik"]!.status).toBe("failed");
    return Promise.resolve();
  });
});

// A failed update leaves the former values in the state: with the program's own again, nothing is to be done to the release.
test.each(["preview", "up"] as const)(
  "%s stops with its name, Helm's reason, the pods' own and the way",
  async (command) => {
    const report = await lab.run(command);
    expect(report.ok).toBe(false);
    const told = report.errors.join("\n");
    expect(told).toContain(STOPPED);
    expect(told).toContain('Why it failed: Upgrade "traefik" failed: ');
    expect(told).toMatch(/; pod traefik-\S+: .*didn't match Pod's node affinity\/selector/);
    expect(told).toContain("npm run recover");
  },
);

test("recover and `up` with values that work mend it", async () => {
  await lab.during({}, async ({ recover }) => {
    expect((await recover()).lines.join("\n")).toContain("is failed in Helm's books");
  });
  expect(causes(await lab.run("up"))).toBe("");
  expect(causes(await lab.run("preview"))).toBe("");
});
