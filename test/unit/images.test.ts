/** Images of our own choice: fixed by what is in them, found by Renovate, and run with no more than they need. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import * as images from "../../src/images.ts";
import type { JobManifest } from "../../src/kubernetes/owned-objects.ts";
import { mountCheckJob } from "../../src/longhorn/data-volume-check.ts";
import { admissionError } from "../../rehearsal/world/kubernetes/api/admission.ts";
import type { PodSpec } from "../../rehearsal/world/kubernetes/pods/spec.ts";
import { lab, nodeOf } from "../components/support/homelabs.ts";
import renovate from "../../renovate.json" with { type: "json" };

test("are named by tag and digest, as Renovate reads them", () => {
  const source = readFileSync("src/images.ts", "utf8");
  const pattern = new RegExp(renovate.customManagers[0]!.matchStrings[0]!, "g");
  const found = [...source.matchAll(pattern)].map(({ groups = {} }) => groups);
  expect(found).toHaveLength(Object.keys(images).length);
  for (const image of Object.values(images))
    expect(image).toMatch(/^docker\.io\/[^:@]+:[\w.-]+@sha256:[0-9a-f]{64}$/);
});

const config = lab();
const jobs = [mountCheckJob(nodeOf(config, "worker-1"), 40)];
const podOf = (job: JobManifest) =>
  (job.spec as { template: { spec: PodSpec & { automountServiceAccountToken?: boolean } } }).template.spec;

test("Jobs fit the restricted profile, but for the one host path that a check is about", () => {
  const refused = jobs.map((job) => admissionError(podOf(job), { level: "restricted", version: "latest" }));
  expect(refused).toEqual(['violates PodSecurity "restricted:latest": hostPath volumes (volume "mnt")']);
});

test("Jobs have no service account's token, no writable root, and a limit", () => {
  for (const job of jobs) {
    const pod = podOf(job);
    expect(pod.automountServiceAccountToken).toBe(false);
    for (const container of pod.containers) {
      expect(container).toMatchObject({
        image: images.BUSYBOX_IMAGE,
        securityContext: { readOnlyRootFilesystem: true },
        resources: { limits: { memory: "64Mi" } },
      });
    }
  }
});
