/** Where wrong configurations are tried: on described hardware, each corrected, taken away and destroyed from the same beginning. */
import { cp, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { PulumiFn } from "@pulumi/pulumi/automation/index.js";
import { loadProgram } from "../engine/program.ts";
import { REPOSITORY } from "../paths.ts";
import type { Report } from "../report.ts";
import { openRehearsal } from "../session.ts";
import type { WorldEvent } from "../world/kernel/record.ts";
import { HARDWARE_YAML, RUNNING, type WrongConfig } from "./wrong-configs.ts";

const STACK = "lab";
/** Simulated seconds per second: slow enough that the engine's own time stays small beside time limits. */
const TIME_SCALE = 240;
/** Of runs that are to fail: what is wrong is waited for in vain, ten minutes at a time. */
const HASTE = 2000;
const UNPROTECTED = "protect=false";

export interface WrongConfigResult {
  config: WrongConfig;
  /** Empty when every way out worked. */
  problems: string[];
  /** Wall time in seconds. */
  seconds: number;
}

export class WrongConfigBench {
  #program: PulumiFn | undefined;

  /**
   * @param root An empty folder of its own.
   * @param thorough Whether what was corrected is destroyed in the end, a fifth of what a case costs.
   */
  constructor(
    readonly root: string,
    readonly thorough = true,
  ) {}

  /** Lays out the environment, and brings up the cluster that nodes are to join, if there are such cases. */
  async prepare(configs: readonly WrongConfig[]): Promise<void> {
    this.#program = await loadProgram(REPOSITORY);
    const hardware = join(this.root, "project", "rehearsal", "hardware");
    await mkdir(hardware, { recursive: true });
    await writeFile(join(hardware, `${STACK}.yaml`), HARDWARE_YAML);
    const file = `Pulumi.${STACK}.yaml`;
    await cp(join(REPOSITORY, file), join(this.root, "project", file));
    if (!configs.some(({ kind }) => kind === "added")) return;
    const problems = await this.#up(RUNNING);
    if (problems.length > 0) throw new Error(`the undisturbed up failed: ${problems.join("; ")}`);
    await this.#keep("running");
  }

  async try(config: WrongConfig): Promise<WrongConfigResult> {
    const started = performance.now();
    const ways = config.kind === "first" ? this.#first(config) : this.#added(config);
    const problems = await ways.catch((error: unknown) => [`it could not be carried out: ${String(error)}`]);
    return { config, problems, seconds: (performance.now() - started) / 1000 };
  }

  async #first({ wrong, right, removed, number }: WrongConfig): Promise<string[]> {
    await rm(join(this.root, STACK), { recursive: true, force: true });
    const problems = await this.#fails(wrong);
    await this.#keep("failed");
    problems.push(...(await this.#destroyed("destroyed while wrong", wrong, HASTE)));
    // Every other one with a worker that is wrong is brought up without it as well.
    if (removed && number % 2 === 0) {
      await this.#layOut("failed");
      problems.push(...(await this.#up(removed)).map((text) => `removed: ${text}`));
    }
    await this.#layOut("failed");
    problems.push(...(await this.#up(right)).map((text) => `corrected: ${text}`));
    if (this.thorough) problems.push(...(await this.#destroyed("destroyed once right", right)));
    return problems;
  }

  async #added({ wrong, right, removed }: WrongConfig): Promise<string[]> {
    await this.#layOut("running");
    const problems = await this.#fails(wrong);
    await this.#keep("failed");
    const retiring = wrong.map((overlay) => overlay.replace(/}\]$/, ',"retiring":true}]'));
    for (const [way, overlays] of [
      ["corrected", right],
      ["removed", removed!],
      ["retiring", retiring],
    ] as const) {
      await this.#layOut("failed");
      problems.push(...(await this.#up(overlays, true)).map((text) => `${way}: ${text}`));
    }
    return problems;
  }

  async #fails(overlays: string[]): Promise<string[]> {
    const report = await this.#run("up", overlays, HASTE);
    const harm = report.events.filter(({ severity }) => severity === "catastrophe").map(({ text }) => text);
    return report.ok ? ["the wrong configuration went through", ...harm] : harm;
  }

  /** @param joining Whether the nodes that run already must be left in peace. */
  async #up(overlays: string[], joining = false): Promise<string[]> {
    const report = await this.#run("up", overlays);
    const failed = report.checks.filter(({ ok }) => !ok).map(({ id, detail }) => `${id}: ${detail}`);
    const touched = joining ? report.events.filter(disturbs).map(({ text }) => `touched: ${text}`) : [];
    return [...report.errors, ...failed, ...touched];
  }

  async #destroyed(when: string, overlays: string[], timeScale?: number): Promise<string[]> {
    const report = await this.#run("destroy", [...overlays, UNPROTECTED], timeScale);
    // What brings a wrong configuration into force before is refused, of course.
    const failed = report.checks.filter(({ id, ok }) => !ok && !(timeScale && id === "accepted"));
    return [...report.errors, ...failed.map(({ id, detail }) => `${id}: ${detail}`)].map(
      (text) => `${when}: ${text}`,
    );
  }

  async #run(command: "up" | "destroy", overlays: string[], timeScale = TIME_SCALE): Promise<Report> {
    const rehearsal = await openRehearsal({
      stack: STACK,
      root: this.root,
      project: join(this.root, "project"),
      program: this.#program!,
      timeScale,
      overlays,
      // Half of what a case costs; whether an `up` comes to rest does not depend on how its config came to be right.
      previews: "before",
    });
    try {
      return (await rehearsal.run(command)).report;
    } finally {
      await rehearsal.close();
    }
  }

  async #keep(name: string): Promise<void> {
    const kept = join(this.root, "snapshots", name);
    await rm(kept, { recursive: true, force: true });
    await cp(join(this.root, STACK), kept, { recursive: true });
  }

  async #layOut(name: string): Promise<void> {
    await rm(join(this.root, STACK), { recursive: true, force: true });
    await cp(join(this.root, "snapshots", name), join(this.root, STACK), { recursive: true });
  }
}

/** What happens to the machines and nodes of a cluster that only gets another. */
const DISTURBING = new Set<WorldEvent["kind"]>([
  "vm-changed",
  "vm-stopped",
  "vm-deleted",
  "boot",
  "format",
  "node-down",
  "replica-lost",
]);
const LIVING = /^(126|127|cp-1|worker-1)$/;

function disturbs({ kind, subject }: WorldEvent): boolean {
  return DISTURBING.has(kind) && LIVING.test(subject);
}
