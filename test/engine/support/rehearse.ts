/** Whole rehearsals in a folder of their own, fast, and with the program changed on the way where a test wants that. */
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { loadProgram } from "../../../rehearsal/engine/program.ts";
import { REPOSITORY } from "../../../rehearsal/paths.ts";
import type { Report } from "../../../rehearsal/report.ts";
import { openRehearsal, type Rehearsal, type RehearsalOptions } from "../../../rehearsal/session.ts";
import { layOut, type Beginning } from "./snapshots.ts";

/** Simulated seconds per second: fast, and slow enough that the engine's own time stays small beside time limits. */
const TIME_SCALE = 240;

export interface Bench {
  root: string;
  /** Opens the rehearsal, does something with it, and closes it again: what persists is on the disk. */
  during<T>(options: Partial<RehearsalOptions>, use: (rehearsal: Rehearsal) => Promise<T>): Promise<T>;
  run(
    command: "preview" | "up" | "refresh" | "destroy",
    options?: Partial<RehearsalOptions>,
  ): Promise<Report>;
  remove(): Promise<void>;
}

/** @param previews Around each `up` and destroy. `all` is as at the command line; the two after an `up` cost four seconds. Default: `before`. */
export async function bench(
  stack = "lab",
  previews: RehearsalOptions["previews"] = "before",
): Promise<Bench> {
  const root = await mkdtemp(join(tmpdir(), "rehearsal-"));
  const during: Bench["during"] = async (options, use) => {
    const rehearsal = await openRehearsal({ stack, root, timeScale: TIME_SCALE, previews, ...options });
    try {
      return await use(rehearsal);
    } finally {
      await rehearsal.close();
    }
  };
  return {
    root,
    during,
    run: (command, options = {}) =>
      during(options, async (rehearsal) => (await rehearsal.run(command)).report),
    remove: () => rm(root, { recursive: true, force: true }),
  };
}

/** A bench whose homelab is up already: a copy of one that all tests with the same beginning share. */
export async function runningBench(
  beginning: Beginning = {},
  previews?: RehearsalOptions["previews"],
): Promise<Bench> {
  const { stack = "lab", ...options } = beginning;
  const running = await bench(stack, previews);
  await layOut(beginning, running.root, async () => {
    const first = await bench(stack, "none");
    const said = causes(await first.run("up", options));
    if (said !== "") throw new Error(`${stack} did not come up: ${said}`);
    return first.root;
  });
  return running;
}

/** Everything a report says against the run: what the engine reported, and the details of the checks that failed. */
export function causes(report: Report): string {
  const failed = report.checks.filter(({ ok }) => !ok).map(({ id, detail }) => `${id}: ${detail}`);
  return [...report.errors, ...failed].join("\n");
}

/** The values of a resource's inputs, loosely: a transform gets them as they are on their way to the engine. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Props = Record<string, any>;

/** A stack's properties are its outputs. */
export const STACK = "pulumi:pulumi:Stack";

export interface Mutation {
  /** Resource type, e.g. `talos:machine/configurationApply:ConfigurationApply`. */
  type: string;
  change: (props: Props, name: string) => void;
  /** Those of every resource of the type. */
  customTimeouts?: pulumi.CustomTimeouts;
}

type Program = () => Promise<Record<string, unknown>>;

/** One change of the program's text. */
export interface Edit {
  /** From the repository's root. */
  file: string;
  from: string;
  to: string;
}

/** A copy of the program with its text changed, in a folder of its own below `root`. */
export async function edited(root: string, edits: Edit[]): Promise<string> {
  const project = join(root, "program");
  for (const part of ["src", "package.json", "tsconfig.json"]) {
    await cp(join(REPOSITORY, part), join(project, part), { recursive: true });
  }
  await symlink(join(REPOSITORY, "node_modules"), join(project, "node_modules"));
  for (const { file, from, to } of edits) {
    const text = await readFile(join(project, file), "utf8");
    if (!text.includes(from)) throw new Error(`the edit of ${file} changes nothing: ${from}`);
    await writeFile(join(project, file), text.replaceAll(from, to));
  }
  return project;
}

/** The program, with every resource of a type changed on its way to the engine. */
export function mutated(...mutations: Mutation[]): Promise<Program> {
  return mutatedIn(REPOSITORY, mutations);
}

/** The same with the program of another folder. */
export async function mutatedIn(project: string, mutations: Mutation[]): Promise<Program> {
  const program = await loadProgram(project);
  if (mutations.length === 0) return program as Program;
  return async () => {
    pulumi.runtime.registerResourceTransform(({ type, name, props, opts }) => {
      const own = mutations.filter((mutation) => mutation.type === type);
      // Whatever passes through a transform loses some of its options on the way, so the rest is not touched.
      if (own.length === 0) return undefined;
      for (const { change } of own) change(props, name);
      const { customTimeouts } = own.find((mutation) => mutation.customTimeouts) ?? {};
      return { props, opts: { ...opts, ...(customTimeouts && { customTimeouts }) } };
    });
    const outputs = (await program()) as Props;
    for (const { change } of mutations.filter(({ type }) => type === STACK)) change(outputs, "");
    return outputs;
  };
}
