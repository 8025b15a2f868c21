/** A folder for what tests begin from and need not make anew; gone at the end of the run. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const SNAPSHOTS = "HOMELAB_TEST_SNAPSHOTS";

export default function setup(): () => void {
  const folder = mkdtempSync(join(tmpdir(), "snapshots-"));
  process.env[SNAPSHOTS] = folder;
  return () => {
    rmSync(folder, { recursive: true, force: true });
  };
}
