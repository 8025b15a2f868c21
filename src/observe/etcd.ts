/** Whether etcd can do without a node: every member well, and a quorum without the one that goes down. */
import type { NodeConfig, Role } from "../config/types.ts";
import { unanswered, type Etcd, type Picture } from "./picture.ts";

/** The node that is to go down. */
export interface Candidate {
  name: string;
  role: Role;
}

export function etcdReasons(
  { etcd, machines }: Picture,
  node: Candidate,
  declared: readonly NodeConfig[],
): string[] {
  if ("unseen" in etcd) return [unanswered("etcd", etcd)];
  const unconfigured = new Set(
    machines.filter(({ state }) => state === "unconfigured").map(({ name }) => name),
  );
  const addressOf = new Map(declared.map(({ name, address }) => [name, address]));
  const nameAt = new Map(declared.map(({ name, address }) => [address, name]));
  const expected = declared
    .filter(({ name, role }) => role === "controlplane" && !unconfigured.has(name))
    .map(({ address }) => address);
  return [
    ...memberReasons(etcd.seen, expected, nameAt),
    ...(node.role === "controlplane" ? quorumReasons(etcd.seen, node, addressOf.get(node.name)) : []),
  ];
}

function memberReasons(
  { members, statuses, alarms }: Etcd,
  expected: readonly string[],
  nameAt: ReadonlyMap<string, string>,
): string[] {
  const answering = new Set(statuses.map(({ member }) => member));
  const hostnames = new Map(members.map(({ id, hostname }) => [id, hostname]));
  const silent = expected.filter((address) => !statuses.some((status) => status.address === address));
  const silentNames = silent.map((address) => nameAt.get(address) ?? address);
  const leaders = new Set(statuses.map(({ leader }) => leader));
  return [
    ...silentNames.map((name) => `etcd on ${name} does not answer`),
    ...members
      .filter(({ id, hostname }) => !answering.has(id) && !silentNames.includes(hostname))
      .map(
        ({ id, hostname }) => `etcd's member ${hostname} (${id}) does not answer, and no declared node is it`,
      ),
    ...members
      .filter(({ learner }) => learner)
      .map(({ hostname }) => `etcd's member ${hostname} is a learner: it has not caught up yet`),
    ...alarms.map(
      ({ member, alarm }) =>
        `etcd raised the alarm ${alarm} on ${hostnames.get(member) ?? member}: \`talosctl etcd alarm list\``,
    ),
    ...statuses
      .filter(({ errors }) => errors !== "")
      .map(({ address, errors }) => `etcd on ${nameAt.get(address) ?? address} reports: ${errors}`),
    ...(statuses.length > 0 && (leaders.size > 1 || leaders.has(NO_LEADER))
      ? ["etcd's members do not agree on a leader"]
      : []),
  ];
}

/** How talosctl prints that a member knows of no leader (etcd's raft.None). */
const NO_LEADER = "0000000000000000";

/** A single member is no quorum to lose: it takes the API away with it, and brings it back. */
function quorumReasons({ members, statuses }: Etcd, node: Candidate, address: string | undefined): string[] {
  if (members.length <= 1) return [];
  const own = statuses.find((status) => status.address === address)?.member;
  const voters = members.filter(({ learner }) => !learner);
  const left = voters.filter(
    ({ id }) => id !== own && statuses.some(({ member, errors }) => member === id && errors === ""),
  ).length;
  const quorum = Math.floor(voters.length / 2) + 1;
  if (left >= quorum) return [];
  return [
    `etcd has ${voters.length} voting members and needs ${quorum} of them, but without ${node.name} only ${left} would answer`,
  ];
}
