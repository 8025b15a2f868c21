/** The pull-request workflow: as safe as it claims, and made of scripts that also run here. */
import { existsSync, readFileSync } from "node:fs";
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
  jobs: Record<string, { if?: string; strategy: { matrix: { environment: string[] } }; steps: Step[] }>;
}

const workflow = parse(readFileSync(".github/workflows/preview.yml", "utf8")) as Workflow;
const steps = Object.values(workflow.jobs).flatMap((job) => job.steps);

test("runs on pull requests with no more than read access", () => {
  expect(Object.keys(workflow.on)).toEqual(["pull_request"]);
  expect(workflow.permissions).toEqual({ contents: "read" });
});

test("pins every action to a commit", () => {
  const actions = steps.flatMap(({ uses }) => uses ?? []);
  expect(actions.length).toBeGreaterThan(5);
  for (const action of actions) expect(action).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40}$/);
});

test("gives secrets to no pull request of a fork, and to no rehearsal", () => {
  expect(workflow.jobs["preview"]?.if).toContain("head.repo.full_name == github.repository");
  expect(JSON.stringify(workflow.jobs["rehearse"])).not.toContain("secrets.");
});

test("runs npm scripts of this project alone", () => {
  const commands = steps.flatMap(({ run }) => run ?? []);
  expect(commands.length).toBeGreaterThan(1);
  for (const command of commands) {
    const script = /^npm run ([\w:-]+)/.exec(command)?.[1] ?? "";
    expect(Object.keys(manifest.scripts)).toContain(script);
  }
});

test("knows the environments that are shipped, and none that is not there", () => {
  for (const job of Object.values(workflow.jobs)) {
    const { environment: environments } = job.strategy.matrix;
    expect(environments).toEqual(expect.arrayContaining(["lab", "rack"]));
    for (const name of environments) expect(existsSync(`Pulumi.${name}.yaml`)).toBe(true);
  }
});
