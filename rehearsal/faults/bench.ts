/** Where faults are tried out: a folder of snapshots, the undisturbed runs that others are compared with, one case at a time. */
import { cp, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Deployment } from "../../scripts/recover/deployment.ts";
import type { Rehearsal } from "../session.ts";
import type { WorldState } from "../world/kernel/state.ts";
import { STACK, command, during } from "./attempt.ts";
import type { Fault, Passed } from "../world/kernel/request-faults.ts";
import { FaultInjector } from "./injector.ts";
import { broken } from "./invariants.ts";
import { RESCUED, writeKnownFile } from "./known-file.ts";
import { differences, normalState, normalWorld } from "./normal-form.ts";
import { sacrificed } from "./sacrifice.ts";
import {
  SCENARIO,
  SCENARIOS,
  UNPROTECTED,
  withBeginnings,
  type Scenario,
  type ScenarioName,
  type Snapshot,
} from "./scenario.ts";

/** The same command again, after the fault, at the most. */
const RETRIES = 2;

export interface Case {
  scenario: ScenarioName;
  fault: Fault;
}

export type Outcome = "absorbed" | "repeated" | "recovered" | "broken";

export interface CaseResult extends Case {
  /** How it converged: at once, by the same command again, after `recover`; or not. */
  outcome: Outcome;
  /** The fault did happen. */
  injected: boolean;
  /** Further runs of the command. */
  retries: number;
  /** What broke: an invariant, or the command itself. */
  problems: string[];
  /** What was still wrong after the bare command, when `recover` was needed for it. */
  needed?: string;
  /** What `recover` said, when it was needed. */
  recovery: string[];
  /** Wall time in seconds. */
  seconds: number;
}

interface End {
  world: unknown;
  state: unknown;
}

export class FaultBench {
  readonly #ends = new Map<ScenarioName, End>();
  readonly #operations = new Map<ScenarioName, Passed[]>();
  #port: number | undefined;

  /** @param root An empty folder of its own. */
  constructor(readonly root: string) {}

  /** Runs everything undisturbed once: the snapshots, the ends to compare with, and every operation there is. */
  async prepare(scenarios: readonly ScenarioName[] = SCENARIOS): Promise<Record<string, Passed[]>> {
    await this.#during(SCENARIO.up, undefined, ({ world }) => {
      this.#port = world.state.apiPort;
      return Promise.resolve();
    });
    await this.#keep("empty");
    await this.#record("up");
    await this.#during(SCENARIO.up, undefined, ({ world }) => writeKnownFile(world, RESCUED));
    await this.#keep("running");
    for (const name of withBeginnings(scenarios)) {
      if (name === "up") continue;
      if (SCENARIO[name].from === "unprotected") await this.#unprotect();
      await this.#record(name);
    }
    return Object.fromEntries(this.#operations);
  }

  async #unprotect(): Promise<void> {
    await this.#begin(SCENARIO.change);
    const refused = await this.#during({ ...SCENARIO.up, overlays: [UNPROTECTED] }, undefined, command);
    if (refused) throw new Error(`the undisturbed unprotecting failed: ${refused}`);
    await this.#keep("unprotected");
  }

  async #record(name: ScenarioName): Promise<void> {
    const injector = new FaultInjector();
    await this.#begin(SCENARIO[name]);
    const failure = await this.#during(SCENARIO[name], injector, command);
    if (failure) throw new Error(`the undisturbed ${name} failed: ${failure}`);
    const { end, problems } = await this.#judge(SCENARIO[name]);
    if (problems.length > 0) throw new Error(`the undisturbed ${name} broke: ${problems.join("; ")}`);
    this.#ends.set(name, end);
    this.#operations.set(name, injector.passed());
    const { leaves } = SCENARIO[name];
    if (leaves) await this.#keep(leaves);
  }

  /** A run that fails before the fault has met it says nothing of the fault: such a case is tried once more. */
  async try(wanted: Case): Promise<CaseResult> {
    const result = await this.#try(wanted);
    return result.injected ? result : this.#try(wanted);
  }

  async #try({ scenario: name, fault }: Case): Promise<CaseResult> {
    const scenario = SCENARIO[name];
    const started = performance.now();
    const injector = new FaultInjector({ faults: [fault] });
    await this.#begin(scenario);
    const result: CaseResult = {
      scenario: name,
      fault,
      outcome: "absorbed",
      injected: false,
      retries: 0,
      problems: [],
      recovery: [],
      seconds: 0,
    };
    // An engine that is to be killed gets a process for its program, too, which ends with it, as in life.
    let ended =
      fault.kind === "kill"
        ? await sacrificed({ root: this.root, port: this.#port, scenario: name, fault }, injector)
        : await this.#during(scenario, injector, command);
    const first = ended;
    result.injected = injector.injected.length > 0;
    // A killed engine leaves its lock and its open operations: that is what `recover` is for.
    let recoverFirst = fault.kind === "kill" && result.injected;
    let problems = recoverFirst ? ["killed"] : await this.#problems(name, ended);
    while (problems.length > 0 && result.retries < RETRIES) {
      result.retries++;
      result.outcome = recoverFirst || result.outcome === "recovered" ? "recovered" : "repeated";
      const recovering = recoverFirst;
      problems = await this.#during(scenario, undefined, async (rehearsal, what) => {
        if (recovering) result.recovery.push(...(await rehearsal.recover()).lines);
        ended = await command(rehearsal, what);
        return this.#problems(name, ended, rehearsal);
      });
      // A second run that only seemed to do it is found out here, too.
      if (!recoverFirst) result.needed = problems.join("; ");
      recoverFirst = !recoverFirst;
    }
    if (!result.injected) problems.push(`the fault never happened; the first run: ${first ?? "no failure"}`);
    result.problems = problems;
    if (problems.length > 0) result.outcome = "broken";
    result.seconds = (performance.now() - started) / 1000;
    return result;
  }

  /** Why this is not the end of an undisturbed run. */
  async #problems(name: ScenarioName, failure: string | undefined, open?: Rehearsal): Promise<string[]> {
    if (failure !== undefined) return [`it failed: ${failure}`];
    const { end, problems } = await this.#judge(SCENARIO[name], open);
    const differing = differences(this.#ends.get(name), end);
    return [...problems, ...differing.map((text) => `unlike an undisturbed run: ${text}`)];
  }

  /** Lays the scenario's beginning out. */
  async #begin({ from }: Scenario): Promise<void> {
    await rm(join(this.root, STACK), { recursive: true, force: true });
    await cp(join(this.root, "snapshots", from), join(this.root, STACK), { recursive: true });
  }

  async #keep(name: Snapshot): Promise<void> {
    await mkdir(join(this.root, "snapshots"), { recursive: true });
    await cp(join(this.root, STACK), join(this.root, "snapshots", name), { recursive: true });
  }

  #during<Result>(
    scenario: Scenario,
    injector: FaultInjector | undefined,
    use: (rehearsal: Rehearsal, what: "up" | "destroy") => Promise<Result>,
  ): Promise<Result> {
    return during({ root: this.root, port: this.#port }, scenario, injector, use);
  }

  async #judge(scenario: Scenario, open?: Rehearsal): Promise<{ end: End; problems: string[] }> {
    const look = async ({ stack, world }: Rehearsal) => {
      await world.settle();
      const { resources = [], pending_operations: pending = [] } = (await stack.exportStack())
        .deployment as Deployment;
      const state: WorldState = world.state;
      const { known, removed } = scenario;
      const destroyed = scenario.command === "destroy";
      return {
        end: { world: normalWorld(state), state: normalState(resources, pending) },
        problems: broken({ world: state, destroyed, ...(known && { known }), ...(removed && { removed }) }),
      };
    };
    return open ? look(open) : this.#during(scenario, undefined, look);
  }
}
