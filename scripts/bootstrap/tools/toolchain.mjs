import { existsSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { findOnPath, readJson } from "../files.mjs";
import { Problem } from "../problem.mjs";
import { toolchainFile } from "../settings.mjs";
import { refuseForeign } from "./ours.mjs";

/** @typedef {import("../settings.mjs").Context} Context */

const text = z.string().min(1);

/** What .rehearsal/toolchain.json says; the rehearsal and the engine tests run with this. */
const toolchainSchema = z.object({
  /** Absolute path of the Pulumi CLI. */
  pulumi: text,
  /** Without a v. */
  pulumiVersion: text,
  /** For PULUMI_HOME: it holds the Proxmox plugin. */
  pulumiHome: text,
  proxmoxPlugin: z.enum(["published", "own build"]),
  proxmoxPluginPath: text,
  /** Absolute path of our program over Talos's machinery library. */
  talosHelper: text,
  /** Absolute path; only when it was asked for. */
  talosctl: text.optional(),
  cache: text,
  /** Of everything that the choice depended on. */
  fingerprint: text,
  /** What the programs looked like when they were last checked. */
  files: z.record(z.string(), z.string()),
});

/** @typedef {z.output<typeof toolchainSchema>} Toolchain */

/**
 * The toolchain of the last bootstrap, for those who run with it.
 * @param {Pick<Context, "root" | "home" | "env">} context
 * @returns {Toolchain}
 */
export function readToolchain(context) {
  const file = toolchainFile(context.root);
  const known = recordedToolchain(context);
  if (known) return known;
  const why = existsSync(file) ? `${file} is damaged` : "The Pulumi CLI and its plugins are not set up yet";
  throw new Problem(`${why}: run \`npm run bootstrap\` first.`);
}

/**
 * What the last bootstrap recorded; undefined when there is no such record, or none that is whole. It names programs that will be
 * run: neither it nor they may be somebody else's. What PATH names is the user's own choice.
 * @param {Pick<Context, "root" | "home" | "env">} context
 * @returns {Toolchain | undefined}
 */
export function recordedToolchain({ root, home, env }) {
  const file = toolchainFile(root);
  const known = toolchainSchema.safeParse(readJson(file)).data;
  if (!known) return undefined;
  const remedy = "Remove it, then run `npm run bootstrap`.";
  refuseForeign(file, home, "The record of the toolchain,", remedy);
  for (const program of programsOf(known)) {
    if (program !== findOnPath(path.parse(program).name, env))
      refuseForeign(program, home, "The program", remedy);
  }
  return known;
}

/** @param {Omit<Toolchain, "cache" | "fingerprint" | "files">} toolchain */
export function programsOf({ pulumi, proxmoxPluginPath, talosHelper, talosctl }) {
  return [pulumi, proxmoxPluginPath, talosHelper, talosctl].filter((file) => file !== undefined);
}
