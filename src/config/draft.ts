/** The configuration while it is being judged: what is well-formed so far, and what is known to be wrong. */
import { indexPath, type Problem } from "./problem.ts";
import { isMapping, readFields, readValue, type Fields } from "./read.ts";
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
import { clusterSchema } from "./schema/cluster.ts";
import { longhornSchema } from "./schema/longhorn.ts";
import { networkSchema } from "./schema/network.ts";
import { nodeSchema } from "./schema/nodes.ts";
import { proxmoxSchema } from "./schema/proxmox.ts";
import { traefikSchema } from "./schema/traefik.ts";
import { upgradeSchema } from "./schema/upgrade.ts";
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
  const value = (key: keyof Draft): unknown => (Object.hasOwn(raw, key) ? raw[key] : undefined);
  const protect = readValue(configSchema.shape.protect, value("protect"), topPath("protect"), problems);
  const allow = readValue(configSchema.shape.allow, value("allow"), topPath("allow"), problems);
  return {
    cluster: readFields(clusterSchema, value("cluster"), topPath("cluster"), problems),
    network: readFields(networkSchema, value("network"), topPath("network"), problems),
    proxmox: readFields(proxmoxSchema, value("proxmox"), topPath("proxmox"), problems),
    nodes: readNodes(value("nodes"), problems),
    longhorn: readFields(longhornSchema, value("longhorn") ?? {}, topPath("longhorn"), problems),
    traefik: readFields(traefikSchema, value("traefik") ?? {}, topPath("traefik"), problems),
    upgrade: readFields(upgradeSchema, value("upgrade") ?? {}, topPath("upgrade"), problems),
    allow: allow.ok ? (allow.value as Consent[]) : [],
    protect: protect.ok ? (protect.value as boolean) : undefined,
  };
}

function readNodes(raw: unknown, problems: Problem[]): Fields<NodeInput>[] {
  const path = topPath("nodes");
  if (Array.isArray(raw) && raw.length > 0 && raw.length <= MOST_NODES) {
    return raw.map((node: unknown, index) => {
      const nodePath = indexPath(path, index);
      return readFields(nodeSchema, isMapping(node) ? node : (node ?? null), nodePath, problems);
    });
  }
  const tooMany = Array.isArray(raw) && raw.length > MOST_NODES;
  if (tooMany) problems.push({ path, message: `names ${raw.length} nodes; ${MOST_NODES} are the most` });
  else readValue(configSchema.shape.nodes, raw, path, problems);
  return [];
}

/** More than any homelab has; a bound keeps the checks of every pair quick. */
const MOST_NODES = 200;
