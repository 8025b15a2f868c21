/**
 * Walks raw values along a schema and tells every mistake in the project's own words. Unlike a plain `safeParse` it keeps
 * the fields that are right, so that the cross-field rules can judge them beside the ones that are wrong.
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

type Read = { ok: true; value: unknown } | { ok: false };
const BAD: Read = { ok: false };

export function readFields<S extends z.ZodObject>(
  schema: S,
  raw: unknown,
  path: string,
  problems: Problem[],
): Fields<z.output<S>> {
  const values: Record<string, unknown> = {};
  const bad = new Set<string>();
  const names = Object.keys(schema.shape);
  if (!isMapping(raw)) {
    problems.push({ path, message: wrongKind(raw, "a mapping", requiredOf(schema)) });
    return { path, values: {}, bad: new Set(names) };
  }
  const unknown = Object.keys(raw).filter((key) => !names.includes(key));
  problems.push(...unknown.map((key) => unknownKey(keyPath(path, key), key, names)));
  // A misspelt key is one mistake: the key that was meant is not told to be missing as well.
  const meant = unknown.map((key) => suggest(key, names));
  for (const name of names) {
    if (meant.includes(name) && !Object.hasOwn(raw, name)) {
      bad.add(name);
      continue;
    }
    const field = schema.shape[name] as z.ZodType;
    const result = readValue(field, own(raw, name), keyPath(path, name), problems);
    if (result.ok) values[name] = result.value;
    else bad.add(name);
  }
  return { path, values: values as Fields<z.output<S>>["values"], bad };
}

export function readValue(schema: z.ZodType, raw: unknown, path: string, problems: Problem[]): Read {
  if (raw === undefined) return readAbsent(schema, path, problems);
  if (raw === null) {
    const optional = schema.safeParse(undefined).success ? "; without the key, the default holds" : "";
    problems.push({ path, message: `is empty; it needs a value${exampleOf(schema)}${optional}` });
    return BAD;
  }
  const inner = unwrap(schema);
  if (inner instanceof z.ZodObject) {
    const before = problems.length;
    const { values } = readFields(inner, raw, path, problems);
    return problems.length === before ? { ok: true, value: values } : BAD;
  }
  if (inner instanceof z.ZodArray) return readList(inner, raw, path, problems);
  return readLeaf(inner, raw, path, problems);
}

function readAbsent(schema: z.ZodType, path: string, problems: Problem[]): Read {
  const absent = schema.safeParse(undefined);
  if (absent.success) return { ok: true, value: absent.data };
  problems.push({ path, message: `${MISSING}${exampleOf(schema)}` });
  return BAD;
}

function readList(schema: z.ZodArray, raw: unknown, path: string, problems: Problem[]): Read {
  if (!Array.isArray(raw)) {
    problems.push({ path, message: wrongKind(raw, "a list") });
    return BAD;
  }
  const before = problems.length;
  const told = ownIssues(schema, raw);
  if (told.length > 0) {
    problems.push(...told.map((message) => ({ path, message })));
    return BAD;
  }
  const value = raw.map((item: unknown, index) => {
    const read = readValue(schema.element as z.ZodType, item ?? null, indexPath(path, index), problems);
    return read.ok ? read.value : undefined;
  });
  return problems.length === before ? { ok: true, value } : BAD;
}

/** What the list itself breaks, such as its length: then its elements are not looked at. */
function ownIssues(schema: z.ZodArray, raw: unknown[]): string[] {
  const issues = schema.safeParse(raw).error?.issues ?? [];
  return issues.filter((issue) => issue.path.length === 0).map((issue) => issue.message);
}

function readLeaf(schema: z.ZodType, raw: unknown, path: string, problems: Problem[]): Read {
  const result = schema.safeParse(raw);
  if (result.success) return { ok: true, value: result.data };
  problems.push({
    path,
    message: leafMessage(schema, raw, result.error.issues[0]?.message ?? "is not allowed"),
  });
  return BAD;
}

function leafMessage(schema: z.ZodType, raw: unknown, told: string): string {
  if (schema instanceof z.ZodEnum) {
    const words = schema.options.map(String);
    const hint = typeof raw === "string" ? didYouMean(raw, words) : "";
    return `${show(raw)} is not allowed here, only ${listWords(words, "or")}${hint}`;
  }
  if (schema instanceof z.ZodBoolean) return wrongKind(raw, "true or false");
  if (schema instanceof z.ZodString && typeof raw !== "string") return wrongKind(raw, "text");
  if (schema instanceof z.ZodNumber && typeof raw !== "number") return wrongKind(raw, "a number");
  return `${show(raw)} ${told}`;
}

function wrongKind(raw: unknown, wanted: string, keys: string[] = []): string {
  if (raw === undefined) return `${MISSING}; ${wanted} with at least ${listWords(keys, "and")} is needed`;
  if (wanted === "text" && typeof raw === "number") {
    return `${show(raw)} is a number where text is needed; write it in quotes, "${show(raw)}"`;
  }
  if (wanted === "a number" && typeof raw === "string" && /^-?[0-9]{1,15}(\.[0-9]{1,6})?$/.test(raw)) {
    return `${show(raw)} is text where a number is needed; write ${raw} without quotes`;
  }
  return `${show(raw)} where ${wanted} is needed`;
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
  const example: unknown = Array.isArray(examples) ? examples[0] : enumExample(schema);
  if (example === undefined) return "";
  return `, for example ${typeof example === "string" ? example : JSON.stringify(example)}`;
}

function enumExample(schema: z.ZodType): unknown {
  return schema instanceof z.ZodEnum ? schema.options[0] : undefined;
}

/** The schema inside `.optional()`, `.default()` and `.prefault()`. */
export function unwrap(schema: z.ZodType): z.ZodType {
  let inner = schema;
  while (inner instanceof z.ZodOptional || inner instanceof z.ZodDefault || inner instanceof z.ZodPrefault) {
    inner = inner.def.innerType as z.ZodType;
  }
  return inner;
}

export function isMapping(raw: unknown): raw is Record<string, unknown> {
  return typeof raw === "object" && raw !== null && !Array.isArray(raw);
}

/** Only what the user wrote: `constructor` and its like come from no file. */
function own(raw: Record<string, unknown>, key: string): unknown {
  return Object.hasOwn(raw, key) ? raw[key] : undefined;
}
