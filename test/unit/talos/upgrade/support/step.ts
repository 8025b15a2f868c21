/** A step on a fake cluster, told with names. */
import type { Consent, UpgradeTimeouts } from "../../../../../src/config/types.ts";
import { upgradeNode, type Outcome } from "../../../../../src/talos/upgrade/step.ts";
import type { NodeImage } from "../../../../../src/talos/upgrade/target.ts";
import { rack } from "../../../../components/support/homelabs.ts";
import { EXTENSIONS, FakeCluster } from "./fake-cluster.ts";

export const NEW_SCHEMATIC = "b".repeat(64);
export const INSTALLER = `factory.talos.dev/nocloud-installer/${NEW_SCHEMATIC}:v1.12.1`;

export const TIMEOUTS: UpgradeTimeouts = rack().upgrade.timeouts;

export function target(node: string, changes: Partial<NodeImage> = {}): NodeImage {
  return {
    node,
    talosVersion: "v1.12.1",
    schematicId: NEW_SCHEMATIC,
    extensions: EXTENSIONS.map((name) => `siderolabs/${name}`),
    installerImage: INSTALLER,
    ...changes,
  };
}

/** The cluster knows what the wanted installer leads to. */
export function clusterOf(config = rack()): FakeCluster {
  const cluster = new FakeCluster(config.nodes);
  cluster.images.set(INSTALLER, {
    talosVersion: "v1.12.1",
    schematicId: NEW_SCHEMATIC,
    extensions: EXTENSIONS,
  });
  return cluster;
}

export interface Stepped {
  outcome: Outcome | undefined;
  /** The message, where it failed. */
  error: string | undefined;
  lines: string[];
}

export async function step(
  cluster: FakeCluster,
  name: string,
  { image = target(name), allow = [] }: { image?: NodeImage; allow?: Consent[] } = {},
): Promise<Stepped> {
  const lines: string[] = [];
  try {
    const outcome = await upgradeNode({
      access: cluster,
      node: cluster.node(name).config,
      target: image,
      nodes: cluster.nodes.map(({ config }) => config),
      allow,
      timeouts: TIMEOUTS,
      clock: cluster.clock,
      log: (line) => void lines.push(line),
    });
    return { outcome, error: undefined, lines };
  } catch (error) {
    return { outcome: undefined, error: (error as Error).message, lines };
  }
}
