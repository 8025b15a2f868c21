import { homedir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { ensurePackages } from "./packages.mjs";
import { readPins } from "./pins.mjs";
import { Problem, messageOf } from "./problem.mjs";
import { reachable } from "./run.mjs";
import { cacheFolder, readArguments, readWay, toolchainFile } from "./settings.mjs";

/** @typedef {import("./settings.mjs").Context} Context */

/**
 * Makes sure of everything. The npm packages come first and need none of themselves: what follows is loaded when they are there.
 * @param {Context} context
 * @param {{ talosctl?: boolean }} [wanted] talosctl is left out unless asked for: only rehearsed upgrades need it
 */
export async function bootstrap(context, wanted = {}) {
  await ensurePackages(context);
  const { ensureTools } = await import("./tools/index.mjs");
  return ensureTools(context, wanted);
}

/**
 * The command. An anticipated failure is a message and exit code 1; anything else is a bug, and shows where.
 * @param {string[]} args
 */
export async function main(args) {
  try {
    const { quiet, talosctl, packages } = readArguments(args);
    const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..", "..");
    /** @type {Context} */
    const context = {
      root,
      env: process.env,
      home: homedir(),
      way: readWay(process.env.HOMELAB_TOOLCHAIN),
      cache: cacheFolder(process.env, homedir()),
      pins: readPins(root),
      // On stderr: what a command prints on stdout may be read by a program.
      say: (line) => void process.stderr.write(`${line}\n`),
      reachable,
    };
    // Types, lint and what is generated need nothing else.
    if (packages) return await ensurePackages(context);
    const { toolchain, news } = await bootstrap(context, { talosctl });
    if (news || !quiet) {
      const plugin = `Proxmox plugin: ${toolchain.proxmoxPlugin}`;
      console.error(`Ready: Pulumi ${toolchain.pulumiVersion} (${toolchain.pulumi}), ${plugin}.`);
      if (!quiet) console.error(`All of it is in ${path.relative(process.cwd(), toolchainFile(root))}.`);
    }
  } catch (error) {
    if (!(error instanceof Problem) && !isForeseen(error)) throw error;
    console.error(`\nbootstrap: ${messageOf(error)}`);
    process.exit(1); // at once: a name that is still being resolved would hold it up
  }
}

/**
 * A full disk and the like: the system's message names the file and the reason, and a stack trace adds nothing.
 * @param {unknown} error
 */
function isForeseen(error) {
  const { code, path: file } = /** @type {NodeJS.ErrnoException} */ (error ?? {});
  return (
    file !== undefined && ["ENOSPC", "EACCES", "EPERM", "EROFS", "EDQUOT", "ENOTDIR"].includes(code ?? "")
  );
}
