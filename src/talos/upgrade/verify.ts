/** What is still wrong with a node after its upgrade: one decision over what it and Kubernetes say of it. */
import { REQUIRED_EXTENSIONS } from "../../config/extensions.ts";
import {
  unanswered,
  type TalosNode,
  type RunningImage,
  type Seen,
  type VolumePhase,
  type NodeReport,
} from "../../observe/picture.ts";
import { sameVersion, type NodeImage } from "./target.ts";

/** Another image than the wanted one: waiting does not mend it. */
export function imageProblems(target: NodeImage, machine: TalosNode, image: Seen<RunningImage>): string[] {
  if (machine.state !== "configured" || "unseen" in image) return [];
  const problems: string[] = [];
  if (!sameVersion(machine.talosVersion, target.talosVersion))
    problems.push(`it runs Talos ${machine.talosVersion}, not ${target.talosVersion}`);
  const { schematicId, extensions } = image.seen;
  if (schematicId !== target.schematicId)
    problems.push(`its image has the schematic ${schematicId ?? "of no factory"}, not ${target.schematicId}`);
  problems.push(...extensionProblems(target.extensions, extensions));
  return problems;
}

/**
 * The schematic says which extensions the image was ordered with; this is whether they are there. Only the required ones
 * are known by the name that they give themselves; of the others, which may call themselves otherwise, the count is.
 */
function extensionProblems(wanted: readonly string[], found: readonly string[]): string[] {
  const missing = REQUIRED_EXTENSIONS.filter((name) => wanted.includes(name))
    .map(withoutVendor)
    .filter((name) => !found.includes(name));
  if (missing.length > 0) return [`its image lacks ${missing.join(", ")}`];
  if (found.length >= wanted.length) return [];
  const unseen = wanted.map(withoutVendor).filter((name) => !found.includes(name));
  return [
    `its image has ${found.length} extensions where ${wanted.length} were ordered; not seen by name: ${unseen.join(", ")}`,
  ];
}

function withoutVendor(name: string): string {
  return name.slice(name.indexOf("/") + 1);
}

/** What the node has not got to yet, and may by itself. */
export function unfinished(report: NodeReport): string[] {
  const { machine, image, dataVolume, kubernetes } = report;
  if (machine.state === "silent") return [`it does not answer: ${machine.reason}`];
  if (machine.state === "unconfigured") return ["it has no machine config"];
  const problems: string[] = [];
  if (machine.stage !== "running") problems.push(`it is ${machine.stage}`);
  if ("unseen" in image) problems.push(`its extensions cannot be read: ${image.unseen}`);
  if (dataVolume) problems.push(...dataVolumeProblems(dataVolume));
  problems.push(...kubernetesProblems(kubernetes));
  return problems;
}

function dataVolumeProblems(dataVolume: Seen<VolumePhase>): string[] {
  if ("unseen" in dataVolume) return [`its volumes cannot be read: ${dataVolume.unseen}`];
  if (dataVolume.seen === "ready") return [];
  return [`its data volume is ${dataVolume.seen ?? "missing"}`];
}

function kubernetesProblems(kubernetes: NodeReport["kubernetes"]): string[] {
  if ("unseen" in kubernetes) return [unanswered("the Kubernetes API", kubernetes)];
  const node = kubernetes.seen;
  if (!node) return ["Kubernetes does not know it"];
  if (!node.ready) return ["Kubernetes does not call it Ready"];
  return node.cordoned ? ["it is cordoned"] : [];
}
