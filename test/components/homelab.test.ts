import { beforeAll, describe, expect, test } from "vitest";
import { lab, rack } from "./support/homelabs.ts";
import { nameIn, optionsOf, resource } from "./support/find.ts";
import { SCHEMATIC_ID, SECRET_TEXTS } from "./support/mock-answers.ts";
import type { Run } from "./support/mock-engine.ts";
import { runHomelab } from "./support/run-homelab.ts";
import { secret } from "./support/secrets.ts";

/** Every resource as `type name`, its children indented below it. */
function tree(run: Run<unknown>, parent = "", indent = ""): string[] {
  return run.resources
    .filter((it) => it.parent === parent)
    .map((it) => ({ line: `${indent}${it.type} ${it.name}`, urn: it.urn }))
    .sort((a, b) => (a.line < b.line ? -1 : 1))
    .flatMap(({ line, urn }) => [line, ...tree(run, urn, `${indent}  `)]);
}

describe("the lab", () => {
  let run: Run<unknown>;
  beforeAll(async () => {
    run = await runHomelab(lab());
  });

  test("is one tree of components, each owning what it made", () => {
    expect(tree(run)).toEqual([
      "homelab:index:Homelab lab",
      "  homelab:longhorn:Longhorn lab-longhorn",
      "    kubernetes:batch/v1:Job lab-longhorn-data-volume-cp-1",
      "    kubernetes:batch/v1:Job lab-longhorn-data-volume-worker-1",
      "    kubernetes:core/v1:Namespace lab-longhorn-namespace",
      "    kubernetes:helm.sh/v3:Release lab-longhorn-release",
      "    pulumi:index:Stash lab-longhorn-copies-whole",
      "    pulumi:index:Stash lab-longhorn-deployed",
      "    pulumi:index:Stash lab-longhorn-retirement-cp-1",
      "    pulumi:index:Stash lab-longhorn-retirement-worker-1",
      "  homelab:proxmox:Virtualization lab-proxmox",
      "    proxmoxve:download/file:File lab-proxmox-image-pve-file",
      "    proxmoxve:index/vmLegacy:VmLegacy lab-proxmox-cp-1-vm",
      "    proxmoxve:index/vmLegacy:VmLegacy lab-proxmox-worker-1-vm",
      "    pulumi:providers:proxmoxve lab-proxmox-provider",
      "  homelab:talos:Cluster lab-talos",
      "    homelab:talos:Upgrade lab-talos-upgrade",
      "      pulumi:index:Stash lab-talos-upgrade-cp-1-image",
      "      pulumi:index:Stash lab-talos-upgrade-kubernetes-version",
      "      pulumi:index:Stash lab-talos-upgrade-worker-1-image",
      "    pulumi:index:Stash lab-talos-cp-1-kept",
      "    pulumi:index:Stash lab-talos-disk-proof",
      "    pulumi:index:Stash lab-talos-ready",
      "    pulumi:index:Stash lab-talos-worker-1-kept",
      "    talos:cluster/kubeconfig:Kubeconfig lab-talos-kubeconfig",
      "    talos:machine/bootstrap:Bootstrap lab-talos-bootstrap",
      "    talos:machine/configurationApply:ConfigurationApply lab-talos-cp-1-config",
      "    talos:machine/configurationApply:ConfigurationApply lab-talos-worker-1-config",
      "    talos:machine/secrets:Secrets lab-talos-secrets",
      "  homelab:talos:ImageSchematic lab-image",
      "    talos:imageFactory/schematic:Schematic lab-image-schematic",
      "  homelab:traefik:Traefik lab-traefik",
      "    kubernetes:core/v1:Namespace lab-traefik-namespace",
      "    kubernetes:helm.sh/v3:Release lab-traefik-release",
      "    pulumi:index:Stash lab-traefik-deployed",
      "  pulumi:index:Stash lab-etcd-members",
      "  pulumi:index:Stash lab-kubernetes-nodes",
      "  pulumi:index:Stash settled",
      "  pulumi:providers:kubernetes lab-kubernetes",
    ]);
  });

  test("a URN shows the parent's type, so that moving a resource is a visible change", () => {
    expect(resource(run, "lab-proxmox-cp-1-vm").urn).toBe(
      "urn:pulumi:test::homelab::homelab:proxmox:Virtualization$proxmoxve:index/vmLegacy:VmLegacy::lab-proxmox-cp-1-vm",
    );
  });

  test("every component says what it made, and nothing else does", () => {
    const said = run.resources
      .filter((it) => it.outputs && it.type !== "homelab:index:Homelab")
      .map((it): [string, unknown] => [it.name, it.outputs]);
    expect(Object.fromEntries(said)).toEqual({
      "lab-image": { schematicId: SCHEMATIC_ID },
      "lab-longhorn": { namespace: "longhorn-system" },
      "lab-proxmox": { macAddresses: { "cp-1": "", "worker-1": "" } },
      "lab-talos": {
        talosconfig: secret(`${SECRET_TEXTS.talosconfig} lab`),
        kubeconfig: secret(SECRET_TEXTS.kubeconfig),
      },
      "lab-traefik": { namespace: "traefik" },
    });
  });

  test("the stages follow one another: storage after the cluster is ready, the ingress after storage", () => {
    expect(optionsOf(resource(run, "lab-longhorn"))).toEqual({ dependsOn: ["lab-talos-ready"] });
    expect(optionsOf(resource(run, "lab-traefik"))).toEqual({
      dependsOn: ["lab-longhorn-copies-whole", "lab-longhorn-deployed"],
    });
  });

  test("every resource of a provider goes through the homelab's own, never a default one", () => {
    const used = run.resources
      .filter((it) => it.custom && !it.type.startsWith("pulumi:") && !it.type.startsWith("talos:"))
      .map((it) => `${it.type.split(":")[0]} by ${nameIn(it.options.provider ?? "")}`);
    expect(new Set(used)).toEqual(
      new Set(["proxmoxve by lab-proxmox-provider", "kubernetes by lab-kubernetes"]),
    );
  });

  test("nothing is retained, imported or tied to another's deletion, and what once had another parent is aliased", () => {
    for (const { name, options } of run.resources) {
      expect(options).not.toHaveProperty("retainOnDelete");
      expect(options).not.toHaveProperty("importId");
      expect(options.aliases ?? 0, name).toBe(/^lab-proxmox-.*-(vm|file)$/.test(name) ? 1 : 0);
      expect(options).not.toHaveProperty("deletedWith");
    }
  });

  test("what cannot be had again is protected, and one switch unprotects it", async () => {
    const guarded = (of: Run<unknown>) =>
      of.resources
        .filter((it) => it.options.protect)
        .map((it) => it.name)
        .sort();
    expect(guarded(run)).toEqual([
      "lab-longhorn-release",
      "lab-talos-cp-1-kept",
      "lab-talos-secrets",
      "lab-talos-worker-1-kept",
      "lab-traefik-release",
    ]);
    expect(guarded(await runHomelab(lab({ protect: false })))).toEqual([]);
  });
});

test("no resource has a delete hook: destroying without the program would refuse it", async () => {
  for (const { options } of (await runHomelab(rack())).resources) {
    expect(Object.keys(options.hooks ?? {}).filter((kind) => /delete/i.test(kind))).toEqual([]);
  }
});

test("the rack: an image on each host, a VM, a config and, with a data disk, a check for each node", async () => {
  const run = await runHomelab(rack());
  const lines = tree(run);
  const nodes = ["cp-1", "cp-2", "cp-3", "worker-1", "worker-2", "worker-3"];
  expect(lines.filter((line) => line.includes("VmLegacy")).map((line) => line.trim().split(" ")[1])).toEqual(
    nodes.map((node) => `rack-proxmox-${node}-vm`),
  );
  expect(lines.filter((line) => line.includes("Apply")).map((line) => line.trim().split(" ")[1])).toEqual(
    nodes.map((node) => `rack-talos-${node}-config`),
  );
  expect(lines.filter((line) => line.includes(":File")).map((line) => line.trim().split(" ")[1])).toEqual([
    "rack-proxmox-image-pve1-file",
    "rack-proxmox-image-pve2-file",
    "rack-proxmox-image-pve3-file",
  ]);
  expect(lines.filter((line) => line.includes(":Job")).map((line) => line.trim().split(" ")[1])).toEqual([
    "rack-longhorn-data-volume-worker-1",
    "rack-longhorn-data-volume-worker-2",
    "rack-longhorn-data-volume-worker-3",
  ]);
  expect(lines.filter((line) => line.includes("Bootstrap"))).toHaveLength(1);
  expect(run.resources).toHaveLength(59);
});
