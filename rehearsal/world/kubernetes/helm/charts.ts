/**
 * What a modelled Helm chart is. A chart's model decides from the values it would get what its pods would do; `releases.ts` keeps
 * the books around it as Helm does.
 */
import type { Cluster } from "../cluster.ts";
import type { Level } from "../api/admission.ts";
import type { Deployment } from "../pods/deployment.ts";
import type { ReleaseState } from "../state.ts";

export interface ReleaseContext {
  cluster: Cluster;
  release: ReleaseState;
  podSecurityDefault: Level | undefined;
  /** Simulated time at which Helm gives up waiting. */
  deadline: number;
  /** False with `skipAwait`: objects are made, nobody waits for pods. */
  wait: boolean;
  signal?: AbortSignal;
}

export interface ChartModel {
  name: string;
  /** Nobody who writes a program is told of it. */
  unlisted?: true;
  /** Without a trailing slash. */
  repository: string;
  /** Chart version -> appVersion. */
  versions: Record<string, string>;
  /** Throws `ChartError` as `helm template` would fail. */
  render(release: ReleaseState): void;
  /** Objects of the release, grouped as the Pulumi provider does in `resourceNames`. */
  resourceNames(release: ReleaseState): Record<string, string[]>;
  /** Throws `NotReady` when its pods do not come up in time. */
  install(context: ReleaseContext): Promise<void>;
  upgrade(context: ReleaseContext, previous: ReleaseState): Promise<void>;
  uninstall(context: ReleaseContext): Promise<void>;
  /** Deployments whose pods come back by themselves when their node does, or when they are evicted. */
  deployments?(release: ReleaseState): Deployment[];
}

/** The chart's templates or the API server refuse the values at once. */
export class ChartError extends Error {}

/** Pods did not become ready; the reason is theirs. */
export class NotReady extends Error {}

/** Polls until `problem` finds none, and gives up at the deadline with the last one. */
export async function waitUntilReady(
  { cluster, deadline, wait, signal }: ReleaseContext,
  problem: () => string | undefined | Promise<string | undefined>,
): Promise<void> {
  const { clock } = cluster.world;
  for (;;) {
    const reason = await problem();
    if (reason === undefined) return;
    if (!wait || signal?.aborted || clock.now() >= deadline) throw new NotReady(reason);
    await clock.until(Math.min(deadline, clock.now() + 10));
  }
}

/** `helm upgrade` coalesces values over defaults: maps merge, null removes the default (helm pkg/chartutil/coalesce.go). */
export function coalesce(defaults: unknown, values: unknown): unknown {
  if (!isMap(defaults) || !isMap(values)) return values === undefined ? defaults : values;
  const merged: Record<string, unknown> = { ...defaults };
  for (const [key, value] of Object.entries(values)) {
    if (value === null) delete merged[key];
    else merged[key] = coalesce(defaults[key], value);
  }
  return merged;
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
