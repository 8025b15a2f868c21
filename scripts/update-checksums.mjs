// For maintainers, after a version of the Pulumi CLI, the Proxmox plugin or talosctl has changed: `node scripts/update-checksums.mjs`
// fills scripts/bootstrap/tools/checksums.json from the releases' own lists. What it wrote is to be reviewed like any other change.
import path from "node:path";
import { fileURLToPath } from "node:url";
import { readJson, writeJson } from "./bootstrap/files.mjs";
import { Problem, messageOf } from "./bootstrap/problem.mjs";
import {
  checksumOf,
  checksumsFile,
  machines,
  releaseOf,
  tools,
  versionOfTool,
} from "./bootstrap/tools/releases.mjs";
import { readPins } from "./bootstrap/pins.mjs";

/**
 * @param {string} root the repository
 * @param {(line: string) => void} say
 * @param {Partial<Record<import("./bootstrap/tools/releases.mjs").Tool, string>>} [bases] folders of releases elsewhere than at their publishers
 */
export async function updateChecksums(root, say, bases = {}) {
  const pins = readPins(root);
  const before = readJson(checksumsFile(root)) ?? {};
  /** @type {Record<string, unknown>} */
  const after = {};
  for (const tool of tools) {
    const version = versionOfTool(pins, tool);
    const { base, list: listFile, file: fileFor } = releaseOf(tool, version);
    const address = `${bases[tool] ?? base}/${listFile}`;
    const list = await fetched(address);
    const files = [...new Set(machines.flatMap(([platform, arch]) => fileFor(platform, arch) ?? []))].sort();
    const known = before[tool]?.version === version ? (before[tool].sha256 ?? {}) : {};
    /** @type {Record<string, string>} */
    const sums = {};
    for (const file of files) {
      const sum = checksumOf(list, file);
      if (sum !== undefined) sums[file] = sum;
      // A release is never changed once it is out.
      if (known[file] !== undefined && known[file] !== sum) {
        throw new Problem(
          `${address} gives ${file} another checksum than ${checksumsFile(root)}:\n    ${sum ?? "none"}, there ${known[file]}.`,
          "Nothing was written. A release that changed is not to be trusted: find out why.",
        );
      }
    }
    if (Object.keys(sums).length === 0)
      throw new Problem(`${address} has no checksum of ${files.join(", ")}. Nothing was written.`);
    const same = JSON.stringify(known) === JSON.stringify(sums);
    after[tool] = same ? before[tool] : { version, source: `${base}/${listFile}`, sha256: sums };
    say(`${tool} ${version}: ${same ? "as it was" : `${Object.keys(sums).length} checksums`}.`);
  }
  writeJson(checksumsFile(root), after);
}

/** @param {string} url */
async function fetched(url) {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(60_000) });
    if (answer.ok) return await answer.text();
    throw new Error(`it answers ${answer.status}`);
  } catch (error) {
    throw new Problem(`${url} cannot be read: ${messageOf(error)}. Nothing was written.`);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
  try {
    await updateChecksums(root, console.log);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
