/**
 * Every test runs in the environment of somebody who has real things: a backend, an account, a cluster, clouds. All of them are decoys,
 * and the run fails when one of them was touched.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { layDecoys } from "./decoys.ts";

export default async function setup(): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), "decoys-"));
  const decoys = await layDecoys(folder);
  Object.assign(process.env, decoys.variables);
  return async () => {
    const touched = decoys.touched();
    await decoys.close();
    rmSync(folder, { recursive: true, force: true });
    if (touched.length > 0) {
      throw new Error(`The tests reached for something of the person's own:\n  ${touched.join("\n  ")}`);
    }
  };
}
