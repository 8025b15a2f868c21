import { entryFolder, isComplete } from "./cache.mjs";

/** @typedef {import("../settings.mjs").Context} Context */
/** @typedef {import("../settings.mjs").Way} Way */
/** @typedef {"path" | "cached download" | "cached build" | "download" | "build"} Source */

/**
 * Where to look for a tool, in order; the first place that has it wins. "path" means: what the person installed.
 * @param {Way} way
 * @returns {Source[]}
 */
export function sourcesOf(way) {
  switch (way) {
    case "path":
      return ["path"];
    case "download":
      return ["cached download", "download"];
    case "build":
      return ["cached build", "build"];
    case "auto":
      return ["path", "cached download", "cached build", "download", "build"];
  }
}

/**
 * Finds a tool in the order of HOMELAB_TOOLCHAIN's way, or gets it.
 * @template Tool
 * @param {Context} context
 * @param {object} tool
 * @param {string} tool.kind of its entries in the cache
 * @param {{ key: string, files: string[] }} tool.downloaded its entry when it was downloaded, and what must be in that
 * @param {{ key: string, files: string[] }} tool.built its entry when it was built
 * @param {() => Promise<Tool | undefined>} tool.installed what the person has, if it will do
 * @param {() => Promise<string | undefined>} tool.download the entry's folder; undefined when it cannot be had and another way is left
 * @param {() => Promise<string>} tool.build the entry's folder
 * @param {(folder: string, how: "download" | "build") => Tool} tool.of the tool in a folder of the cache
 * @returns {Promise<Tool | undefined>} undefined when only what is installed was asked for, and is not there
 */
export async function findTool({ way, cache }, { kind, downloaded, built, installed, download, build, of }) {
  /** @param {{ key: string, files: string[] }} entry */
  const kept = ({ key, files }) => {
    const folder = entryFolder(cache, kind, key);
    return isComplete(folder, files) ? folder : undefined;
  };
  for (const source of sourcesOf(way)) {
    if (source === "path") {
      const found = await installed();
      if (found) return found;
      continue;
    }
    const folder = {
      "cached download": () => kept(downloaded),
      "cached build": () => kept(built),
      download,
      build,
    }[source];
    const found = await folder();
    if (found !== undefined) return of(found, source.endsWith("download") ? "download" : "build");
  }
  return undefined;
}
