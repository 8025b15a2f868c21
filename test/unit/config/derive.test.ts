/** Defaults that depend on other values. */
import { describe, expect, it } from "vitest";
import { parseConfig } from "../../../src/config/parse.ts";
import type { HomelabConfig } from "../../../src/config/types.ts";
import { readFixtures } from "./fixtures.ts";

const smallest = readFixtures("valid").find(({ name }) => name === "smallest")?.config ?? {};

function configOf(changes: Record<string, unknown>): HomelabConfig {
  const { ok, problems } = parseConfig({ ...smallest, ...changes });
  if (!ok) throw new Error(JSON.stringify(problems));
  return ok;
}

describe("whether Longhorn may be uninstalled", () => {
  it.each<[Record<string, unknown>, boolean]>([
    [{}, false],
    [{ "homelab:protect": true }, false],
    [{ "homelab:protect": false }, true],
    [{ "homelab:protect": true, "homelab:longhorn": { deletingConfirmation: true } }, true],
    [{ "homelab:protect": false, "homelab:longhorn": { deletingConfirmation: false } }, false],
    [{ "homelab:protect": false, "homelab:longhorn": { replicaCount: 1 } }, true],
  ])("%j: %s", (changes, expected) => {
    expect(configOf(changes).longhorn.deletingConfirmation).toBe(expected);
  });

  it("goes with protection, which is on unless it is switched off", () => {
    expect(configOf({}).protect).toBe(true);
    expect(configOf({ "homelab:protect": false }).protect).toBe(false);
  });
});
