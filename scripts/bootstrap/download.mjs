import { cached } from "./cache.mjs";
import { spoken } from "./files.mjs";
import { Problem } from "./problem.mjs";

/** @typedef {import("./context.mjs").Context} Context */

/**
 * Downloads something into the cache, or says why it cannot be had. A download is never the only way but where
 * HOMELAB_TOOLCHAIN asks for it, so its failure is an error only there.
 * @param {Context} context
 * @param {object} wanted
 * @param {string} wanted.what what it is, as it begins a sentence: "The Pulumi CLI"
 * @param {string} wanted.announced what is fetched and how large it is, in words
 * @param {string} wanted.server asked first: without it, a download would cost minutes of retries
 * @param {string} wanted.remedy what a person can do who asked for a download only
 * @param {string} wanted.kind of the entry in the cache
 * @param {string} wanted.key of the entry in the cache
 * @param {string[]} wanted.files what must be in it
 * @param {(draft: string, doing: string) => Promise<string | undefined>} wanted.fetch fills the folder; a text that comes
 *   back is why it could not
 * @returns {Promise<string | undefined>} its folder; undefined when it cannot be had and another way is left
 */
export async function downloaded(context, { what, announced, server, remedy, fetch, ...entry }) {
  const { say, way } = context;
  /** @param {string} why */
  const giveUp = (why) => {
    const text = `${what} cannot be downloaded: ${why}`;
    if (way === "download") throw new Problem(text, remedy);
    say(text);
    return undefined;
  };
  if (!(await context.reachable(server))) return giveUp(`${new URL(server).host} cannot be reached.`);
  const doing = `downloading ${what.replace(/^The /, "the ")}`;
  /** @type {string | undefined} */
  let failed;
  const folder = await cached(context, {
    ...entry,
    doing,
    make: async (draft) => {
      const started = Date.now();
      say(`Downloading ${announced} ...`);
      failed = await fetch(draft, doing);
      if (failed !== undefined) throw new Problem(failed);
      say(`  downloaded in ${spoken(Date.now() - started)}.`);
    },
  }).catch((error) => {
    if (failed === undefined) throw error;
    return undefined;
  });
  return folder ?? giveUp(failed ?? "");
}
