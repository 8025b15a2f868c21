/** The Longhorn chart: its pods, its settings, its hooks. */
import { numbersOf } from "../../kernel/versions.ts";
import { admissionError, enforcedLevel, forbidden } from "../../kubernetes/api/admission.ts";
import {
  ChartError,
  NotReady,
  waitUntilReady,
  type ChartModel,
  type ReleaseContext,
} from "../../kubernetes/helm/charts.ts";
import { DURATIONS } from "../../kubernetes/durations.ts";
import { schedule } from "../../kubernetes/pods/scheduling.ts";
import type { LonghornState } from "../state.ts";
import type { ReleaseState } from "../../kubernetes/state.ts";
import { forFirstEngine } from "./settings.ts";
import { replicasOf } from "../volumes/storage-class.ts";
import { managerNodes, managerPod, managerProblem, registerDisks } from "../nodes.ts";
import { readValues, type LonghornValues } from "./values.ts";
import { deleteVolume } from "../volumes/volumes.ts";

export const longhornChart: ChartModel = {
  name: "longhorn",
  repository: "https://charts.longhorn.io",
  versions: { "1.12.1": "v1.12.1", "1.11.3": "v1.11.3", "1.10.2": "v1.10.2" },

  render() {
    // Its templates refuse none of the values that matter here: numbers are quoted, maps become JSON (longhorn#12019).
  },

  resourceNames: (release) => {
    const inNamespace = (names: string[]) => names.map((name) => `${release.namespace}/${name}`);
    return {
      "ConfigMap/v1": inNamespace([
        "longhorn-default-resource",
        "longhorn-default-setting",
        "longhorn-storageclass",
      ]),
      "DaemonSet.apps/apps/v1": inNamespace(["longhorn-manager"]),
      "Deployment.apps/apps/v1": inNamespace(["longhorn-driver-deployer", "longhorn-ui"]),
      "PriorityClass.scheduling.k8s.io/scheduling.k8s.io/v1": ["longhorn-critical"],
      "Service/v1": inNamespace([
        "longhorn-admission-webhook",
        "longhorn-backend",
        "longhorn-frontend",
        "longhorn-recovery-backend",
      ]),
      "ServiceAccount/v1": inNamespace(["longhorn-service-account"]),
    };
  },

  async install(context) {
    const values = readValues(context.release.values);
    const { state } = context.cluster;
    if (state.longhorn && state.longhorn.release !== key(context.release)) {
      throw new ChartError(`Longhorn is already on this cluster, as release ${state.longhorn.release}`);
    }
    state.longhorn ??= newState(context.release);
    applySettings(state.longhorn, context.release, values);
    await bringUp(context, values, state.longhorn);
  },

  async upgrade(context, previous) {
    const values = readValues(context.release.values);
    const { state } = context.cluster;
    await preUpgrade(context, state.longhorn?.version ?? previous.version, context.release.version);
    state.longhorn ??= newState(context.release);
    applySettings(state.longhorn, context.release, values);
    await bringUp(context, values, state.longhorn);
  },

  async uninstall({ cluster, release }) {
    const { longhorn } = cluster.state;
    if (!longhorn) return;
    if (!longhorn.deletingConfirmation) {
      await cluster.world.clock.sleep(DURATIONS.longhornHookRefused);
      // The pre-delete hook's Job (longhorn-manager app/uninstall.go) and what Helm makes of it.
      throw new ChartError(
        "uninstallation completed with 1 error(s): job longhorn-uninstall failed: BackoffLimitExceeded: " +
          'level=fatal msg="cannot uninstall Longhorn because deleting-confirmation-flag is set to `false`. Please set it to `true` ' +
          `using Longhorn UI or kubectl -n ${release.namespace} edit settings.longhorn.io deleting-confirmation-flag"`,
      );
    }
    for (const name of Object.keys(longhorn.volumes)) await deleteVolume(cluster, name);
    await cluster.world.clock.sleep(DURATIONS.longhornUninstall);
    delete cluster.state.longhorn;
  },
};

function key(release: ReleaseState): string {
  return `${release.namespace}/${release.name}`;
}

function newState(release: ReleaseState): LonghornState {
  return {
    version: release.version,
    namespace: release.namespace,
    release: key(release),
    dataPath: "",
    storageClass: "",
    classReplicaCount: 0,
    defaultReplicaCount: 0,
    softAntiAffinity: false,
    nodeDrainPolicy: "",
    deletingConfirmation: false,
    defaultClass: false,
    reclaimPolicy: "",
    settings: {},
    warnings: [],
    disks: {},
    volumes: {},
  };
}

function applySettings(longhorn: LonghornState, release: ReleaseState, values: LonghornValues): void {
  const { settings, storageClass } = values;
  longhorn.version = release.version;
  longhorn.settings = settings;
  longhorn.warnings = values.warnings;
  longhorn.dataPath = (settings["default-data-path"] ?? "").replace(/(.)\/+$/, "$1");
  longhorn.storageClass = storageClass && storageClass.refused === undefined ? "longhorn" : "";
  longhorn.classParameters = storageClass?.parameters ?? {};
  longhorn.classReplicaCount = storageClass ? replicasOf(storageClass.parameters, settings) : 0;
  longhorn.defaultReplicaCount = Number(forFirstEngine(settings["default-replica-count"] ?? "3"));
  longhorn.softAntiAffinity = settings["replica-soft-anti-affinity"] === "true";
  longhorn.nodeDrainPolicy = settings["node-drain-policy"] ?? "";
  longhorn.deletingConfirmation = settings["deleting-confirmation-flag"] === "true";
  longhorn.defaultClass = values.defaultClass;
  longhorn.reclaimPolicy = storageClass?.reclaimPolicy ?? "Delete";
}

/**
 * Helm's wait. The DaemonSet's own `maxUnavailable: 100%` lets Helm pass it with no pod ready, so what Helm really waits for is the
 * driver deployer, whose init container asks for a manager that answers (chart templates/daemonset-sa.yaml, deployment-driver.yaml;
 * helm pkg/kube/ready.go, daemonSetReady): one working manager is enough for Helm.
 */
async function bringUp(
  context: ReleaseContext,
  values: LonghornValues,
  longhorn: LonghornState,
): Promise<void> {
  const { cluster, release } = context;
  const { world } = cluster;
  const pod = managerPod(values);
  const refused = () =>
    admissionError(pod, enforcedLevel(cluster.state, release.namespace, context.podSecurityDefault));
  if (!refused()) await world.clock.sleep(DURATIONS.longhornImagePull + DURATIONS.longhornManagerReady);

  const told = new Set<string>();
  await waitUntilReady(context, () => {
    const violation = refused();
    if (violation) {
      return `daemonset/longhorn-manager: Error creating: ${forbidden("pods", "longhorn-manager-", violation)}`;
    }
    const nodes = managerNodes(cluster, values);
    const problems = nodes.flatMap((node) => {
      const problem = managerProblem(
        cluster.hosts(node.vmId),
        longhorn.disks[node.name]?.path ?? longhorn.dataPath,
      );
      return problem ? [`longhorn-manager on ${node.name}: ${problem}`] : [];
    });
    for (const text of problems.filter((each) => !told.has(each))) {
      told.add(text);
      world.note({ kind: "pod-failed", subject: key(release), severity: "warning", text });
    }
    if (nodes.length === 0)
      return "daemonset/longhorn-manager: no node takes its pods (taints, selector, or no node is Ready)";
    if (problems.length === nodes.length) return problems.join("; ");
    const deployer = schedule(cluster, { tolerations: values.managerTolerations, containers: [] });
    return "reason" in deployer ? `deployment/longhorn-driver-deployer: ${deployer.reason}` : undefined;
  });
  registerDisks(cluster, longhorn, values);
  await world.clock.sleep(DURATIONS.longhornDriverReady);
  for (const text of longhorn.warnings)
    world.note({ kind: "pod-started", subject: key(release), severity: "warning", text });
}

/**
 * The pre-upgrade hook's Job asks longhorn-manager whether it may: neither a downgrade nor a skipped minor version, counted from the
 * version that runs, not from the one that a refused upgrade left in Helm's books (longhorn-manager upgrade/util/util.go,
 * CheckUpgradePathSupported; the setting current-longhorn-version).
 */
async function preUpgrade({ cluster }: ReleaseContext, from: string, to: string): Promise<void> {
  const refusal = pathProblem(from, to);
  const { clock } = cluster.world;
  await clock.sleep(refusal === undefined ? DURATIONS.longhornPreUpgrade : DURATIONS.longhornHookRefused);
  if (refusal === undefined) return;
  throw new NotReady(
    `pre-upgrade hooks failed: job longhorn-pre-upgrade failed: BackoffLimitExceeded: level=fatal msg="${refusal}"`,
  );
}

function pathProblem(from: string, to: string): string | undefined {
  const [old, next] = [numbersOf(from), numbersOf(to)];
  const [major, minor] = [next.major - old.major, next.minor - old.minor];
  const path = `from v${from} to v${to}`;
  if (major < 0) return `failed to upgrade since downgrading ${path} for major version is not supported`;
  if (major > 1) return `failed to upgrade since upgrading ${path} for major version is not supported`;
  if (major === 1) return undefined;
  if (minor > 1) return `failed to upgrade since upgrading ${path} for minor version is not supported`;
  if (next.compare(old) < 0) return `failed to upgrade since downgrading ${path} is not supported`;
  return undefined;
}
