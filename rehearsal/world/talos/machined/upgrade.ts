/**
 * The Upgrade call: what is checked before it is accepted. Then the node drains itself, installs and reboots (`sequence.ts`).
 *
 * Source: talos v1.12.0 server/v1alpha1/v1alpha1_server.go (Upgrade, tryLockUpgradeMutex), internal/pkg/etcd/etcd.go
 * (ValidateForUpgrade). The mutex covers these checks alone: once the call is answered, another control plane's upgrade is
 * accepted until this one's etcd has stopped. A worker is not checked at all.
 */
import type { ClusterState } from "../etcd/state.ts";
import type { MachineState } from "../state.ts";
import type { World } from "../../kernel/world.ts";
import { DURATIONS } from "../durations.ts";
import { TalosError } from "../errors.ts";
import { clusterOfMachine, quorum, formatMember, memberNumber, memberRuns } from "../etcd/members.ts";
import { pullInstaller } from "./installers.ts";
import { startSequence } from "./sequence.ts";

export interface UpgradeRequest {
  image: string;
  force?: boolean;
  stage?: boolean;
}

/** How long a member is asked whether it has a quorum (etcd.QuorumCheckTimeout). */
const QUORUM_CHECK = 15;

/** @returns The actor id by which its events are told apart. */
export async function upgrade(world: World, machine: MachineState, request: UpgradeRequest): Promise<string> {
  const facts = machine.facts!;
  if (request.stage) throw new TalosError("Unimplemented", "staged upgrades are not simulated");
  const image = await pullInstaller(world, machine, request.image);
  if (facts.machineType === "controlplane" && !request.force) await checkEtcd(world, machine);

  const actorId = world.nextId("actor");
  const detail = { from: machine.image.version, to: image.version, schematic: image.schematicId };
  world.note({
    kind: "upgrade-started",
    subject: facts.hostname,
    text: `${facts.hostname} is to be upgraded from Talos ${detail.from} to ${detail.to} (${image.schematicId.slice(0, 8)})`,
    detail: { vmId: machine.vmId, node: facts.hostname, ...detail, actorId },
  });
  startSequence(world, machine, { name: "upgrade", actorId, phase: 0, image: request.image });
  return actorId;
}

export function rebootNode(world: World, machine: MachineState): string {
  const actorId = world.nextId("actor");
  startSequence(world, machine, { name: "reboot", actorId, phase: 0 });
  return actorId;
}

/** The mutex in etcd: ids of the clusters in which somebody has it. */
const MUTEX = Symbol("etcd upgrade mutex");

async function checkEtcd(world: World, machine: MachineState): Promise<void> {
  const cluster = clusterOfMachine(world, machine);
  if (!cluster) throw unknown("failed to create etcd client: no etcd endpoints");
  const locked = world.remembered(MUTEX, () => new Set<string>());
  if (locked.has(cluster.id)) {
    throw unknown(
      "failed to acquire upgrade mutex: error trying to lock etcd upgrade mutex: mutex: Locked by another session",
    );
  }
  locked.add(cluster.id);
  try {
    await world.clock.sleep(DURATIONS.call);
    if (!quorum(world, cluster)) {
      throw unknown(
        "failed to acquire upgrade mutex: error establishing etcd concurrency session: etcdserver: request timed out",
      );
    }
    await validateForUpgrade(world, cluster);
  } finally {
    locked.delete(cluster.id);
  }
}

async function validateForUpgrade(world: World, cluster: ClusterState): Promise<void> {
  const invalid = (why: string) => unknown(`error validating etcd for upgrade: ${why}`);
  const members = Object.keys(cluster.etcd);
  if (members.length === 2) {
    throw invalid(
      `etcd member count(${members.length}) is insufficient to maintain quorum if upgrade commences`,
    );
  }
  for (const id of members) {
    if (memberRuns(world, cluster, id)) continue;
    await world.clock.sleep(QUORUM_CHECK);
    const member = formatMember(memberNumber(id));
    throw invalid(
      `etcd member ${member} is not healthy; all members must be healthy to perform an upgrade: context deadline exceeded`,
    );
  }
}

function unknown(message: string): TalosError {
  return new TalosError("Unknown", message);
}
