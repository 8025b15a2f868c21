import path from "node:path";
import { cached } from "./cache.mjs";
import { machineKind, program, sourceKey } from "../files.mjs";
import { goBuild } from "./go.mjs";
import { Problem } from "../problem.mjs";
import { run, tail } from "../run.mjs";

/** @typedef {import("../settings.mjs").Context} Context */

/** Our own program over Talos's library. There is nothing to download: it is always built. */
const NAME = "talos";
const WHAT = "the helper over Talos's machinery library";

/** What it is first tried with, and what its output then holds. */
const TRY = {
  args: ["machinery"],
  input: '{"id":1,"method":"version"}\n',
  answer: '"machinery"',
};

/** @param {string} root */
const sources = (root) => path.join(root, "tools", NAME);

/** @param {string} root */
export function helperKey(root) {
  return `${sourceKey(sources(root))}-${machineKind}`;
}

/**
 * @param {Context} context
 * @returns {Promise<string>} its path
 */
export async function ensureHelper(context) {
  const file = program(NAME);
  const folder = await cached(context, {
    kind: NAME,
    key: helperKey(context.root),
    files: [file],
    doing: `building ${WHAT}`,
    make: async (draft) => {
      const out = path.join(draft, file);
      await goBuild(context, {
        folder: sources(context.root),
        package: ".",
        out,
        what: WHAT,
        usually: "about a minute",
      });
      const told = await run(out, TRY.args, { input: TRY.input, timeout: 30_000 });
      if (!told.stdout.includes(TRY.answer)) {
        throw new Problem(`${WHAT} was built but does not answer:\n${tail(told.output)}`);
      }
    },
  });
  return path.join(folder, file);
}
