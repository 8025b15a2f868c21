import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { generatedFiles, stackSchema } from "../../../scripts/generate-config-schema.ts";
import { configSchema } from "../../../src/config/schema.ts";

const ROOT = new URL("../../../", import.meta.url);

describe("generated files", async () => {
  it.each((await generatedFiles()).map((file) => [file.path, file] as const))(
    "%s is current",
    (_path, file) => {
      expect(file.current).toBe(file.expected);
    },
  );

  it("documents every key", () => {
    const undocumented = (schema: unknown): unknown[] => {
      const { properties, items, description } = schema as {
        properties?: Record<string, unknown>;
        items?: unknown;
        description?: string;
      };
      const inner = [...Object.values(properties ?? {}), ...(properties || !items ? [] : [items])].flatMap(
        undocumented,
      );
      return typeof description === "string" || items === undefined ? inner : [schema, ...inner];
    };
    const { config } = (stackSchema()["properties"] ?? {}) as {
      config: { properties: Record<string, unknown> };
    };
    expect(Object.keys(config.properties)).toContain("homelab:proxmoxApiToken");
    expect(Object.values(config.properties).flatMap(undocumented)).toEqual([]);
    for (const schema of Object.values(config.properties)) expect(schema).toHaveProperty("description");
  });

  it("is named in every environment's file", () => {
    for (const file of ["Pulumi.lab.yaml", "Pulumi.rack.yaml"]) {
      const lines = readFileSync(new URL(file, ROOT), "utf8").split("\n");
      expect(lines).toContain("# yaml-language-server: $schema=schemas/stack-config.schema.json");
    }
  });
});

describe("Pulumi.yaml", () => {
  const project = parse(readFileSync(new URL("Pulumi.yaml", ROOT), "utf8")) as {
    name: string;
    main: string;
    runtime: unknown;
    config: Record<string, { type: string; description: string }>;
  };

  it("runs the program with tsx", () => {
    expect(project).toMatchObject({
      name: "homelab",
      main: "src/index.ts",
      runtime: {
        name: "nodejs",
        options: { typescript: false, nodeargs: "--import=tsx", packagemanager: "npm" },
      },
    });
  });

  it("demands exactly the keys without a default", () => {
    const required = Object.entries(configSchema.shape).filter(
      ([, schema]) => !schema.safeParse(undefined).success,
    );
    expect(Object.keys(project.config)).toEqual(required.map(([key]) => `homelab:${key}`));
    for (const declared of Object.values(project.config)) expect(declared.description).not.toBe("");
  });
});
