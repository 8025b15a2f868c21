/** What the nodes say of themselves, asked by talosctl. */
import type { NodeConfig } from "../../config/types.ts";
import {
  etcdAlarms,
  etcdMembers,
  etcdStatuses,
  machineStages,
  runningImage,
  talosVersions,
  volumePhase,
} from "./answers.ts";
import type { Reachable } from "../../observe/access.ts";
import { commands } from "./commands.ts";
import type { Etcd, TalosNode, RunningImage, VolumePhase } from "../../observe/picture.ts";
import { TalosctlFailed, type Talosctl } from "./talosctl.ts";
import { DATA_VOLUME } from "../../disks.ts";

/** How Talos calls the volume of a UserVolumeConfig. */
const USER_VOLUME = `u-${DATA_VOLUME}`;

/**
 * A node in maintenance mode shows a certificate that it made itself, which the cluster's authority has not signed: it has
 * no config of this cluster, whatever it boots.
 */
const FOREIGN_CERTIFICATE = /certificate signed by unknown authority/;

export async function readMachines(talosctl: Talosctl, nodes: readonly Reachable[]): Promise<TalosNode[]> {
  const addresses = nodes.map(({ address }) => address);
  const [versions, stages] = await Promise.all([
    partial(talosctl, commands.version(talosctl.access, addresses)).then(talosVersions),
    partial(talosctl, commands.get(talosctl.access, addresses, "machinestatuses")).then(machineStages),
  ]);
  return Promise.all(
    nodes.map(async (node) => {
      const talosVersion = versions.get(node.address);
      const status = stages.get(node.address);
      if (talosVersion === undefined || status === undefined) return readMachine(talosctl, node);
      return { name: node.name, state: "configured" as const, talosVersion, ...status };
    }),
  );
}

/** Alone, so that another's silence is not taken for its own, and its error is. */
async function readMachine(talosctl: Talosctl, { name, address }: Reachable): Promise<TalosNode> {
  try {
    const talosVersion = talosVersions(await talosctl.run(commands.version(talosctl.access, [address]))).get(
      address,
    );
    const status = machineStages(
      await talosctl.run(commands.get(talosctl.access, [address], "machinestatuses")),
    ).get(address);
    if (talosVersion === undefined || status === undefined)
      return { name, state: "silent", reason: "it does not say what it runs" };
    return { name, state: "configured", talosVersion, ...status };
  } catch (error) {
    if (!(error instanceof TalosctlFailed)) throw error;
    return FOREIGN_CERTIFICATE.test(error.message)
      ? { name, state: "unconfigured" }
      : { name, state: "silent", reason: error.message };
  }
}

/** What was printed before some node failed to answer. */
async function partial(talosctl: Talosctl, args: string[]): Promise<string> {
  try {
    return await talosctl.run(args);
  } catch (error) {
    if (error instanceof TalosctlFailed) return error.stdout;
    throw error;
  }
}

export async function readImage(talosctl: Talosctl, { address }: NodeConfig): Promise<RunningImage> {
  return runningImage(await talosctl.run(commands.get(talosctl.access, [address], "extensions")));
}

export async function readDataVolume(talosctl: Talosctl, { address }: NodeConfig): Promise<VolumePhase> {
  const text = await talosctl.run(commands.get(talosctl.access, [address], "volumestatuses"));
  return volumePhase(text, USER_VOLUME);
}

/** Members and alarms are asked of one that answers: they are the same on each. */
export async function readEtcd(talosctl: Talosctl, controlPlanes: readonly Reachable[]): Promise<Etcd> {
  const { access } = talosctl;
  const addresses = controlPlanes.map(({ address }) => address);
  const statuses = etcdStatuses(await talosctl.run(commands.etcdStatus(access, addresses)));
  const answering = statuses[0]?.address;
  if (answering === undefined) throw new Error("no control plane says anything of it");
  const [members, alarms] = await Promise.all([
    talosctl.run(commands.etcdMembers(access, answering)).then(etcdMembers),
    talosctl.run(commands.etcdAlarms(access, answering)).then(etcdAlarms),
  ]);
  return { members, statuses, alarms };
}
