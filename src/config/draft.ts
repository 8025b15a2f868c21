/** The configuration while it is being judged: what is well-formed so far, and what is known to be wrong. */
import { indexPath, type Problem } from "./problem.ts";
import { readFields, readValue, type Fields } from "./read.ts";
import { configSchema, PROJECT } from "./schema.ts";
import type {
  ClusterInput,
  LonghornInput,
  NetworkInput,
  NodeInput,
  ProxmoxInput,
  TraefikInput,
  UpgradeInput,
} from "./schema.ts";
import { nodeSchema } from "./schema/nodes.ts";
import type { Consent } from "./types.ts";

export interface Draft {
  cluster: Fields<ClusterInput>;
  network: Fields<NetworkInput>;
  proxmox: Fields<ProxmoxInput>;
  nodes: Fields<NodeInput>[];
  longhorn: Fields<LonghornInput>;
  traefik: Fields<TraefikInput>;
  upgrade: Fields<UpgradeInput>;
  protect: boolean | undefined;
  allow: Consent[];
}

/** Path of a key of this project. */
export function topPath(key: string): string {
  return `${PROJECT}:${key}`;
}

/** `raw` has the keys of `configSchema`, without the project's name. */
export function readDraft(raw: Record<string, unknown>, problems: Problem[]): Draft {
  const { cluster, network, proxmox, longhorn, traefik, upgrade, protect, allow } = configSchema.shape;
  return {
    protect: readValue(protect, raw["protect"], topPath("protect"), problems),
    allow: readValue(allow, raw["allow"], topPath("allow"), problems) ?? [],
    cluster: readFields(cluster, raw["cluster"], topPath("cluster"), problems),
    network: readFields(network, raw["network"], topPath("network"), problems),
    proxmox: readFields(proxmox, raw["proxmox"], topPath("proxmox"), problems),
    nodes: readNodes(raw["nodes"], problems),
    longhorn: readFields(longhorn.unwrap(), raw["longhorn"] ?? {}, topPath("longhorn"), problems),
    traefik: readFields(traefik.unwrap(), raw["traefik"] ?? {}, topPath("traefik"), problems),
    upgrade: readFields(upgrade.unwrap(), raw["upgrade"] ?? {}, topPath("upgrade"), problems),
  };
}

function readNodes(raw: unknown, problems: Problem[]): Fields<NodeInput>[] {
  const path = topPath("nodes");
  if (Array.isArray(raw) && raw.length > 0 && raw.length <= MOST_NODES) {
    return raw.map((node: unknown, index) => {
      const nodePath = indexPath(path, index);
      return readFields(nodeSchema, node ?? null, nodePath, problems);
    });
  }
  const tooMany = Array.isArray(raw) && raw.length > MOST_NODES;
  if (tooMany) problems.push({ path, message: `names ${raw.length} nodes; ${MOST_NODES} are the most` });
  else readValue(configSchema.shape.nodes, raw, path, problems);
  return [];
}

/** More than any homelab has; a bound keeps the checks of every pair quick. */
const MOST_NODES = 200;
