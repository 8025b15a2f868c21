/** The access that a real upgrade has: talosctl for the nodes, the official client for Kubernetes. */
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { HomelabConfig, NodeConfig } from "../config/types.ts";
import type { ClusterAccess, KubernetesAccess } from "../observe/access.ts";
import { upgradePhase } from "./talosctl/answers.ts";
import { commands } from "./talosctl/commands.ts";
import type { KubernetesReader } from "./kubernetes/reader.ts";
import { keepSnapshot } from "./talosctl/snapshot-folder.ts";
import { withTalosconfig, type TalosCredentials } from "./talosctl/talosconfig.ts";
import { readDataVolume, readEtcd, readImage, readMachines } from "./talosctl/talos-reader.ts";
import { Talosctl } from "./talosctl/talosctl.ts";

/** Folder of the project, which is not where Pulumi runs the program: that is the folder of its main file. */
const PROJECT = fileURLToPath(new URL("../..", import.meta.url));

/** Seconds that talosctl gets beyond the limit that it was told, to say itself what it waited for. */
const MORE = 15;

/** The access while `use` runs; the credentials are on the disk for no longer. */
export function withLiveAccess<T>(
  config: Pick<HomelabConfig, "cluster" | "nodes" | "upgrade">,
  credentials: TalosCredentials,
  kubernetes: () => Promise<KubernetesReader>,
  use: (access: ClusterAccess) => Promise<T>,
): Promise<T> {
  const controlPlanes = config.nodes.filter(({ role }) => role === "controlplane");
  const { talosEndpoint, talosctl } = config.upgrade;
  const endpoints =
    talosEndpoint === undefined ? controlPlanes.map(({ address }) => address) : [talosEndpoint];
  return withTalosconfig(config.cluster.name, credentials, (path) =>
    use(
      liveAccess(config, new Talosctl(talosctl, { talosconfig: path, endpoints }, credentials), kubernetes),
    ),
  );
}

/** The part of it that needs no talosctl. */
export function kubernetesAccess(kubernetes: () => Promise<KubernetesReader>): KubernetesAccess {
  return {
    kubernetesNodes: async () => (await kubernetes()).nodes(),
    storage: async () => (await kubernetes()).storage(),
  };
}

export function liveAccess(
  { cluster, nodes, upgrade }: Pick<HomelabConfig, "cluster" | "nodes" | "upgrade">,
  talosctl: Talosctl,
  kubernetes: () => Promise<KubernetesReader>,
): ClusterAccess {
  const { access } = talosctl;
  const { timeouts, snapshots, kubernetesEndpoint } = upgrade;
  const controlPlanes = nodes.filter(({ role }) => role === "controlplane");
  return {
    talosctlVersion: () => talosctl.version(),
    machines: (asked) => readMachines(talosctl, asked),
    image: (node) => readImage(talosctl, node),
    dataVolume: (node) => readDataVolume(talosctl, node),
    etcd: (members) => readEtcd(talosctl, members),
    ...kubernetesAccess(kubernetes),

    snapshot: (node, talosVersion) =>
      keepSnapshot(
        {
          path: resolve(PROJECT, snapshots.directory),
          keep: snapshots.keep,
          cluster: cluster.name,
          nodes: controlPlanes.map(({ name }) => name),
        },
        { node: node.name, talosVersion, at: new Date() },
        async (file) => {
          const args = commands.etcdSnapshot(access, node.address, file);
          await talosctl.run(args, { seconds: timeouts.snapshot });
        },
      ),
    pull: async (node, image) => {
      await talosctl.run(commands.pull(access, node.address, image), { seconds: timeouts.pull });
    },
    forfeitLeadership: async (node) => {
      await talosctl.run(commands.forfeitLeadership(access, node.address));
    },
    leaveEtcd: async (node) => {
      await talosctl.run(commands.etcdLeave(access, node.address), { seconds: timeouts.healthy });
    },
    removeEtcdMember: async (via, member) => {
      await talosctl.run(commands.etcdRemoveMember(access, via.address, member));
    },
    upgrade: async (node, image, onPhase) => {
      await talosctl.run(commands.upgrade(access, node.address, image, timeouts.upgrade), {
        seconds: timeouts.upgrade + MORE,
        onLine: (line) => {
          const phase = upgradePhase(line);
          if (phase !== undefined) onPhase(phase);
        },
      });
    },
    uncordon: async (name) => (await kubernetes()).uncordon(name),
    upgradeKubernetes: async (node: NodeConfig, change, onLine) => {
      const args = commands.upgradeKubernetes(access, node.address, {
        ...change,
        endpoint: kubernetesEndpoint,
      });
      await talosctl.run(args, { seconds: timeouts.kubernetes, onLine });
    },
  };
}
