/** A disk that fills up in the middle of a run: the run ends with a sentence, and the files of before are whole. */
import { mkdir } from "node:fs/promises";
import { afterEach, expect, test } from "vitest";
import { readJson } from "../../../rehearsal/files.ts";
import { rehearsalPaths } from "../../../rehearsal/paths.ts";
import { bench, type Bench } from "../support/rehearse.ts";

let lab: Bench | undefined;
afterEach(() => lab?.remove());

test("a world that can no longer be saved ends the run", async () => {
  lab = await bench();
  const { world } = rehearsalPaths("lab", lab.root);
  let operations = 0;
  const failing = lab.run("up", {
    intercept: async (_operation, _manner, work) => {
      // A folder where the next temporary file would be: nothing can be written from here on.
      if (++operations === 12) await mkdir(`${world}.${process.pid}.tmp/full`, { recursive: true });
      return work();
    },
  });
  await expect(failing).rejects.toThrow(/^Cannot write .*world\.json: /);
  expect(await readJson(world, "world file")).toMatchObject({ stack: "lab" });
});
