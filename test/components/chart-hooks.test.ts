/** What stands in front of an update of the charts, run as the engine would run it. */
import { beforeAll, describe, expect, test, vi } from "vitest";
import * as pulumi from "@pulumi/pulumi";
import { lab } from "./support/homelabs.ts";
import { hook } from "./support/hooks.ts";
import type { Run } from "./support/mock-engine.ts";
import { runHomelab } from "./support/run-homelab.ts";

describe("the version guard of a release", () => {
  let run: Run<unknown>;
  beforeAll(async () => {
    run = await runHomelab(lab());
  });

  const update = (release: string, from: string | undefined, to: string) =>
    hook(run, release, "beforeUpdate", { oldInputs: { version: from }, newInputs: { version: to } });

  test("refuses what the running version cannot become", async () => {
    await expect(update("lab-longhorn-release", "1.10.2", "1.12.1")).rejects.toThrow(
      /^homelab:longhorn\.version: 1\.10\.2 runs, and "1\.12\.1" skips a minor/,
    );
    await expect(update("lab-longhorn-release", "1.12.1", "1.11.3")).rejects.toThrow("is older");
    await expect(update("lab-traefik-release", "41.3.0", "40.0.0")).rejects.toThrow("older major");
  });

  test("says what becomes what, and nothing where the version stays", async () => {
    const told = vi.spyOn(pulumi.log, "info").mockResolvedValue();
    await update("lab-longhorn-release", "1.11.3", "1.12.1");
    await update("lab-traefik-release", "40.0.0", "41.3.0");
    await update("lab-traefik-release", "41.3.0", "41.3.0");
    await update("lab-longhorn-release", undefined, "1.12.1");
    expect(told.mock.calls.map(([text]) => text)).toEqual([
      "Longhorn: 1.11.3 -> 1.12.1",
      "Traefik's chart: 40.0.0 -> 41.3.0",
    ]);
    told.mockRestore();
  });
});
