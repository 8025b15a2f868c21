/** Stack configurations with what is expected of them, as files that people read. */
import { readdirSync, readFileSync } from "node:fs";
import { parse } from "yaml";
import { checkConfig } from "../../../src/config/load.ts";
import { PROJECT, TOKEN_KEY } from "../../../src/config/schema.ts";

const ROOT = new URL("../../fixtures/", import.meta.url);

/** Existing up; it opens nothing. */
export const TOKEN = "pulumi@pve!homelab=00000000-1111-4222-8333-444444444444";

export interface Fixture {
  /** File name without its ending. */
  name: string;
  /** The `config:` section of a stack file. */
  config: Record<string, unknown>;
  /** A token is there unless the fixture says otherwise. */
  environment?: Record<string, string>;
  /** Keys that the stack file would hold encrypted. */
  encrypted?: string[];
  expected: unknown;
}

export function readFixtures(kind: "valid" | "invalid"): Fixture[] {
  const folder = new URL(`${kind}/`, ROOT);
  return readdirSync(folder)
    .filter((file) => file.endsWith(".yaml"))
    .map((file) => ({
      ...(parse(readFileSync(new URL(file, folder), "utf8")) as Omit<Fixture, "name">),
      name: file.slice(0, -".yaml".length),
    }));
}

/** The values as Pulumi hands them to a program: text as it is, everything else as JSON. */
export function asPulumi(config: Record<string, unknown>): Record<string, string> {
  const entries = Object.entries(config).map(([key, value]) => [
    key,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  return Object.fromEntries(entries) as Record<string, string>;
}

export function check(fixture: Fixture): ReturnType<typeof checkConfig> {
  return checkConfig(asPulumi(fixture.config), {
    configured: fixture.config[`${PROJECT}:${TOKEN_KEY}`],
    environment: (fixture.environment ?? { PROXMOX_VE_API_TOKEN: TOKEN })["PROXMOX_VE_API_TOKEN"],
    encrypted: fixture.encrypted ?? [],
  });
}
