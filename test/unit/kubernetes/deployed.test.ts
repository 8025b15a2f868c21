/** What stops a run at a release, and what is told of why. */
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { notDeployed, unfinishedIn } from "../../../src/kubernetes/deployed.ts";
import {
  lastWords,
  podTroubles,
  type ReleaseSecret,
} from "../../../src/clients/kubernetes/release-record.ts";

describe("a release", () => {
  test.each([
    ["deployed", { release: "traefik/traefik", status: "deployed" }],
    ["not known yet", undefined],
    ["unknown in a preview", { release: "traefik/traefik" }],
  ])("that is %s stops nobody", (_name, input) => {
    expect(unfinishedIn(input)).toBeUndefined();
  });

  test.each(["failed", "pending-install", "pending-upgrade", "uninstalling"])(
    "that Helm calls %s stops the run, with the way",
    (status) => {
      const said = notDeployed(unfinishedIn({ release: "longhorn-system/longhorn", status })!, []);
      expect(said).toContain(
        `Helm calls the release "longhorn" in the namespace "longhorn-system" ${status}`,
      );
      expect(said).toContain("Why it failed: `helm -n longhorn-system history longhorn` and");
      expect(said).toContain("npm run recover -- --stack <stack>");
      expect(/helm -n longhorn-system rollback longhorn/.test(said)).toBe(status.startsWith("pending"));
    },
  );

  test("is told with the reason that the cluster has", () => {
    const release = { namespace: "traefik", name: "traefik", status: "failed" };
    const why = ['Upgrade "traefik" failed: context deadline exceeded', "pod traefik-1: ErrImagePull"];
    expect(notDeployed(release, why)).toContain(`Why it failed: ${why.join("; ")} (more by \`helm`);
  });
});

/** As `helm upgrade` leaves it in the API: the Secret's data is base64 by itself, and Helm's own base64 is in it. */
function secret(version: number, description: string): ReleaseSecret {
  const written = gzipSync(JSON.stringify({ name: "traefik", info: { status: "failed", description } }));
  const release = Buffer.from(written.toString("base64")).toString("base64");
  return { metadata: { labels: { owner: "helm", version: String(version) } }, data: { release } };
}

test("Helm's last words are those of the highest revision, by number", () => {
  expect(lastWords([secret(9, "nine"), secret(10, "ten"), secret(2, "two")])).toBe("ten");
  expect(lastWords([])).toBeUndefined();
});

test("pods tell why they do not start: where no node takes them, or what a container waits for", () => {
  expect(
    podTroubles([
      { metadata: { name: "fine" }, status: { conditions: [{ type: "PodScheduled", status: "True" }] } },
      {
        metadata: { name: "unplaced" },
        status: {
          conditions: [{ type: "PodScheduled", status: "False", message: "0/2 nodes are available" }],
        },
      },
      {
        metadata: { name: "pulling" },
        status: {
          containerStatuses: [{ state: { waiting: { reason: "ImagePullBackOff", message: "not found" } } }],
        },
      },
    ]),
  ).toEqual(["pod unplaced: 0/2 nodes are available", "pod pulling: ImagePullBackOff: not found"]);
});
