/** The workflows: as safe as they claim, and made of scripts that also run here. */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { parse } from "yaml";
import manifest from "../../package.json" with { type: "json" };

interface Step {
  uses?: string;
  run?: string;
}

interface Workflow {
  on: Record<string, unknown>;
  permissions: Record<string, string>;
  jobs: Record<string, Job>;
}

interface Job {
  if?: string;
  environment?: string;
  permissions?: unknown;
  strategy?: { matrix: { environment: string[] } };
  steps: Step[];
}

const FOLDER = ".github/workflows";
const workflows = Object.fromEntries(
  readdirSync(FOLDER).map((file) => [file, parse(readFileSync(`${FOLDER}/${file}`, "utf8")) as Workflow]),
);
const workflow = workflows["preview.yml"]!;
const jobs = Object.values(workflows).flatMap((each) => Object.values(each.jobs));
const steps = jobs.flatMap((job) => job.steps);

test("run on pull requests or on main, with no more than read access", () => {
  expect(Object.fromEntries(Object.entries(workflows).map(([file, { on }]) => [file, on]))).toEqual({
    "check.yml": { pull_request: null },
    "preview.yml": { pull_request: null },
    "toolchain.yml": { push: { branches: ["main"] } },
  });
  for (const { permissions } of Object.values(workflows)) expect(permissions).toEqual({ contents: "read" });
  for (const { permissions } of jobs) expect(permissions).toBeUndefined();
});

test("secrets are there only where a reviewer let the run in", () => {
  const withSecrets = jobs.filter((job) => JSON.stringify(job).includes("secrets."));
  expect(withSecrets).toEqual([workflow.jobs["preview"]]);
  expect(withSecrets[0]?.environment).toBe("preview");
});

test("the toolchain's cache is filled on main alone, and what has secrets reads none", () => {
  const uses = (file: string, job: string) =>
    workflows[file]!.jobs[job]!.steps.flatMap(
      ({ uses = "" }) => /^actions\/cache[^@]*/.exec(uses)?.[0] ?? [],
    );
  expect(uses("toolchain.yml", "fill")).toEqual(["actions/cache"]);
  expect(uses("check.yml", "test")).toEqual(["actions/cache/restore"]);
  expect(uses("preview.yml", "rehearse")).toEqual(["actions/cache/restore"]);
  expect(uses("preview.yml", "preview")).toEqual([]);
  expect(JSON.stringify(workflow.jobs["preview"])).not.toContain('"cache":"npm"');
});

test("all name the cache alike, after what it is built from", () => {
  const keys = steps.flatMap((step) => (step as { with?: { key?: string } }).with?.key ?? []);
  expect(keys).toHaveLength(3);
  expect(new Set(keys)).toEqual(
    new Set(["toolchain-${{ runner.os }}-${{ hashFiles('tools/**', 'package.json') }}"]),
  );
});

test("pins every action to a commit", () => {
  const actions = steps.flatMap(({ uses }) => uses ?? []);
  expect(actions.length).toBeGreaterThan(5);
  for (const action of actions) expect(action).toMatch(/^[\w-]+(?:\/[\w-]+)+@[0-9a-f]{40}$/);
});

test("every test runs on a pull request", () => {
  expect(workflows["check.yml"]!.jobs["test"]!.steps.flatMap(({ run }) => run ?? [])).toEqual(["npm test"]);
});

test("gives secrets to no pull request of a fork, and to no rehearsal", () => {
  expect(workflow.jobs["preview"]?.if).toContain("head.repo.full_name == github.repository");
  expect(JSON.stringify(workflow.jobs["rehearse"])).not.toContain("secrets.");
});

test("runs npm scripts of this project alone", () => {
  const commands = steps.flatMap(({ run }) => run ?? []);
  expect(commands.length).toBeGreaterThan(1);
  for (const command of commands) {
    const script = /^npm (?:run )?([\w:-]+)/.exec(command)?.[1] ?? "";
    expect(Object.keys(manifest.scripts)).toContain(script);
  }
});

test("knows the environments that are shipped, and none that is not there", () => {
  for (const job of Object.values(workflow.jobs)) {
    const environments = job.strategy?.matrix.environment ?? [];
    expect(environments).toEqual(expect.arrayContaining(["lab", "rack"]));
    for (const name of environments) expect(existsSync(`Pulumi.${name}.yaml`)).toBe(true);
  }
});
