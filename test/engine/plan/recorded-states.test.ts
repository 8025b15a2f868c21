/**
 * What an earlier program brought up is the same homelab for this one, wherever its resources are registered now: test/fixtures/recorded
 * holds their places then, as trees, and a rehearsed lab's state is put back to them. A resource that moves without an alias shows here
 * as its replacement.
 */
import { readdirSync, readFileSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { parse } from "yaml";
import { REPOSITORY, rehearsalPaths } from "../../../rehearsal/paths.ts";
import { causes, runningBench, type Bench } from "../support/rehearse.ts";

const FOLDER = join(REPOSITORY, "test", "fixtures", "recorded");

/** Type and name, and what is below it. */
interface Tree {
  [typeAndName: string]: Tree;
}

interface Resource {
  urn: string;
  type: string;
  custom: boolean;
  parent?: string;
  dependencies?: string[];
  replaceWith?: string[];
}

interface Place {
  type: string;
  name: string;
  urn: string;
  parent: string;
}

function placesIn(tree: Tree, stack: string, parent: string, types: readonly string[] = []): Place[] {
  return Object.entries(tree).flatMap(([key, below]) => {
    const [type, name] = key.split(" ") as [string, string];
    const chain = [...types, type];
    const urn = `urn:pulumi:${stack}::homelab::${chain.join("$")}::${name}`;
    return [{ type, name, urn, parent }, ...placesIn(below, stack, urn, chain)];
  });
}

interface PutBack {
  text: string;
  /** URNs of what was not there then: it is taken out, for this program to make. */
  added: string[];
}

/** Puts a state's resources where the tree has them; components that are gone come back. */
function putBack(text: string, tree: Tree, stack: string): PutBack {
  const resourcesIn = (of: string) =>
    (JSON.parse(of) as { checkpoint: { latest: { resources: Resource[] } } }).checkpoint.latest.resources;
  const root = resourcesIn(text).find(({ type }) => type === "pulumi:pulumi:Stack")!.urn;
  const places = placesIn(tree, stack, root);
  const nameIn = (urn: string) => urn.slice(urn.lastIndexOf("::") + 2);
  let moved = text;
  for (const { type, name, urn } of places) {
    const now = resourcesIn(text).find((each) => each.type === type && nameIn(each.urn) === name);
    if (now && now.urn !== urn) moved = moved.replaceAll(now.urn, urn);
  }
  const state = JSON.parse(moved) as { checkpoint: { latest: { resources: Resource[] } } };
  const { latest } = state.checkpoint;
  for (const { urn, type, parent } of places) {
    const there = latest.resources.find((each) => each.urn === urn);
    if (there) there.parent = parent;
    // What was no component is deleted by the run that makes its successor, and had no successor to be in the state with.
    else if (type.startsWith("homelab:"))
      latest.resources.splice(latest.resources.findIndex((each) => each.urn === parent) + 1, 0, {
        urn,
        type,
        custom: false,
        parent,
      });
  }
  const known = new Set(places.map(({ urn }) => urn));
  const isAdded = ({ urn, custom, type }: Resource) =>
    custom && !type.startsWith("pulumi:providers:") && !known.has(urn);
  const added = latest.resources.filter(isAdded).map(({ urn }) => urn);
  latest.resources = latest.resources
    .filter((resource) => !isAdded(resource))
    .map((resource) => withoutDependenciesOn(resource, added));
  return { text: JSON.stringify(state), added };
}

function withoutDependenciesOn(resource: Resource, urns: readonly string[]): Resource {
  const { dependencies = [], replaceWith = [] } = resource;
  const there = (urn: string) => !urns.includes(urn);
  return {
    ...resource,
    ...(resource.dependencies && { dependencies: dependencies.filter(there) }),
    ...(resource.replaceWith && { replaceWith: replaceWith.filter(there) }),
  };
}

let lab: Bench;
beforeEach(async () => void (lab = await runningBench()));
afterEach(() => lab.remove());

test.each(readdirSync(FOLDER))("the lab of %s stays as it is", async (file) => {
  const { stateFile, stackName } = rehearsalPaths("lab", lab.root);
  const before = await readFile(stateFile, "utf8");
  const tree = parse(readFileSync(join(FOLDER, file), "utf8")) as Tree;
  const recorded = putBack(before, tree, stackName);
  expect(recorded.text).not.toBe(before);
  await writeFile(stateFile, recorded.text);

  const report = await lab.run("up", { previews: "all" });
  expect(causes(report)).toBe("");
  const touched = report.operations.filter(({ op, type }) => op !== "same" && !type.startsWith("homelab:"));
  expect(touched.map(({ op, urn }) => `${op} ${urn}`)).toEqual(recorded.added.map((urn) => `create ${urn}`));
});
