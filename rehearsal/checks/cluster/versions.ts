/** What runs is what the config asked for: Talos, its image's schematic, the kubelets and API servers. Of an `up` that succeeded. */
import type { HomelabConfig, NodeConfig } from "../../../src/config/types.ts";
import { parse } from "yaml";
import { type Check, type Evidence, verdict } from "../check.ts";
import { theCluster } from "./nodes.ts";
import { apiServerVersionOn, kubeletVersionOf } from "../../world/kubernetes/nodes/kubelet.ts";
import type { Schematic } from "../../world/factory/schematic.ts";
import type { TalosImage } from "../../world/factory/state.ts";
import type { World } from "../../world/kernel/world.ts";

export function versionsAsWanted(evidence: Evidence): Check | undefined {
  const { config, world, succeeded } = evidence;
  if (!succeeded) return undefined;
  const causes = config.nodes.flatMap((node) => {
    const image = world.state.machines[node.vmId]?.image;
    return image ? [...imageProblems(world, config, node, image), ...kubernetesProblems(evidence, node)] : [];
  });
  const { talosVersion, kubernetesVersion } = config.cluster;
  return verdict(
    "versions",
    causes,
    `every node runs Talos ${talosVersion} with the schematic asked for, and Kubernetes ${kubernetesVersion}`,
  );
}

function imageProblems(
  world: World,
  { cluster }: HomelabConfig,
  { name, vmId }: NodeConfig,
  { version, schematicId, extensions }: TalosImage,
): string[] {
  const causes: string[] = [];
  if (version !== cluster.talosVersion) {
    const why = whyBack(world, vmId);
    causes.push(`${name} runs Talos ${version}, not ${cluster.talosVersion}${why ? `: ${why}` : ""}`);
  }
  const missing = cluster.extensions.filter((wanted) => !extensions.includes(wanted));
  const unasked = extensions.filter((found) => !cluster.extensions.includes(found));
  if (missing.length > 0) causes.push(`the image of ${name} lacks ${missing.join(", ")}`);
  if (unasked.length > 0)
    causes.push(`the image of ${name} has ${unasked.join(", ")}, which nobody asked for`);
  const more = partsBesideExtensions(world, schematicId);
  if (more.length > 0) causes.push(`the schematic of ${name} has ${more.join(", ")}, which nobody asked for`);
  return causes;
}

/** An upgrade that did not come up, and was given up for the entry before it, explains an old version. */
function whyBack({ state }: World, vmId: number): string | undefined {
  const last = state.events.findLast(
    ({ kind, detail }) => (kind === "boot-failed" || kind === "upgrade-done") && detail?.["vmId"] === vmId,
  );
  return last?.kind === "boot-failed" ? last.text : undefined;
}

/** Only extensions can be configured; anything else in a schematic makes another image of it. */
function partsBesideExtensions({ state }: World, schematicId: string): string[] {
  const yaml = state.factory?.schematics[schematicId]?.yaml;
  if (yaml === undefined) return [];
  const { overlay, customization } = parse(yaml) as Schematic;
  const { systemExtensions: _asked, ...rest } = customization;
  return [...Object.keys(rest), ...(overlay ? ["overlay"] : [])];
}

function kubernetesProblems(evidence: Evidence, { name, role }: NodeConfig): string[] {
  const wanted = evidence.config.cluster.kubernetesVersion;
  const cluster = theCluster(evidence);
  const node = cluster?.state.nodes[name];
  if (!cluster || !node) return []; // the check `nodes` tells
  const kubelet = kubeletVersionOf(cluster, node);
  const apiServer = role === "controlplane" ? apiServerVersionOn(cluster, node) : wanted;
  return [
    ...(kubelet === wanted ? [] : [`the kubelet of ${name} is v${kubelet}, not v${wanted}`]),
    ...(apiServer === wanted ? [] : [`the API server on ${name} is v${apiServer}, not v${wanted}`]),
  ];
}
