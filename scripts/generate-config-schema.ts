/**
 * Writes what is derived from the configuration's schemas: the JSON Schema that editors check stack files with, and the
 * tables of options and versions in docs/configuration.md. With --check it writes nothing and fails if a file is not current.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { format } from "prettier";
import { z } from "zod";
import { listWords } from "../src/config/problem.ts";
import { unwrap } from "../src/config/read.ts";
import { configSchema, PROJECT, TOKEN_KEY } from "../src/config/schema.ts";
import { LONGHORN_CHARTS, TALOS_RELEASES, TRAEFIK_CHARTS } from "../src/config/versions.ts";

const ROOT = resolve(fileURLToPath(import.meta.url), "../..");
const SCHEMA_FILE = "schemas/stack-config.schema.json";
const DOCS_FILE = "docs/configuration.md";
type Part = "options" | "versions";

export interface GeneratedFile {
  path: string;
  expected: string;
  current: string;
}

/** Every generated file with what it should hold and what it holds. */
export async function generatedFiles(): Promise<GeneratedFile[]> {
  const read = (path: string): string => {
    try {
      return readFileSync(resolve(ROOT, path), "utf8");
    } catch {
      return "";
    }
  };
  const docs = read(DOCS_FILE);
  const schema = await format(JSON.stringify(stackSchema()), { parser: "json", printWidth: 110 });
  return [
    { path: SCHEMA_FILE, expected: schema, current: read(SCHEMA_FILE) },
    {
      path: DOCS_FILE,
      expected: withPart(withPart(docs, "options", optionsMarkdown()), "versions", versionsMarkdown()),
      current: docs,
    },
  ];
}

/** JSON Schema of a Pulumi.<env>.yaml: the project's keys strictly, everything else as Pulumi has it. */
export function stackSchema(): Record<string, unknown> {
  const { properties, required } = z.toJSONSchema(configSchema, {
    io: "input",
    override: ({ jsonSchema }) => describeDefault(jsonSchema as Record<string, unknown>),
  });
  const keys = Object.entries(properties ?? {}).map(([key, value]) => [`${PROJECT}:${key}`, value] as const);
  const names = [...Object.keys(properties ?? {}), TOKEN_KEY].join("|");
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Stack configuration of the homelab",
    type: "object",
    properties: {
      config: {
        type: "object",
        properties: {
          ...Object.fromEntries(keys),
          [`${PROJECT}:${TOKEN_KEY}`]: {
            description: `API token of Proxmox; only encrypted, by pulumi config set --secret ${TOKEN_KEY}.`,
            type: "object",
            properties: { secure: { type: "string" } },
            required: ["secure"],
            additionalProperties: false,
          },
        },
        required: (required ?? []).map((key) => `${PROJECT}:${key}`),
        patternProperties: { [`^${PROJECT}:(?!(?:${names})$)`]: false },
      },
    },
    required: ["config"],
  };
}

/** A default that depends on other values can only be told in words. */
function describeDefault(schema: Record<string, unknown>): void {
  const { defaultNote, description } = schema;
  delete schema["defaultNote"];
  if (typeof defaultNote !== "string" || typeof description !== "string") return;
  schema["description"] = `${description} Default: ${defaultNote}.`;
}

interface Option {
  path: string;
  type: string;
  fallback: string;
  meaning: string;
}

/** One table for each key of the project. */
export function optionsMarkdown(): string {
  return Object.entries(configSchema.shape)
    .map(([key, schema]) => {
      const options = optionsOf(`${PROJECT}:${key}`, schema);
      const rows = options.map((option) =>
        [`\`${option.path}\``, option.type, option.fallback, option.meaning].map(cell).join(" | "),
      );
      return [
        `### \`${PROJECT}:${key}\``,
        "",
        "| key | type | default | meaning |",
        "| --- | --- | --- | --- |",
        ...rows.map((row) => `| ${row} |`),
      ].join("\n");
    })
    .join("\n\n");
}

function optionsOf(path: string, schema: z.ZodType): Option[] {
  const inner = unwrap(schema);
  const own: Option = { path, type: typeOf(inner), fallback: defaultOf(schema), meaning: meaningOf(schema) };
  if (inner instanceof z.ZodObject) return [own, ...childrenOf(path, inner)];
  if (inner instanceof z.ZodArray && inner.element instanceof z.ZodObject) {
    return [own, ...childrenOf(`${path}[]`, inner.element)];
  }
  return [own];
}

function childrenOf(path: string, schema: z.ZodObject): Option[] {
  return Object.entries<z.ZodType>(schema.shape).flatMap(([key, field]) =>
    optionsOf(`${path}.${key}`, field),
  );
}

function typeOf(schema: z.ZodType): string {
  if (schema instanceof z.ZodObject) return "mapping";
  if (schema instanceof z.ZodArray) return `list of ${plural(typeOf(schema.element as z.ZodType))}`;
  if (schema instanceof z.ZodEnum)
    return schema.options.map((option) => `\`${String(option)}\``).join(" or ");
  if (schema instanceof z.ZodBoolean) return "true or false";
  if (schema instanceof z.ZodNumber) return `${String(schema.minValue)} to ${String(schema.maxValue)}`;
  return "text";
}

function plural(type: string): string {
  return type === "mapping" ? "mappings" : type === "text" ? "texts" : type;
}

function defaultOf(schema: z.ZodType): string {
  const note = schema.meta()?.["defaultNote"];
  if (typeof note === "string") return note;
  const absent = schema.safeParse(undefined);
  if (!absent.success) return "**required**";
  if (unwrap(schema) instanceof z.ZodObject) return "the defaults below";
  const value: unknown = absent.data;
  if (Array.isArray(value)) return value.length === 0 ? "none" : `\`${JSON.stringify(value)}\``;
  return `\`${String(value)}\``;
}

function meaningOf(schema: z.ZodType): string {
  return (schema.meta() ?? unwrap(schema).meta())?.description ?? unwrap(schema).meta()?.description ?? "";
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}

/** What goes together: the Talos releases with their Kubernetes, and the charts. */
function versionsMarkdown(): string {
  const talos = TALOS_RELEASES.map(
    ({ minor, oldestKubernetes, newestKubernetes, defaultKubernetes }) =>
      `| ${minor} | ${oldestKubernetes} to ${newestKubernetes} | ${defaultKubernetes} |`,
  );
  const charts = `Charts: Longhorn ${listWords(LONGHORN_CHARTS, "or")}, Traefik ${listWords(TRAEFIK_CHARTS, "or")}.`;
  return ["| Talos | Kubernetes | its default |", "| --- | --- | --- |", ...talos, "", charts].join("\n");
}

function withPart(docs: string, part: Part, text: string): string {
  const first = `<!-- ${part}: generated by scripts/generate-config-schema.ts -->`;
  const last = `<!-- end of ${part} -->`;
  const begin = docs.indexOf(first);
  const end = docs.indexOf(last);
  if (begin < 0 || end < begin) throw new Error(`${DOCS_FILE} lacks the lines "${first}" and "${last}"`);
  return `${docs.slice(0, begin + first.length)}\n\n${text}\n\n${docs.slice(end)}`;
}

async function main(): Promise<void> {
  const stale = (await generatedFiles()).filter((file) => file.current !== file.expected);
  if (process.argv.includes("--check")) {
    for (const file of stale)
      console.error(`${file.path} is not current; run: node --import tsx scripts/generate-config-schema.ts`);
    process.exitCode = stale.length === 0 ? 0 : 1;
    return;
  }
  for (const file of stale) {
    writeFileSync(resolve(ROOT, file.path), file.expected);
    console.log(`wrote ${file.path}`);
  }
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url))
  await main();
