/**
 * Helm's books: which chart a Release means, what is installed, and how an operation fails. Wording after helm.sh/helm/v3 and the
 * Pulumi provider's helm_release.go, with the pods' own reason after it, which both leave out.
 */
import { timed } from "../../kernel/clock.ts";
import type { World } from "../../kernel/world.ts";
import type { Level } from "../api/admission.ts";
import { lookupChart, ReleaseFailed } from "./catalogue.ts";
import { ChartError, NotReady, type ReleaseContext } from "./charts.ts";
import type { Cluster } from "../cluster.ts";
import { DEFAULT_RELEASE_TIMEOUT, DURATIONS } from "../durations.ts";
import { createNamespace } from "../api/namespaces.ts";
import { podSecurityDefault } from "../api/reach.ts";
import type { ReleaseState } from "../state.ts";

export interface ReleaseRequest {
  namespace: string;
  name: string;
  chart: string;
  version?: string;
  repository: string;
  values: Record<string, unknown>;
  timeoutSeconds?: number;
  skipAwait?: boolean;
  atomic?: boolean;
  createNamespace?: boolean;
  signal?: AbortSignal;
}

/** As `helm template` would fail: the chart's own refusals. */
export function renderCheck(
  world: World,
  request: Pick<ReleaseRequest, "namespace" | "name" | "chart" | "repository" | "version" | "values">,
): void {
  const { model, version } = lookupChart(world, request.chart, request.repository, request.version);
  model.render(newRelease(request, version));
}

export function resourceNames(world: World, release: ReleaseState): Record<string, string[]> {
  return lookupChart(world, release.chart, release.repository, release.version).model.resourceNames(release);
}

export async function installRelease(cluster: Cluster, request: ReleaseRequest): Promise<ReleaseState> {
  const { state, world } = cluster;
  const { model, version } = lookupChart(world, request.chart, request.repository, request.version);
  const release = { ...newRelease(request, version), installedAt: world.clock.now() };
  const key = `${request.namespace}/${request.name}`;
  await world.clock.sleep(DURATIONS.apiCall);
  if (state.releases[key])
    throw new ReleaseFailed(`cannot re-use a name that is still in use (release ${key})`, false);
  if (!state.namespaces[request.namespace]) {
    if (!request.createNamespace)
      throw new ReleaseFailed(`create: failed to create: namespaces "${request.namespace}" not found`, false);
    await createNamespace(cluster, request.namespace, {});
  }
  run(() => model.render(release));
  state.releases[key] = release;
  const context = await contextOf(cluster, release, request);
  try {
    await inTime(context, request, () => model.install(context));
  } catch (error) {
    if (forgiven(error, request)) return release;
    failed(cluster, release, error);
    if (request.atomic) await model.uninstall(context).then(() => delete state.releases[key]);
    throw asFailure(error, release, "created", !request.atomic);
  }
  world.note({
    kind: "release-installed",
    subject: key,
    text: `${release.chart} ${version} is installed as ${key}`,
  });
  return release;
}

export async function upgradeRelease(cluster: Cluster, request: ReleaseRequest): Promise<ReleaseState> {
  const { state, world } = cluster;
  const key = `${request.namespace}/${request.name}`;
  const previous = state.releases[key];
  if (!previous) throw new ReleaseFailed(`release ${key}: not found`, false);
  const { model, version } = lookupChart(world, request.chart, request.repository, request.version);
  const release: ReleaseState = {
    ...newRelease(request, version),
    revision: previous.revision + 1,
    installedAt: previous.installedAt,
  };
  run(() => model.render(release));
  await world.clock.sleep(DURATIONS.apiCall);
  state.releases[key] = release;
  const context = await contextOf(cluster, release, request);
  try {
    await inTime(context, request, () => model.upgrade(context, previous));
  } catch (error) {
    if (forgiven(error, request)) return release;
    failed(cluster, release, error);
    if (request.atomic) {
      state.releases[key] = { ...previous, revision: release.revision + 1 };
      await model
        .upgrade(
          { ...context, release: state.releases[key], deadline: world.clock.now() + DEFAULT_RELEASE_TIMEOUT },
          release,
        )
        .catch(() => undefined);
    }
    throw asFailure(error, release, "upgraded", true);
  }
  world.note({
    kind: "release-upgraded",
    subject: key,
    text: `${key} is upgraded to ${release.chart} ${version}, revision ${release.revision}`,
  });
  return release;
}

export async function uninstallRelease(
  cluster: Cluster,
  namespace: string,
  name: string,
  timeoutSeconds?: number,
): Promise<void> {
  const { state, world } = cluster;
  const key = `${namespace}/${name}`;
  const release = state.releases[key];
  // Helm does not forgive an uninstall of nothing, and the Pulumi provider passes that on (helm_release.go, Delete).
  if (!release) throw new ReleaseFailed(`uninstall: Release not loaded: ${name}: release: not found`, false);
  const { model } = lookupChart(world, release.chart, release.repository, release.version);
  release.status = "uninstalling";
  try {
    const limit = timeoutSeconds ? { timeoutSeconds } : {};
    const context = await contextOf(cluster, release, limit);
    await inTime(context, limit, () => model.uninstall(context));
  } catch (error) {
    release.status = "failed";
    release.reason = messageOf(error);
    world.note({
      kind: "release-failed",
      subject: key,
      severity: "warning",
      text: `${key} cannot be uninstalled: ${release.reason}`,
    });
    throw new ReleaseFailed(`failed to delete Helm release ${key}: ${release.reason}`, true);
  }
  delete state.releases[key];
  delete state.away?.[key]; // nobody misses it any more
  world.note({ kind: "release-uninstalled", subject: key, text: `${key} is uninstalled` });
}

function newRelease(
  request: Pick<ReleaseRequest, "namespace" | "name" | "chart" | "repository" | "values">,
  version: string,
): ReleaseState {
  return {
    namespace: request.namespace,
    name: request.name,
    chart: request.chart,
    version,
    repository: request.repository,
    values: structuredClone(request.values),
    status: "deployed",
    revision: 1,
    installedAt: 0,
  };
}

/**
 * Helm's limit holds for the hooks too, and for what comes up in the end (helm pkg/action/install.go, upgrade.go, uninstall.go).
 *
 * @throws {NotReady} when it took longer; what came up stays.
 */
async function inTime(
  { wait }: Pick<ReleaseContext, "wait">,
  { timeoutSeconds = DEFAULT_RELEASE_TIMEOUT }: Pick<ReleaseRequest, "timeoutSeconds">,
  work: () => Promise<void>,
): Promise<void> {
  const { seconds } = await timed(work);
  if (wait && seconds > timeoutSeconds)
    throw new NotReady(`it takes ${Math.ceil(seconds)} s, and timeout gives it ${timeoutSeconds} s`);
}

async function contextOf(
  cluster: Cluster,
  release: ReleaseState,
  options: Pick<ReleaseRequest, "timeoutSeconds" | "skipAwait" | "atomic" | "signal">,
): Promise<ReleaseContext> {
  return {
    cluster,
    release,
    podSecurityDefault: (await podSecurityDefault(cluster)) as Level | undefined,
    deadline: cluster.world.clock.now() + (options.timeoutSeconds ?? DEFAULT_RELEASE_TIMEOUT),
    wait: options.atomic === true || options.skipAwait !== true,
    ...(options.signal ? { signal: options.signal } : {}),
  };
}

/** With `skipAwait` nobody looks whether the pods come up. */
function forgiven(error: unknown, { skipAwait, atomic }: ReleaseRequest): boolean {
  return error instanceof NotReady && skipAwait === true && atomic !== true;
}

function failed(cluster: Cluster, release: ReleaseState, error: unknown): void {
  release.status = "failed";
  release.reason = messageOf(error);
  const key = `${release.namespace}/${release.name}`;
  cluster.world.note({
    kind: "release-failed",
    subject: key,
    severity: "warning",
    text: `${key} failed: ${release.reason}`,
  });
}

function asFailure(
  error: unknown,
  release: ReleaseState,
  verb: "created" | "upgraded",
  recorded: boolean,
): Error {
  if (!(error instanceof NotReady) && !(error instanceof ChartError))
    return error instanceof Error ? error : new Error(String(error));
  const key = `${release.namespace}/${release.name}`;
  const waited =
    error instanceof NotReady
      ? `context deadline exceeded (in the rehearsal: ${error.message})`
      : error.message;
  if (!recorded)
    return new ReleaseFailed(`Helm release "${key}" failed and was purged (atomic): ${waited}`, false);
  // The same words for whatever Helm reports, in time or not (helm_release.go, releaseFailedError).
  const told = `failed to become available within allocated timeout. Error: Helm Release ${key}: ${waited}`;
  const how = verb === "created" ? "was created, but failed" : "failed";
  return new ReleaseFailed(
    `Helm release "${key}" ${how} to initialize completely. Use Helm CLI to investigate: ${told}`,
    true,
  );
}

function run(work: () => void): void {
  try {
    work();
  } catch (error) {
    throw error instanceof ChartError ? new ReleaseFailed(error.message, false) : error;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
