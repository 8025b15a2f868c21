/** What the engine did, from its own events: every operation with its start, end and dependencies, in simulated time. */
import type { EngineEvent } from "@pulumi/pulumi/automation/index.js";
import type { StateResource } from "./state.ts";

export interface Operation {
  /** As Pulumi names it: create, update, delete, replace ... */
  op: string;
  urn: string;
  type: string;
  name: string;
  /** Simulated seconds; `end` is absent when the run ended before the operation did. */
  start: number;
  end?: number;
  ok: boolean;
  /** URNs that had to be there first. */
  dependencies: string[];
  /** Inputs that changed, where it was an update. */
  diffs?: string[];
}

const WITHOUT_EFFECT = new Set(["same", "read", "refresh", "discard", "remove-pending-replace", "replace"]);

export class OperationLog {
  readonly #now: () => number;
  readonly #open = new Map<string, Operation>();
  readonly operations: Operation[] = [];
  readonly errors: string[] = [];
  /** Counts of Pulumi's summary, e.g. `{create: 20, same: 1}`. */
  changes: Record<string, number> = {};

  constructor(now: () => number) {
    this.#now = now;
  }

  readonly receive = (event: EngineEvent): void => {
    if (event.resourcePreEvent) this.#start(event.resourcePreEvent.metadata);
    if (event.resOutputsEvent) this.#end(event.resOutputsEvent.metadata, true);
    if (event.resOpFailedEvent) this.#end(event.resOpFailedEvent.metadata, false);
    if (event.summaryEvent) this.changes = { ...event.summaryEvent.resourceChanges };
    const diagnostic = event.diagnosticEvent;
    if (diagnostic?.severity === "error" && !diagnostic.ephemeral)
      this.errors.push(uncoloured(diagnostic.message));
  };

  #start({ op, urn, type, diffs }: { op: string; urn: string; type: string; diffs?: string[] }): void {
    if (WITHOUT_EFFECT.has(op)) return;
    const operation: Operation = {
      op,
      urn,
      type,
      name: urn.split("::").at(-1) ?? urn,
      start: round(this.#now()),
      ok: false,
      dependencies: [],
      ...(diffs?.length && { diffs }),
    };
    this.#open.set(`${op} ${urn}`, operation);
    this.operations.push(operation);
  }

  #end({ op, urn }: { op: string; urn: string }, ok: boolean): void {
    const operation = this.#open.get(`${op} ${urn}`);
    if (!operation) return;
    operation.end = round(this.#now());
    operation.ok = ok;
  }

  /** Adds the dependencies that the state knows. */
  addDependencies(resources: StateResource[]): void {
    const known = new Map(resources.map((resource) => [resource.urn, resource]));
    for (const operation of this.operations) {
      const resource = known.get(operation.urn);
      if (resource) operation.dependencies = dependenciesOf(resource);
    }
  }
}

function dependenciesOf({ dependencies = [], parent, provider }: StateResource): string[] {
  const providerUrn = provider?.split("::").slice(0, -1).join("::");
  return [...new Set([...dependencies, ...(parent ? [parent] : []), ...(providerUrn ? [providerUrn] : [])])];
}

const WITHOUT_WORK = ["homelab:", "pulumi:pulumi:Stack", "pulumi:providers:"];

/** Components and providers are only made known to the engine: they pass on what they wait for. */
export function isWork(operation: Pick<Operation, "type">): boolean {
  const type = operation.type.split("$").at(-1) ?? operation.type;
  return !WITHOUT_WORK.some((prefix) => type.startsWith(prefix));
}

/**
 * The chain of operations that the whole run waited for: from the one that ended last, back through whichever
 * dependency ended last before it.
 */
export function criticalPath(operations: Operation[]): Operation[] {
  const byUrn = new Map(operations.map((operation) => [operation.urn, operation]));
  const path: Operation[] = [];
  const ended = (operation: Operation) => operation.end ?? operation.start;
  let current = operations.filter(isWork).sort((a, b) => ended(b) - ended(a))[0];
  while (current) {
    path.unshift(current);
    const seen = new Set<string>([current.urn]);
    current = workBefore(current, byUrn, seen).sort((a, b) => ended(b) - ended(a))[0];
  }
  return path;
}

function workBefore(operation: Operation, byUrn: Map<string, Operation>, seen: Set<string>): Operation[] {
  return operation.dependencies.flatMap((urn) => {
    if (seen.has(urn)) return [];
    seen.add(urn);
    const dependency = byUrn.get(urn);
    if (!dependency) return [];
    return isWork(dependency) ? [dependency] : workBefore(dependency, byUrn, seen);
  });
}

export function uncoloured(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replace(/<\{%[^%]*%\}>|\u001b\[[0-9;]*m/g, "").trim();
}

function round(seconds: number): number {
  return Math.round(seconds * 10) / 10;
}
