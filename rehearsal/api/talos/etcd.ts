/** etcd's part of the API of a control plane. */
import {
  etcdAlarms,
  etcdForfeit,
  etcdLeave,
  etcdMembers,
  etcdRemove,
  etcdSnapshot,
  etcdStatus,
} from "../../world/talos/etcd/api.ts";
import { bootstrapEtcd } from "../../world/talos/etcd/cluster.ts";
import { recoverEtcd, uploadSnapshot } from "../../world/talos/etcd/recovery.ts";
import type { Held } from "../../world/kernel/world.ts";
import { textOf, type NodeCall, type NodeMethod } from "./calls.ts";

const SERVICE = "/machine.MachineService";

function looks(answer: (call: NodeCall) => unknown): NodeMethod {
  return { changes: false, answer };
}

function changes(answer: (call: NodeCall & { world: Held }) => unknown): NodeMethod {
  return {
    changes: true,
    answer: (call) => call.world.exclusive(async (world) => answer({ ...call, world })),
  };
}

export const etcdMethods: Record<string, NodeMethod> = {
  [`${SERVICE}/EtcdStatus`]: looks(({ world, machine }) => ({
    messages: [{ memberStatus: etcdStatus(world, machine) }],
  })),
  [`${SERVICE}/EtcdMemberList`]: looks(({ world, machine }) => {
    const members = etcdMembers(world, machine);
    return { messages: [{ legacyMembers: members.map(({ hostname }) => hostname), members }] };
  }),
  [`${SERVICE}/EtcdAlarmList`]: looks(({ world, machine }) => ({
    messages: [{ memberAlarms: etcdAlarms(world, machine) }],
  })),
  [`${SERVICE}/EtcdForfeitLeadership`]: changes(({ world, machine }) => ({
    messages: [{ member: etcdForfeit(world, machine) }],
  })),
  [`${SERVICE}/EtcdLeaveCluster`]: changes(({ world, machine }) => {
    etcdLeave(world, machine);
    return { messages: [{}] };
  }),
  [`${SERVICE}/EtcdRemoveMemberByID`]: changes(({ world, machine, params }) => {
    etcdRemove(world, machine, BigInt(textOf(params, "memberId") || "0"));
    return { messages: [{}] };
  }),
  [`${SERVICE}/EtcdRecover`]: changes(({ machine, params }) => uploadSnapshot(machine, params)),
  [`${SERVICE}/Bootstrap`]: changes(({ world, machine, params }) => {
    if (params["recoverEtcd"] === true) {
      recoverEtcd(world, machine, params["recoverSkipHashCheck"] === true);
    } else bootstrapEtcd(world, machine);
    return { messages: [{}] };
  }),
  [`${SERVICE}/EtcdSnapshot`]: changes(({ world, machine }) => etcdSnapshot(world, machine)),
};
