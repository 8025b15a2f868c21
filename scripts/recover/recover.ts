/**
 * Brings a stack's state back in line with what a cut-off run, or a lost reply, left in the homelab, so that the same command
 * can be run again. It only looks at the homelab and only writes Pulumi's state; a second recovery finds nothing to do.
 */
import { hostname } from "node:os";
import type { EngineEvent, Stack } from "@pulumi/pulumi/automation/index.js";
import {
  BOOTSTRAP,
  RELEASE,
  SECRETS,
  VM,
  candidates,
  controlPlanes,
  holdsMaskedSecret,
  pendingText,
  plaintext,
  secretOf,
  strangerVm,
  unfinishedRelease,
  withDiskPlaces,
  worthRefreshing,
  type Candidate,
  type Planned,
} from "./decide.ts";
import {
  marked,
  nameOf,
  providerReference,
  resourcesOf,
  withResource,
  withoutPending,
  withoutResource,
  type Deployment,
} from "./deployment.ts";
import { importState, removeFormerCopies } from "./import-state.ts";
import { isLockError, stillHeld } from "./lock.ts";
import { etcdProblem, type Credentials, type LookOptions } from "./look.ts";

export interface Recovery {
  /** What was found and done, for the user. */
  lines: string[];
  /** Whether the state was changed. */
  changed: boolean;
}

export async function recover(stack: Stack, look: LookOptions): Promise<Recovery> {
  const lines: string[] = [];
  const say = (line: string) => void lines.push(line);
  const locked = new Unlocked(stack, say);
  await removeFormerCopies();

  const exported = await stack.exportStack();
  const found = exported.deployment as Deployment;
  const pending = found.pending_operations ?? [];
  for (const operation of pending) say(pendingText(operation));

  const write = async (deployment: Deployment) => {
    await locked.run(() => importState(stack, { ...exported, deployment }));
  };
  const read = async () => (await stack.exportStack()).deployment as Deployment;

  const { deployment: placed, names } = withDiskPlaces(found);
  for (const name of names) say(`${name} was made, but not all of its disks were read; they are read again`);
  let changed = pending.length > 0 || names.length > 0;
  let state = withoutPending(placed);
  if (changed) await write(state);

  const planned = await locked
    .run(() => plannedCreations(stack))
    .catch((error: unknown) => {
      if (error instanceof StillHeld) throw error;
      say(`The program cannot be previewed, so what it would create was not looked for: ${firstLine(error)}`);
      return [];
    });

  for (const group of [[VM], [BOOTSTRAP], [RELEASE]]) {
    const wanted = candidates(planned).filter(({ planned: { type } }) => group.includes(type));
    const entered = await enter(state, wanted, look, say);
    const targets = worthRefreshing(entered.state);
    const urns = group.includes(VM) ? targets.proxmox : group.includes(RELEASE) ? targets.kubernetes : [];
    if (entered.added.length > 0) await write(entered.state);
    if (urns.length > 0) {
      try {
        await locked.run(() => stack.refresh({ target: urns }));
      } catch (error) {
        if (error instanceof StillHeld) throw error;
        // Nobody could be asked: nothing is taken for granted.
        if (entered.added.length > 0) await write(state);
        say(`${group.includes(VM) ? "Proxmox" : "The cluster"} could not be asked: ${firstLine(error)}`);
        continue;
      }
    }
    const before = new Set(resourcesOf(state).map(({ urn }) => urn));
    const known = await read();
    const judged = judge(known, entered.added, say);
    if (judged !== known) await write(judged);
    state = judged;
    const now = new Set(resourcesOf(state).map(({ urn }) => urn));
    for (const urn of before) if (!now.has(urn)) say(`${nameOf(urn)} is gone; the state knows it now`);
    if (now.size !== before.size || [...now].some((urn) => !before.has(urn)) || judged !== known)
      changed = true;
  }
  if (lines.length === 0) say("There is nothing to recover.");
  return { lines, changed };
}

/** Enters the candidates that could be there, to be looked at. */
async function enter(
  before: Deployment,
  wanted: Candidate[],
  look: LookOptions,
  say: (line: string) => void,
): Promise<{ state: Deployment; added: Candidate[] }> {
  let state = before;
  const added: Candidate[] = [];
  for (const candidate of wanted) {
    const { planned, id } = candidate;
    const inputs =
      planned.type === BOOTSTRAP ? await bootstrapInputs(before, planned, look, say) : planned.inputs;
    const provider = providerReference(before, planned.provider);
    const { urn, type, parent, protect } = planned;
    // Without its provider, or the component that it belongs to, it can never have been made.
    const parentKnown =
      parent === undefined || resourcesOf(before).some((resource) => resource.urn === parent);
    if (!inputs || !provider || !parentKnown || holdsMaskedSecret(inputs)) continue;
    state = withResource(state, {
      urn,
      type,
      custom: true,
      id,
      ...(parent && { parent }),
      ...(protect && { protect }),
      provider,
      inputs,
      outputs: inputs,
    });
    added.push(candidate);
  }
  return { state, added };
}

/** The bootstrap's inputs when etcd runs: its resource cannot be read, so the cluster itself is asked. */
async function bootstrapInputs(
  state: Deployment,
  { inputs = {} }: Planned,
  look: LookOptions,
  say: (line: string) => void,
): Promise<Record<string, unknown> | undefined> {
  const secrets = resourcesOf(state).find(({ type }) => type === SECRETS);
  const nodes = controlPlanes(state);
  const clientConfiguration = plaintext(secrets?.outputs?.["clientConfiguration"]) as
    Record<string, unknown> | undefined;
  if (!clientConfiguration || nodes.length === 0) return undefined;
  const credentials = Object.fromEntries(
    Object.entries(clientConfiguration).map(([key, value]) => [key, plaintext(value)]),
  ) as unknown as Credentials;
  const problem = await etcdProblem(nodes, credentials, look);
  if (problem !== undefined) {
    say(`etcd is not seen to run, so the bootstrap is left to the next \`up\` (${problem})`);
    return undefined;
  }
  return { ...inputs, clientConfiguration: secretOf(credentials) };
}

/** What was entered and is not ours goes out again; what is there but unfinished is marked for the next `up`. */
function judge(known: Deployment, added: Candidate[], say: (line: string) => void): Deployment {
  let state = known;
  for (const { planned } of added) {
    const name = nameOf(planned.urn);
    const found = resourcesOf(known).find(({ urn }) => urn === planned.urn);
    if (!found) continue;
    const stranger = planned.type === VM ? strangerVm(planned, found) : undefined;
    if (stranger) {
      say(`${stranger}: it is not this stack's and was left alone`);
      state = withoutResource(state, planned.urn);
    } else say(`${name} is there (${found.id}); the state knows it now`);
  }
  for (const resource of resourcesOf(state)) {
    const status = unfinishedRelease(resource);
    if (status === undefined || (resource.initErrors?.length ?? 0) > 0) continue;
    say(
      `${nameOf(resource.urn)} is ${status} in Helm's books; the next \`up\` upgrades it` +
        (status.startsWith("pending")
          ? `. Helm refuses that as long as it is pending: \`helm rollback\` or \`helm uninstall\` ${resource.id} first`
          : ""),
    );
    state = marked(state, resource.urn, `left ${status} by a run that was cut off`);
  }
  return state;
}

async function plannedCreations(stack: Stack): Promise<Planned[]> {
  const planned: Planned[] = [];
  const onEvent = ({ resourcePreEvent }: EngineEvent) => {
    const metadata = resourcePreEvent?.metadata;
    if (metadata?.op !== "create" || !metadata.new) return;
    const { urn, type, parent, protect, inputs } = metadata.new;
    planned.push({
      urn,
      type,
      inputs,
      ...(parent && { parent }),
      ...(protect && { protect }),
      ...(metadata.provider && { provider: metadata.provider }),
    });
  };
  await stack.preview({ onEvent });
  return planned;
}

class StillHeld extends Error {}

/** Runs what needs the stack's lock, and takes it from a run that is no more. */
class Unlocked {
  constructor(
    readonly stack: Stack,
    readonly say: (line: string) => void,
  ) {}

  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      const message = (error as Error).message;
      if (!isLockError(message)) throw error;
      const held = stillHeld(message, hostname(), isAlive);
      if (held) throw new StillHeld(held, { cause: error });
      await this.stack.cancel();
      this.say("The stack was locked by a run that is no more; the lock is removed");
      return work();
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function firstLine(error: unknown): string {
  const text = (error as Error).message;
  return /error: ([^\n]*)/.exec(text)?.[1] ?? text.split("\n")[0] ?? "";
}
