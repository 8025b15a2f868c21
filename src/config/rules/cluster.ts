/** The way to the API, names, versions and extensions. */
import type { Draft } from "../draft.ts";
import { fullExtensionName, OFFICIAL_EXTENSIONS, renamedExtension } from "../extensions.ts";
import { listWords, show, type Problem } from "../problem.ts";
import { didYouMean } from "../suggest.ts";
import { kubernetesSupported, TALOS_RELEASES, talosRelease } from "../versions.ts";
import { allKnown, nodeName, type Rule } from "./rule.ts";

function endpointKnown(draft: Draft): Problem[] {
  const { endpoint, vip } = draft.cluster.values;
  if (endpoint === undefined || endpoint === vip || draft.cluster.bad.has("vip")) return [];
  if (!allKnown(draft, "role", "address")) return [];
  const controlPlanes = draft.nodes.filter((node) => node.values.role === "controlplane");
  if (controlPlanes.some((node) => node.values.address === endpoint)) return [];
  const worker = draft.nodes.find((node) => node.values.address === endpoint);
  const found =
    worker === undefined
      ? "neither a control plane's address nor the VIP"
      : `the address of the worker "${worker.values.name ?? ""}"`;
  const allowed = [
    ...(vip === undefined ? [] : [vip]),
    ...controlPlanes.map((node) => node.values.address ?? ""),
  ];
  const hint = allowed.length === 0 ? "" : `; allowed: ${listWords(allowed, "or")}`;
  return [{ path: `${draft.cluster.path}.endpoint`, message: `"${endpoint}" is ${found}${hint}` }];
}

/** Proxmox takes a VM's name as a DNS label (63 characters), and the cluster's name comes before the node's. */
const LONGEST_VM_NAME = 63;

function vmNameFits(draft: Draft): Problem[] {
  const cluster = draft.cluster.values.name;
  if (cluster === undefined) return [];
  return draft.nodes.flatMap((node) => {
    const length = cluster.length + 1 + (node.values.name?.length ?? 0);
    if (length <= LONGEST_VM_NAME) return [];
    return [
      {
        path: `${node.path}.name`,
        message: `${show(node.values.name)} makes a VM name of ${length} characters with the cluster's name and a hyphen in front; Proxmox takes ${LONGEST_VM_NAME}`,
      },
    ];
  });
}

function talosSupported(draft: Draft): Problem[] {
  const { talosVersion } = draft.cluster.values;
  if (talosVersion === undefined || talosRelease(talosVersion)) return [];
  const supported = TALOS_RELEASES.map((release) => `v${release.minor}.x`);
  return [
    {
      path: `${draft.cluster.path}.talosVersion`,
      message: `"${talosVersion}" is not supported; supported are ${listWords(supported, "and")}`,
    },
  ];
}

function kubernetesInRange(draft: Draft): Problem[] {
  const { talosVersion, kubernetesVersion } = draft.cluster.values;
  if (talosVersion === undefined || kubernetesVersion === undefined) return [];
  const release = talosRelease(talosVersion);
  if (release === undefined || kubernetesSupported(release, kubernetesVersion)) return [];
  return [
    {
      path: `${draft.cluster.path}.kubernetesVersion`,
      message: `"${kubernetesVersion}" does not go with Talos ${talosVersion}, which supports ${release.oldestKubernetes} to ${release.newestKubernetes} (default ${release.defaultKubernetes})`,
    },
  ];
}

/** The documented minimum of a control plane (Talos's system requirements); the schema asks a worker's of every node. */
const CONTROL_PLANE_CORES = 2;

function controlPlaneCores(draft: Draft): Problem[] {
  return draft.nodes
    .filter(
      (node) =>
        node.values.role === "controlplane" &&
        (node.values.cores ?? CONTROL_PLANE_CORES) < CONTROL_PLANE_CORES,
    )
    .map((node) => ({
      path: `${node.path}.cores`,
      message: `${show(node.values.cores)} is too few for the control plane ${nodeName(node)}; Talos needs ${CONTROL_PLANE_CORES}`,
    }));
}

function extensionsKnown(draft: Draft): Problem[] {
  return (draft.cluster.values.extensions ?? []).flatMap((name, index) => {
    const full = fullExtensionName(name);
    if (OFFICIAL_EXTENSIONS.includes(full)) return [];
    return [
      {
        path: `${draft.cluster.path}.extensions[${index}]`,
        message: `${show(name)} is no official Talos extension${todayCalled(full)}`,
      },
    ];
  });
}

/** A former name is near many that mean something else, so it is looked up before a slip is guessed. */
function todayCalled(full: string): string {
  const now = renamedExtension(full);
  return now ? `; it is called ${listWords(now, "or")} now` : didYouMean(full, OFFICIAL_EXTENSIONS);
}

function extensionsOnce(draft: Draft): Problem[] {
  const names = (draft.cluster.values.extensions ?? []).map(fullExtensionName);
  return names.flatMap((name, index) =>
    names.indexOf(name) === index
      ? []
      : [
          {
            path: `${draft.cluster.path}.extensions[${index}]`,
            message: `${show(name)} is already in the list; name each extension once`,
          },
        ],
  );
}

export const CLUSTER_RULES: readonly Rule[] = [
  { id: "endpoint-known", check: endpointKnown },
  { id: "vm-name-fits", check: vmNameFits },
  { id: "talos-supported", check: talosSupported },
  { id: "kubernetes-in-range", check: kubernetesInRange },
  { id: "control-plane-cores", check: controlPlaneCores },
  { id: "extensions-known", check: extensionsKnown },
  { id: "extensions-once", check: extensionsOnce },
];
