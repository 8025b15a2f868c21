/** `kubernetes:helm.sh/v3:Release`. Inputs and outputs as in the SDK; what a chart does is the world's business. */
import type { World } from "../../world/kernel/world.ts";
import type { Cluster } from "../../world/kubernetes/cluster.ts";
import { lookupChart, ReleaseFailed } from "../../world/kubernetes/helm/catalogue.ts";
import { DEFAULT_RELEASE_TIMEOUT } from "../../world/kubernetes/durations.ts";
import {
  installRelease,
  renderCheck,
  resourceNames,
  uninstallRelease,
  upgradeRelease,
  type ReleaseRequest,
} from "../../world/kubernetes/helm/releases.ts";
import type { ReleaseState } from "../../world/kubernetes/state.ts";
import {
  changedPaths,
  hasUnknown,
  InitFailed,
  isRecord,
  UNKNOWN,
  type PropertyMap,
  type ResourceHandler,
} from "../server/index.ts";
import { connect, connectToRead, type Configured, type Connection } from "./connection.ts";
import { autoName } from "./names.ts";

/** Inputs that steer one operation and say nothing of the release itself. */
const NOT_COMPARED = new Set(["compat", "resourceNames", "manifest"]);
const REPLACE_ON = ["name", "namespace"];

const FLAGS = (
  "atomic cleanupOnFail createNamespace dependencyUpdate devel disableCRDHooks disableOpenapiValidation disableWebhooks forceUpdate lint " +
  "recreatePods renderSubchartNotes replace resetValues reuseValues skipAwait skipCrds verify waitForJobs"
).split(" ");

export function releaseHandler(connection: Connection): ResourceHandler<Configured> {
  const { world } = connection;
  return {
    check(inputs, olds, { urn }) {
      const checked = { ...inputs };
      checked["name"] ??= olds["name"] ?? autoName(urn);
      checked["namespace"] ??= "default";
      checked["timeout"] ??= DEFAULT_RELEASE_TIMEOUT;
      if (!hasUnknown([checked["chart"], checked["repositoryOpts"], checked["version"]])) {
        // The real provider asks the repository for the version in Check (pulumi-kubernetes#2672).
        const found = attempt(() =>
          lookupChart(world, String(checked["chart"]), repository(checked), text(checked["version"])),
        );
        if ("error" in found)
          return { inputs: checked, failures: [{ property: "chart", reason: found.error }] };
        checked["version"] ??= found.value.version;
      }
      return { inputs: checked };
    },

    diff(olds, news) {
      const found = new Map(
        [...changedPaths(olds.inputs, news)].filter(([path]) => !NOT_COMPARED.has(root(path))),
      );
      const replaces = REPLACE_ON.filter((property) => found.has(property));
      return {
        changes: found.size > 0,
        replaces,
        detailed: Object.fromEntries(
          [...found].map(([path, kind]) => [path, { kind, replace: replaces.includes(root(path)) }]),
        ),
      };
    },

    async create(inputs, context) {
      if (context.preview) {
        preview(world, inputs);
        return { id: "", outputs: { ...inputs, status: UNKNOWN } };
      }
      const cluster = await connect(connection, context.configured);
      const request = requestOf(inputs, context.signal);
      try {
        const release = await installRelease(cluster, request);
        return { id: idOf(request), outputs: outputsOf(world, inputs, release) };
      } catch (error) {
        throw halfMade(cluster, inputs, request, error);
      } finally {
        await world.commit();
      }
    },

    async read(id, state, inputs, context) {
      const cluster = await connectToRead(connection, context.configured);
      if (cluster === "gone") return undefined;
      if (cluster === "skipped") return { id, outputs: state, inputs };
      const release = cluster.state.releases[id];
      if (!release) return undefined;
      const outputs = outputsOf(world, Object.keys(inputs).length > 0 ? inputs : state, release);
      return { id, outputs: { ...outputs, values: release.values, version: release.version } };
    },

    async update(_id, olds, news, context) {
      if (context.preview) {
        preview(world, news);
        return { ...olds.state, ...news, status: UNKNOWN };
      }
      const cluster = await connect(connection, context.configured);
      const request = requestOf(news, context.signal);
      try {
        return outputsOf(world, news, await upgradeRelease(cluster, request));
      } catch (error) {
        throw halfMade(cluster, news, request, error);
      } finally {
        await world.commit();
      }
    },

    async delete(id, olds, context) {
      // No option makes the state forget a release that cannot be asked for (provider.go, Delete).
      const cluster = await connect(connection, context.configured);
      const [namespace = "", name = ""] = id.split("/");
      try {
        await uninstallRelease(cluster, namespace, name, timeLimit(olds.inputs));
      } finally {
        await world.commit();
      }
    },
  };
}

/** A preview renders the chart when it knows the values; it needs no cluster. */
function preview(world: World, inputs: PropertyMap): void {
  if (!hasUnknown(inputs)) renderCheck(world, requestOf(inputs));
}

function requestOf(inputs: PropertyMap, signal?: AbortSignal): ReleaseRequest {
  const version = text(inputs["version"]);
  return {
    namespace: String(inputs["namespace"]),
    name: String(inputs["name"]),
    chart: String(inputs["chart"]),
    repository: repository(inputs),
    values: isRecord(inputs["values"]) ? inputs["values"] : {},
    timeoutSeconds: timeLimit(inputs),
    skipAwait: inputs["skipAwait"] === true,
    atomic: inputs["atomic"] === true,
    createNamespace: inputs["createNamespace"] === true,
    ...(version === undefined ? {} : { version }),
    ...(signal ? { signal } : {}),
  };
}

/** Its own input alone, in which 0 is none: a release's customTimeouts are never read (helm_release.go, getTimeoutOrDefault). */
function timeLimit(inputs: PropertyMap): number {
  return Number(inputs["timeout"] ?? 0) || DEFAULT_RELEASE_TIMEOUT;
}

function outputsOf(world: World, inputs: PropertyMap, release: ReleaseState): PropertyMap {
  const { appVersion } = lookupChart(world, release.chart, release.repository, release.version);
  return {
    ...Object.fromEntries(FLAGS.map((flag) => [flag, false])),
    description: "",
    keyring: "",
    maxHistory: 0,
    postrender: "",
    valueYamlFiles: [],
    ...inputs,
    resourceNames: resourceNames(world, release),
    status: {
      appVersion,
      chart: release.chart,
      name: release.name,
      namespace: release.namespace,
      revision: release.revision,
      status: release.status,
      version: release.version,
    },
  };
}

/** A release that is on record as failed stays in the state, and the next run upgrades it. */
function halfMade(cluster: Cluster, inputs: PropertyMap, request: ReleaseRequest, error: unknown): unknown {
  const release = cluster.state.releases[idOf(request)];
  if (!(error instanceof ReleaseFailed) || !error.recorded || !release) return error;
  return new InitFailed(idOf(request), outputsOf(cluster.world, inputs, release), [error.message]);
}

function idOf({ namespace, name }: ReleaseRequest): string {
  return `${namespace}/${name}`;
}

function repository(inputs: PropertyMap): string {
  const options = inputs["repositoryOpts"];
  return isRecord(options) && typeof options["repo"] === "string" ? options["repo"] : "";
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function root(path: string): string {
  return path.split(/[.[]/, 1)[0] ?? path;
}

function attempt<Value>(work: () => Value): { value: Value } | { error: string } {
  try {
    return { value: work() };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}
