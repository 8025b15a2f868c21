import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import { REPOSITORY } from "../../../rehearsal/paths.ts";

test.each([
  "rehearsal/cli/rehearse.ts",
  "rehearsal/cli/faults.ts",
  "rehearsal/cli/campaign.ts",
  "scripts/recover.ts",
])("%s ends quietly when nobody reads its output any more", async (entry) => {
  const args = ["--import", "tsx", entry, "--help"];
  const child = spawn(process.execPath, args, { cwd: REPOSITORY, stdio: ["ignore", "pipe", "pipe"] });
  child.stdout.destroy();
  let errors = "";
  child.stderr.on("data", (chunk) => (errors += String(chunk)));
  const [code] = (await once(child, "close")) as [number];
  expect({ code, errors }).toEqual({ code: 0, errors: "" });
});
