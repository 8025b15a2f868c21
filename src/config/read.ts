/**
 * Reads raw values by a schema and tells every mistake in the project's own words. Unlike a plain `safeParse` it keeps the fields
 * that are right, so that the cross-field rules can judge them beside the ones that are wrong.
 */
import { z } from "zod";
import { indexPath, keyPath, listWords, show, type Problem } from "./problem.ts";
import { didYouMean, suggest } from "./suggest.ts";

/** An object whose wrong fields are left out. */
export interface Fields<T> {
  path: string;
  values: { [K in keyof T]?: T[K] | undefined };
  /** Names of the fields that are wrong, as opposed to left out. */
  bad: ReadonlySet<string>;
}

const MISSING = "is missing";

/** Whether a message says that something is not there at all. */
export function isMissing(message: string): boolean {
  return message.startsWith(MISSING);
}

export function readFields<S extends z.ZodObject>(
  schema: S,
  raw: unknown,
  path: string,
  problems: Problem[],
): Fields<z.output<S>> {
  const names = Object.keys(schema.shape);
  if (!isMapping(raw)) {
    const needed = `; a mapping with at least ${listWords(requiredOf(schema), "and")} is needed`;
    problems.push({ path, message: raw === undefined ? MISSING + needed : wrongKind(raw, "a mapping") });
    return { path, values: {}, bad: new Set(names) };
  }
  const issues = check(schema, raw);
  problems.push(...problemsOf(schema, issues, path));
  const misspelt = issues.flatMap((issue) => (issue.path.length === 0 ? meantBy(schema, issue) : []));
  const bad = new Set([
    ...misspelt.filter((name) => !Object.hasOwn(raw, name)),
    ...issues.flatMap((issue) => issue.path.slice(0, 1).map(String)),
  ]);
  const right = Object.entries<z.ZodType>(schema.shape).filter(([name]) => !bad.has(name));
  const values = Object.fromEntries(right.map(([name, field]) => [name, field.parse(raw[name])]));
  return { path, values: values as Fields<z.output<S>>["values"], bad };
}

/** @returns Undefined where it is wrong, and told so. */
export function readValue<S extends z.ZodType>(
  schema: S,
  raw: unknown,
  path: string,
  problems: Problem[],
): z.output<S> | undefined {
  const issues = check(schema, raw);
  problems.push(...problemsOf(schema, issues, path));
  return issues.length === 0 ? schema.parse(raw) : undefined;
}

type Issue = z.core.$ZodIssue;

function check(schema: z.ZodType, raw: unknown): Issue[] {
  return schema.safeParse(raw, { error: inOurWords, reportInput: true }).error?.issues ?? [];
}

const KINDS: Partial<Record<z.core.$ZodInvalidTypeExpected, string>> = {
  object: "a mapping",
  array: "a list",
  string: "text",
  number: "a number",
  boolean: "true or false",
};

/** What zod says by itself. What a schema says of its own stands in the schema. */
const inOurWords: z.core.$ZodErrorMap = (issue) => {
  const { input } = issue;
  if (issue.code === "invalid_type") return wrongKind(input, KINDS[issue.expected] ?? "something else");
  if (issue.code !== "invalid_value") return undefined;
  const words = issue.values.map(String);
  const hint = typeof input === "string" ? didYouMean(input, words) : "";
  return `${show(input)} is not allowed here, only ${listWords(words, "or")}${hint}`;
};

function wrongKind(raw: unknown, wanted: string): string {
  if (wanted === "text" && typeof raw === "number") {
    return `${show(raw)} is a number where text is needed; write it in quotes, "${show(raw)}"`;
  }
  if (wanted === "a number" && typeof raw === "string" && /^-?[0-9]{1,15}(\.[0-9]{1,6})?$/.test(raw)) {
    return `${show(raw)} is text where a number is needed; write ${raw} without quotes`;
  }
  return `${show(raw)} where ${wanted} is needed`;
}

/** One for each place: what else is wrong there comes of the same mistake. */
function problemsOf(schema: z.ZodType, issues: readonly Issue[], path: string): Problem[] {
  const found = new Map<string, Problem>();
  // A misspelt key is one mistake: the key that was meant is not told to be missing as well.
  const meant = issues.flatMap((issue) =>
    meantBy(schema, issue).map((name) => textOf(path, [...issue.path, name])),
  );
  for (const issue of [...issues.filter(isUnknown), ...issues]) {
    const place = textOf(path, issue.path);
    const inside = schemaAt(schema, issue.path);
    if (isUnknown(issue)) {
      for (const key of issue.keys)
        found.set(keyPath(place, key), unknownKey(keyPath(place, key), key, keysOf(inside)));
    } else if (!found.has(place) && !(issue.input === undefined && meant.includes(place))) {
      found.set(place, { path: place, message: messageOf(issue, inside) });
    }
  }
  return [...found.values()];
}

function isUnknown(issue: Issue): issue is z.core.$ZodIssueUnrecognizedKeys {
  return issue.code === "unrecognized_keys";
}

function meantBy(schema: z.ZodType, issue: Issue): string[] {
  if (!isUnknown(issue)) return [];
  const known = keysOf(schemaAt(schema, issue.path));
  return issue.keys.flatMap((key) => suggest(key, known) ?? []);
}

function messageOf({ input, message }: Issue, schema: z.ZodType): string {
  if (input === undefined) return `${MISSING}${exampleOf(schema)}`;
  if (input !== null) return message;
  const optional = schema.safeParse(undefined).success ? "; without the key, the default holds" : "";
  return `is empty; it needs a value${exampleOf(schema)}${optional}`;
}

function textOf(path: string, steps: readonly PropertyKey[]): string {
  return steps.reduce<string>(
    (text, step) => (typeof step === "number" ? indexPath(text, step) : keyPath(text, String(step))),
    path,
  );
}

function schemaAt(schema: z.ZodType, steps: readonly PropertyKey[]): z.ZodType {
  return steps.reduce<z.ZodType>((outer, step) => {
    const inner = unwrap(outer);
    if (inner instanceof z.ZodArray) return inner.element as z.ZodType;
    return inner instanceof z.ZodObject ? (inner.shape[String(step)] as z.ZodType) : inner;
  }, schema);
}

function keysOf(schema: z.ZodType): string[] {
  const inner = unwrap(schema);
  return inner instanceof z.ZodObject ? Object.keys(inner.shape) : [];
}

function requiredOf(schema: z.ZodObject): string[] {
  const fields = Object.entries<z.ZodType>(schema.shape);
  return fields.filter(([, field]) => !field.safeParse(undefined).success).map(([name]) => name);
}

export function unknownKey(path: string, key: string, known: readonly string[]): Problem {
  return { path, message: `is no known key${didYouMean(key, known) || `; known here: ${known.join(", ")}`}` };
}

/** `, for example 192.168.1.1`, from the schema's own documentation. */
function exampleOf(schema: z.ZodType): string {
  const examples = schema.meta()?.["examples"];
  const enumerated = schema instanceof z.ZodEnum ? schema.options[0] : undefined;
  const example: unknown = Array.isArray(examples) ? examples[0] : enumerated;
  if (example === undefined) return "";
  return `, for example ${typeof example === "string" ? example : JSON.stringify(example)}`;
}

/** The schema inside `.optional()`, `.default()` and `.prefault()`. */
export function unwrap(schema: z.ZodType): z.ZodType {
  let inner = schema;
  while (inner instanceof z.ZodOptional || inner instanceof z.ZodDefault || inner instanceof z.ZodPrefault) {
    inner = inner.def.innerType as z.ZodType;
  }
  return inner;
}

function isMapping(raw: unknown): raw is Record<string, unknown> {
  return typeof raw === "object" && raw !== null && !Array.isArray(raw);
}
