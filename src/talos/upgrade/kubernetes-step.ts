/** The upgrade of Kubernetes on all nodes, once, by talosctl: control plane components, then kubelets, node by node. */
import type { NodeConfig } from "../../config/types.ts";
import { kubernetesJump } from "../../plan/refusals/versions.ts";
import type { ClusterAccess } from "../../observe/access.ts";
import { kubernetesProgress } from "../../clients/talosctl/answers.ts";
import { Stopped } from "../../observe/failure.ts";
import { tryLook, takePicture } from "../../observe/looks.ts";
import { unanswered, type KubernetesNode, type TalosNode, type Picture } from "../../observe/picture.ts";
import { secondsSince, type Look } from "../../observe/poll.ts";
import { sameVersion, talosctlSkew, useTalosctl } from "./target.ts";
import { limitText, waitFor, type Waiting } from "../../observe/waiting.ts";

export interface KubernetesStepArgs extends Waiting {
  access: ClusterAccess;
  /** Without a leading `v`. */
  to: string;
}

const SUBJECT = "Kubernetes";

export async function upgradeKubernetes(args: KubernetesStepArgs): Promise<void> {
  const { access, nodes, to, log, clock, timeouts } = args;
  const begun = clock.now();
  const picture = await answering(args);
  if (picture === "no cluster yet") return log(`${SUBJECT}: there is no cluster yet, so nothing is upgraded`);
  await checkTalosctl(access, picture.machines);
  checkJumps(picture, nodes, to);

  const first = nodes.find(({ role }) => role === "controlplane")!;
  await step(() => access.upgradeKubernetes(first, { to, dryRun: true }, () => undefined), {
    failed: `talosctl finds the way to ${to} blocked`,
    todo: "Nothing was changed. Once that is mended",
  });
  await log(`${SUBJECT}: checked, ${to} can be installed`);
  const tell = (line: string) => {
    const progress = inWords(line, nodes);
    if (progress !== undefined) void log(`${SUBJECT}: ${progress}`);
  };
  await step(() => access.upgradeKubernetes(first, { to, dryRun: false }, tell), {
    failed: `the upgrade to ${to} did not come to its end (its limit: ${limitText("kubernetes", timeouts)})`,
    todo: "Components and kubelets may be of both versions, which they tolerate. Once that is mended",
  });
  await awaitKubelets(args);
  await log(`${SUBJECT}: ${to} on every node after ${secondsSince(begun, clock)}`);
}

function inWords(line: string, nodes: readonly NodeConfig[]): string | undefined {
  const progress = kubernetesProgress(line);
  if (!progress) return undefined;
  if ("component" in progress) return `updating ${progress.component}`;
  const node = nodes.find(({ address }) => address === progress.doneOn);
  return `done on ${node?.name ?? progress.doneOn}`;
}

/** Waits until everybody answers. How well etcd and the components are, talosctl looks at itself. */
function answering(args: KubernetesStepArgs): Promise<Picture | "no cluster yet"> {
  const { access, nodes } = args;
  const look = async (): Promise<Look<Picture | "no cluster yet">> => {
    const picture = await takePicture(access, nodes);
    if (picture.machines.every(({ state }) => state === "unconfigured")) return { done: "no cluster yet" };
    const waiting = [
      ...picture.machines.flatMap((machine) => {
        if (machine.state === "silent") return [`${machine.name} does not answer: ${machine.reason}`];
        return machine.state === "configured" && machine.stage !== "running"
          ? [`${machine.name} is ${machine.stage}`]
          : [];
      }),
      ...("unseen" in picture.nodes
        ? [unanswered("the Kubernetes API", picture.nodes)]
        : notReady(picture.nodes.seen)),
    ];
    return waiting.length === 0 ? { done: picture } : { waiting };
  };
  return waitFor({
    ...args,
    subject: SUBJECT,
    look,
    limit: "healthy",
    late: (limit, waiting) =>
      new Stopped(
        SUBJECT,
        `the cluster was not fit for its upgrade in time (${limit})`,
        waiting,
        "Nothing was changed. Once that is mended",
      ),
  });
}

async function checkTalosctl(access: ClusterAccess, machines: readonly TalosNode[]): Promise<void> {
  const running = machines.flatMap((machine) =>
    machine.state === "configured" ? [machine.talosVersion] : [],
  );
  const skew = talosctlSkew(await access.talosctlVersion(), running);
  if (skew === undefined || running[0] === undefined) return;
  throw new Stopped(
    SUBJECT,
    `talosctl cannot be used: ${skew}`,
    [],
    `Nothing was changed. ${useTalosctl(running[0])}. Then`,
  );
}

function checkJumps({ nodes: known }: Picture, declared: readonly NodeConfig[], to: string): void {
  if ("unseen" in known) return;
  const refused = outdated(known.seen, declared, to).flatMap(({ name, kubeletVersion }) => {
    const jump = kubernetesJump(kubeletVersion.replace(/^v/, ""), to);
    return jump === undefined ? [] : [`${name}: ${jump}`];
  });
  if (refused.length === 0) return;
  throw new Stopped(
    SUBJECT,
    "there is no way to the wanted version",
    refused,
    "Nothing was changed. Set homelab:cluster.kubernetesVersion to what every node can become. Then",
  );
}

/** Waits until every declared node is Ready with a kubelet of the wanted version. */
export async function awaitKubelets(
  args: Omit<KubernetesStepArgs, "access"> & { access: Pick<ClusterAccess, "kubernetesNodes"> },
): Promise<void> {
  const { access, nodes, to } = args;
  const look = async (): Promise<Look<void>> => {
    const known = await tryLook(access.kubernetesNodes());
    if ("unseen" in known) return { waiting: [unanswered("the Kubernetes API", known)] };
    const waiting = [
      ...outdated(known.seen, nodes, to).map(
        ({ name, kubeletVersion }) => `the kubelet of ${name} is ${kubeletVersion}`,
      ),
      ...notReady(known.seen),
    ];
    return waiting.length === 0 ? { done: undefined } : { waiting };
  };
  await waitFor({
    ...args,
    subject: SUBJECT,
    look,
    limit: "ready",
    late: (limit, waiting) =>
      new Stopped(
        SUBJECT,
        `not every node became Ready with ${to} in time (${limit})`,
        waiting,
        "The control plane has it already. `talosctl service kubelet` on the node says more. Once that is mended",
      ),
  });
}

function notReady(nodes: readonly KubernetesNode[]): string[] {
  return nodes.filter(({ ready }) => !ready).map(({ name }) => `${name} is not Ready`);
}

function outdated(
  known: readonly KubernetesNode[],
  declared: readonly NodeConfig[],
  to: string,
): KubernetesNode[] {
  return known.filter(
    ({ name, kubeletVersion }) =>
      declared.some((node) => node.name === name) && !sameVersion(kubeletVersion, `v${to}`),
  );
}

async function step(
  action: () => Promise<void>,
  { failed, todo }: { failed: string; todo: string },
): Promise<void> {
  try {
    await action();
  } catch (error) {
    throw new Stopped(SUBJECT, failed, [(error as Error).message], todo);
  }
}
