import path from "node:path";
import { cached } from "./cache.mjs";
import { machineKind, program, sourceKey } from "./files.mjs";
import { goBuild } from "./go.mjs";
import { Problem } from "./problem.mjs";
import { run, tail } from "./run.mjs";

/** @typedef {import("./context.mjs").Context} Context */

/**
 * Our own programs over Talos's machinery library. There is nothing to download: they are always built.
 * @typedef {object} Helper
 * @property {string} name of its folder in tools/, and of its file
 * @property {string} what it is, for people
 * @property {string[]} args for a first try
 * @property {string} input of that try
 * @property {string} answer what its output then holds
 */

/** @type {Helper} */
export const machinery = {
  name: "talos-machinery",
  what: "the helper over Talos's machinery library",
  args: [],
  input: '{"id":1,"method":"version"}\n',
  answer: '"machinery"',
};

/** @type {Helper} */
export const nodes = {
  name: "talos-nodes",
  what: "the server of Talos's API for simulated nodes",
  args: ["-port=0"],
  input: "",
  answer: '"listening"',
};

/** @param {string} root @param {Helper} helper */
const sources = (root, { name }) => path.join(root, "tools", name);

/** @param {string} root @param {Helper} helper */
export function helperKey(root, helper) {
  return `${sourceKey(sources(root, helper))}-${machineKind}`;
}

/**
 * @param {Context} context
 * @param {Helper} helper
 * @returns {Promise<string>} its path
 */
export async function ensureHelper(context, helper) {
  const { name, what } = helper;
  const file = program(name);
  const folder = await cached(context, {
    kind: name,
    key: helperKey(context.root, helper),
    files: [file],
    doing: `building ${what}`,
    make: async (draft) => {
      const out = path.join(draft, file);
      await goBuild(context, {
        folder: sources(context.root, helper),
        package: ".",
        out,
        what,
        usually: "about a minute",
      });
      const told = await run(out, helper.args, { input: helper.input, timeout: 30_000 });
      if (!told.stdout.includes(helper.answer)) {
        throw new Problem(`${what} was built but does not answer:\n${tail(told.output)}`);
      }
    },
  });
  return path.join(folder, file);
}
