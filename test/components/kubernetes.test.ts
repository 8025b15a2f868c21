import { beforeAll, describe, expect, test } from "vitest";
import { mountCheckJob } from "../../src/longhorn/data-volume-check.ts";
import { longhornValues } from "../../src/longhorn/values.ts";
import { traefikValues } from "../../src/traefik/values.ts";
import { optionsOf, resource } from "./support/find.ts";
import { lab, nodeOf, rack } from "./support/homelabs.ts";
import type { Run } from "./support/mock-engine.ts";
import { runHomelab } from "./support/run-homelab.ts";
import { ingressStage, storageStage } from "../../src/stages.ts";

const NAMESPACE = { apiVersion: "v1", kind: "Namespace" };

describe.each([
  ["lab", lab()],
  ["rack", rack()],
])("Kubernetes resources of the %s", (name, config) => {
  let run: Run<unknown>;
  beforeAll(async () => {
    run = await runHomelab(config);
  });
  const provider = `${name}-kubernetes`;

  test.each([
    ["longhorn", "longhorn-system"],
    ["traefik", "traefik"],
  ])("namespace of %s: privileged, which Talos does not allow by default", (stage, namespace) => {
    const registered = resource(run, `${name}-${stage}-namespace`);
    expect(registered.inputs).toEqual({
      ...NAMESPACE,
      metadata: {
        name: namespace,
        labels: { "pod-security.kubernetes.io/enforce": "privileged", "homelab/cluster": name },
      },
    });
    expect(optionsOf(registered)).toEqual({ provider, hooks: ["beforeCreate"] });
  });

  test("a check of each data volume: in Longhorn's namespace, anew when its node begins anew", () => {
    for (const node of config.nodes) {
      if (!node.dataDisk) continue;
      const job = resource(run, `${name}-longhorn-data-volume-${node.name}`);
      const { metadata, spec } = mountCheckJob(nodeOf(config, node.name), node.dataDisk.sizeGiB);
      expect(job.inputs).toEqual({
        apiVersion: "batch/v1",
        kind: "Job",
        metadata: { ...metadata, labels: { "homelab/cluster": name } },
        spec,
      });
      expect(optionsOf(job)).toMatchObject({
        provider,
        deleteBeforeReplace: true,
        dependsOn: [`${name}-longhorn-namespace`, `${name}-talos-${node.name}-config`],
        replaceWith: [`${name}-talos-${node.name}-config`],
      });
    }
  });

  test("Longhorn's release: pinned, with its values, after the checks of all data volumes", () => {
    const release = resource(run, `${name}-longhorn-release`);
    expect(release.inputs).toEqual({
      compat: "true",
      name: "longhorn",
      namespace: "longhorn-system",
      chart: "longhorn",
      version: "1.12.1",
      repositoryOpts: { repo: "https://charts.longhorn.io" },
      values: longhornValues(storageStage(config)),
      timeout: 900,
    });
    const checks = config.nodes
      .filter((node) => node.dataDisk)
      .map((node) => `${name}-longhorn-data-volume-${node.name}`);
    expect(optionsOf(release)).toEqual({
      provider,
      protect: true,
      dependsOn: [...checks, `${name}-longhorn-namespace`].sort(),
      hooks: ["beforeUpdate"],
    });
  });

  test("Traefik's release: pinned, with its values, the null that unsets the chart's rolling update among them", () => {
    const release = resource(run, `${name}-traefik-release`);
    expect(release.inputs).toEqual({
      compat: "true",
      name: "traefik",
      namespace: "traefik",
      chart: "traefik",
      version: "41.3.0",
      repositoryOpts: { repo: "https://traefik.github.io/charts" },
      values: traefikValues(ingressStage(config)),
      timeout: 600,
    });
    expect(release.inputs).toHaveProperty(["values", "updateStrategy"], {
      type: "Recreate",
      rollingUpdate: null,
    });
    expect(optionsOf(release)).toEqual({
      provider,
      protect: true,
      dependsOn: [`${name}-traefik-namespace`],
      hooks: ["beforeUpdate"],
    });
  });

  test("every Job's last words can be read: its container tells them in its termination message", () => {
    const jobs = run.resources.filter(({ type }) => type === "kubernetes:batch/v1:Job");
    expect(jobs.length).toBeGreaterThan(0);
    for (const { inputs } of jobs) {
      const [container] = (inputs as { spec: { template: { spec: { containers: unknown[] } } } }).spec
        .template.spec.containers;
      expect(container).toMatchObject({ terminationMessagePolicy: "FallbackToLogsOnError" });
    }
  });

  test("whatever is made in the cluster is looked for before, and carries the cluster's mark", () => {
    const made = run.resources.filter(({ type }) => /^kubernetes:(core|batch)\/v1:/.test(type));
    expect(made.length).toBeGreaterThan(0);
    for (const { inputs, options } of made) {
      expect(inputs).toMatchObject({ metadata: { labels: { "homelab/cluster": name } } });
      expect(options.hooks?.beforeCreate).toHaveLength(1);
    }
  });

  test("nothing anywhere in a resource's inputs is named fsGroup", () => {
    for (const { inputs } of run.resources) expect(JSON.stringify(inputs)).not.toMatch(/"fsGroup/i);
  });
});
