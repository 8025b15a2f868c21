/** Our table of Proxmox's requests against the schema that it publishes. */
import { expect, test } from "vitest";
import type { Fact, Facts } from "../../../../rehearsal/api/proxmox/schema/facts.ts";
import { METHODS } from "../../../../rehearsal/api/proxmox/schema/methods.ts";
import { readFacts, testFacts } from "../../../support/facts.ts";

interface Published {
  permissions: unknown;
  parameters: Record<string, PublishedFact>;
}
interface PublishedFact extends Omit<Fact, "keys" | "minimum" | "maximum"> {
  optional?: 0 | 1;
  minimum?: number | string;
  maximum?: number | string;
  keys?: Record<string, PublishedFact>;
}

/** What is compared: of an alias only that there is one, of a format that stands for keys only its name. */
function facts(fact: PublishedFact | Fact, expanded: boolean, optional: boolean): Record<string, unknown> {
  const { type, minimum, maximum, maxLength, pattern, enum: values, format, requires, keys } = fact;
  if (type === undefined) return {};
  const bound = (value: number | string | undefined) => (value === undefined ? undefined : Number(value));
  return {
    type,
    minimum: bound(minimum),
    maximum: bound(maximum),
    maxLength,
    pattern,
    values: values ?? undefined,
    requires,
    optional,
    ...(expanded ? { keys: Object.keys(keys ?? {}).sort() } : { format }),
  };
}

function compare(ours: Facts, published: Record<string, PublishedFact>, path: string): string[] {
  const missing = Object.keys(published).filter((name) => !Object.hasOwn(ours, name));
  const invented = Object.keys(ours).filter((name) => !Object.hasOwn(published, name));
  const both = Object.keys(ours).filter((name) => Object.hasOwn(published, name));
  return [
    ...missing.map((name) => `${path} ${name} is missing`),
    ...invented.map((name) => `${path} ${name} is invented`),
    ...both.flatMap((name) => {
      const [mine, theirs] = [ours[name]!, published[name]!];
      const expanded = theirs.keys !== undefined;
      const [a, b] = [facts(mine, expanded, !mine.required), facts(theirs, expanded, theirs.optional === 1)];
      const differs =
        JSON.stringify(a) === JSON.stringify(b)
          ? []
          : [`${path} ${name}: ${JSON.stringify(a)} is ${JSON.stringify(b)}`];
      return [...differs, ...(expanded ? compare(mine.keys ?? {}, theirs.keys!, `${path} ${name}`) : [])];
    }),
  ];
}

const FACTS = "proxmox-9-api";
/** Of the parameters' facts each is there once: three methods take the same two hundred. */
interface PublishedTable {
  methods: Record<string, { permissions: unknown; parameters: Record<string, number> }>;
  facts: PublishedFact[];
}

/** Without their words. */
function reduced(fact: PublishedFact): PublishedFact {
  const { type, minimum, maximum, maxLength, pattern, enum: values, format, requires, optional, keys } = fact;
  const inner = keys && Object.entries(keys).map(([name, each]) => [name, reduced(each)] as const);
  const kept = { type, minimum, maximum, maxLength, pattern, enum: values, format, requires, optional };
  return { ...kept, ...(inner && { keys: Object.fromEntries(inner) }) };
}

testFacts(
  FACTS,
  "Proxmox VE 9's API schema: names, types, ranges and permissions of the methods that are served here",
  ["proxmox-9-api.json"],
  (published: Record<string, Published>) => {
    const known = new Map<string, number>();
    const numberOf = (fact: PublishedFact) => {
      const text = JSON.stringify(reduced(fact));
      return known.get(text) ?? known.set(text, known.size).get(text)!;
    };
    const methods = Object.keys(METHODS)
      .filter((key) => Object.hasOwn(published, key))
      .map((key) => {
        const { permissions, parameters } = published[key]!;
        const numbered = Object.entries(parameters).map(([name, fact]) => [name, numberOf(fact)]);
        return [key, { permissions, parameters: Object.fromEntries(numbered) as object }];
      });
    const facts = [...known].map(([text, number]) => [number, JSON.parse(text) as PublishedFact]);
    return { methods: Object.fromEntries(methods) as object, facts: Object.fromEntries(facts) as object };
  },
);

test("the table is what Proxmox publishes", () => {
  const { methods, facts: known } = readFacts<PublishedTable>(FACTS);
  const own = Object.keys(METHODS).filter((key) => !Object.hasOwn(methods, key));
  // Generated from a list in qemu-server: API2/Qemu/Agent.pm.
  expect(own.filter((key) => !key.includes("/agent/"))).toEqual([]);
  const both = Object.keys(METHODS).filter((key) => Object.hasOwn(methods, key));
  expect(both.length).toBeGreaterThan(25);
  for (const key of both)
    expect({ key, permission: METHODS[key]!.permission }).toEqual({
      key,
      permission: methods[key]!.permissions,
    });
  const published = ({ parameters }: PublishedTable["methods"][string]) =>
    Object.fromEntries(Object.entries(parameters).map(([name, number]) => [name, known[number]!]));
  expect(both.flatMap((key) => compare(METHODS[key]!.parameters, published(methods[key]!), key))).toEqual([]);
});
