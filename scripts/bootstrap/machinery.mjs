import path from "node:path";
import { cached, entryFolder } from "./cache.mjs";
import { machineKind, program, sourceKey } from "./files.mjs";
import { goBuild } from "./go.mjs";
import { Problem } from "./problem.mjs";
import { run, tail } from "./run.mjs";

/** @typedef {import("./context.mjs").Context} Context */

const kind = "talos-machinery";
const what = "the helper over Talos's machinery library";
const file = program("talos-machinery");

/** @param {string} root */
const sources = (root) => path.join(root, "tools", "talos-machinery");

/** @param {string} root */
export function machineryKey(root) {
  return `${sourceKey(sources(root))}-${machineKind}`;
}

/**
 * Where the helper is, or will be.
 * @param {Pick<Context, "root" | "cache">} context
 */
export function machineryPath({ root, cache }) {
  return path.join(entryFolder(cache, kind, machineryKey(root)), file);
}

/**
 * There is nothing to download: it is ours, and always built.
 * @param {Context} context
 * @returns {Promise<string>} its path
 */
export async function ensureMachinery(context) {
  const folder = await cached(context, {
    kind,
    key: machineryKey(context.root),
    files: [file],
    doing: `building ${what}`,
    make: async (draft) => {
      const out = path.join(draft, file);
      await goBuild(context, {
        folder: sources(context.root),
        package: ".",
        out,
        what,
        usually: "about a minute",
      });
      const answer = await run(out, [], { input: '{"id":1,"method":"version"}\n', timeout: 30_000 });
      if (!answer.stdout.includes('"machinery"')) {
        throw new Problem(`${what} was built but does not answer:\n${tail(answer.output)}`);
      }
    },
  });
  return path.join(folder, file);
}
