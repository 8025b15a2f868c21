/**
 * What others publish and this program has to fit, as small files of our own in test/facts: names, types and defaults. Where the published
 * files lie beside this checkout, each small one is compared with its own; `vitest run -u` then writes it anew.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { REPOSITORY } from "../../rehearsal/paths.ts";

/** @param name Of the file in test/facts, without its ending. */
export function readFacts<Facts>(name: string): Facts {
  return JSON.parse(readFileSync(factsFile(name), "utf8")) as Facts;
}

/** Undefined where it is not at hand. */
export function readPublished(name: string): unknown {
  const file = ["..", join("..", "..")]
    .map((up) => join(REPOSITORY, up, "shared", "data", name))
    .find((each) => existsSync(each));
  if (file === undefined) return undefined;
  const text = readFileSync(file, "utf8");
  return name.endsWith(".json") ? (JSON.parse(text) as unknown) : parse(text);
}

/**
 * Declares the test that a file of facts is what is published; skipped where that is not at hand.
 *
 * @param source Says what the facts are of; the file's first line.
 * @param published The files that they are taken from.
 */
export function testFacts(
  name: string,
  source: string,
  published: readonly string[],
  reduce: (...files: never[]) => object,
): void {
  const files = published.map(readPublished);
  test.skipIf(files.includes(undefined))(`test/facts/${name}.json holds what is published`, async () => {
    const facts = { source, ...reduce(...(files as never[])) };
    await expect(`${write(facts, 2)}\n`).toMatchFileSnapshot(factsFile(name));
  });
}

const factsFile = (name: string) => join(REPOSITORY, "test", "facts", `${name}.json`);

/** A line for each entry, down to a depth. */
function write(value: unknown, depth: number, indent = ""): string {
  if (depth === 0 || typeof value !== "object" || value === null || Array.isArray(value))
    return JSON.stringify(value);
  const lines = Object.entries(value).map(
    ([key, each]) => `${indent}  ${JSON.stringify(key)}: ${write(each, depth - 1, `${indent}  `)}`,
  );
  return lines.length === 0 ? "{}" : `{\n${lines.join(",\n")}\n${indent}}`;
}
