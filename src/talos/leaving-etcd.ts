/**
 * How a control plane that goes for good gives up its membership of etcd: after a gate, with a snapshot before it, and
 * only while everybody who stays is well. A member that is deleted instead of leaving is counted for ever: it is one of
 * those that the others need a majority of.
 */
import type { NodeConfig } from "../config/types.ts";
import type { ClusterAccess, Reachable } from "../observe/access.ts";
import { Stopped } from "../observe/failure.ts";
import { tryLook } from "../observe/looks.ts";
import { unanswered, type Etcd, type EtcdMember } from "../observe/picture.ts";
import type { Look } from "../observe/poll.ts";
import { waitFor, type Patience } from "../observe/waiting.ts";

export interface LeaveArgs extends Patience {
  access: ClusterAccess;
  leaving: Reachable;
  /** Control planes, at least one. */
  staying: readonly NodeConfig[];
  /** Those that leave after it in the same run: until then they count. */
  next: readonly Reachable[];
  /** Whether the control planes share an address, which may be on the one that goes. */
  sharedAddress: boolean;
  /** With the leading `v`, for the snapshot's name. */
  talosVersion: string;
}

/** Seconds for which Kubernetes must answer without a gap before it counts as there. */
const STEADY = 5;

/** Nothing happens to a node that is no member: the step may have been cut off after the leaving itself. */
export async function leaveEtcd(args: LeaveArgs): Promise<void> {
  const { access, leaving, staying, log } = args;
  await access.talosctlVersion();
  const found = await borne(args);
  if (found === "no member") return log(`${leaving.name}: is no member of etcd`);

  const { path } = await step(args, "no snapshot of etcd could be taken", () =>
    access.snapshot(staying[0]!, args.talosVersion),
  );
  await log(`${leaving.name}: etcd's snapshot is in ${path}`);
  await step(args, "it could not leave etcd", () => leave(args, found));
  await awaitGone(args);
  if (args.sharedAddress) await apiSteady(args);
  await log(`${leaving.name}: left etcd, of which ${names(staying)} stay members`);
}

interface Leaver {
  member: EtcdMember;
  leads: boolean;
}

/** Waits until etcd can do without it. */
function borne(args: LeaveArgs): Promise<Leaver | "no member"> {
  const { access, leaving, staying, next } = args;
  return waiting<Leaver | "no member">(args, "etcd was not fit for it in time", async () => {
    const etcd = await tryLook(access.etcd([...staying, ...next]));
    if ("unseen" in etcd) return { waiting: [unanswered("etcd", etcd)] };
    const member = memberOf(etcd.seen, leaving);
    if (!member) return { done: "no member" };
    const reasons = reasonsToStay(etcd.seen, member, staying);
    if (reasons.length > 0) return { waiting: reasons };
    return { done: { member, leads: etcd.seen.statuses.some(({ leader }) => leader === member.id) } };
  });
}

/** By itself where it answers. One that does not is removed by another, as Talos advises for broken members only. */
async function leave({ access, leaving, staying }: LeaveArgs, { member, leads }: Leaver): Promise<void> {
  const [machine] = await access.machines([leaving]);
  if (machine?.state !== "configured") return access.removeEtcdMember(staying[0]!, member.id);
  if (leads) await access.forfeitLeadership(leaving);
  await access.leaveEtcd(leaving);
}

function awaitGone(args: LeaveArgs): Promise<void> {
  const { access, leaving, staying } = args;
  return waiting(args, "etcd was not well without it in time", async () => {
    const etcd = await tryLook(access.etcd(staying));
    if ("unseen" in etcd) return { waiting: [unanswered("etcd", etcd)] };
    const reasons = [
      ...(memberOf(etcd.seen, leaving) ? [`${leaving.name} is a member still`] : []),
      ...unwell(etcd.seen, staying),
    ];
    return reasons.length === 0 ? { done: undefined } : { waiting: reasons };
  });
}

/**
 * The shared address is held by whoever won an election in etcd, for up to a minute longer than it is a member (talos,
 * operator/vip.go, with the session's default time to live): what comes next must not find the API away.
 */
function apiSteady(args: LeaveArgs): Promise<void> {
  const { access, clock } = args;
  let since: number | undefined;
  return waiting(args, "the Kubernetes API was not back at its shared address in time", async () => {
    const nodes = await tryLook(access.kubernetesNodes());
    if ("unseen" in nodes) {
      since = undefined;
      return { waiting: [unanswered("the Kubernetes API", nodes)] };
    }
    since ??= clock.now();
    if (clock.now() - since >= STEADY * 1000) return { done: undefined };
    return { waiting: [`whether the Kubernetes API answers for ${STEADY} s`] };
  });
}

export function memberOf({ members }: Etcd, { name }: Reachable): EtcdMember | undefined {
  return members.find(({ hostname }) => hostname === name);
}

/** Why a member must not leave now; empty when it may. */
export function reasonsToStay(etcd: Etcd, leaving: EtcdMember, staying: readonly NodeConfig[]): string[] {
  const rest = etcd.members.filter(({ id, learner }) => id !== leaving.id && !learner);
  const well = rest.filter(({ id }) =>
    etcd.statuses.some(({ member, errors }) => member === id && errors === ""),
  );
  const needed = Math.floor(rest.length / 2) + 1;
  const quorum =
    well.length >= needed
      ? []
      : [
          `without it etcd has ${rest.length} voting members and needs ${needed} of them, of which ${well.length} answer`,
        ];
  return [...unwell(etcd, staying), ...quorum];
}

/** What is wrong with the members that stay. */
function unwell({ members, statuses, alarms }: Etcd, staying: readonly NodeConfig[]): string[] {
  const each = staying.flatMap(({ name, address }) => {
    const status = statuses.find((one) => one.address === address);
    if (!status) return [`etcd on ${name} does not answer`];
    if (status.errors !== "") return [`etcd on ${name} reports: ${status.errors}`];
    const member = members.find(({ id }) => id === status.member);
    if (!member) return [`etcd on ${name} is no member`];
    return member.learner || status.learner ? [`etcd on ${name} is a learner: it has not caught up yet`] : [];
  });
  return [
    ...each,
    ...alarms.map(({ alarm }) => `etcd raised the alarm ${alarm}: \`talosctl etcd alarm list\``),
  ];
}

const LEFT_AS_IT_IS = "Its machine runs on, and nothing was deleted. Once that is mended";

function waiting<T>(args: LeaveArgs, why: string, look: () => Promise<Look<T>>): Promise<T> {
  const { leaving } = args;
  return waitFor({
    ...args,
    subject: leaving.name,
    look,
    limit: "healthy",
    late: (limit, details) => new Stopped(leaving.name, `${why} (${limit})`, details, LEFT_AS_IT_IS),
  });
}

async function step<T>({ leaving }: LeaveArgs, why: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw new Stopped(leaving.name, why, [(error as Error).message], LEFT_AS_IT_IS);
  }
}

function names(nodes: readonly NodeConfig[]): string {
  return nodes.map(({ name }) => name).join(", ");
}
