import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { coerce, major } from "semver";
import { cached } from "./cache.mjs";
import { downloaded } from "./download.mjs";
import { findTool } from "./find.mjs";
import { findOnPath, machineKind, program, sourceKey } from "../files.mjs";
import { goBuild } from "./go.mjs";
import { Problem } from "../problem.mjs";
import { removeAtExit, run } from "../run.mjs";
import { pulumiEnvironment, sealed } from "../sealed.mjs";

/** @typedef {import("../settings.mjs").Context} Context */

/**
 * @typedef {object} Cli
 * @property {string} path
 * @property {string} version without a v
 */

const kind = "pulumi-cli";
// The Automation API's PulumiCommand.get({ root }) looks in root/bin, so that is where a build goes too.
const binary = path.join("bin", program("pulumi"));

/** @param {string} root */
const sources = (root) => path.join(root, "tools", "pulumi-cli");

/** @param {string} version */
const ldflags = (version) => `-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v${version}`;

/** @param {Context} context */
export function buildKey({ root, pins }) {
  return `v${pins.pulumi}-build-${sourceKey(sources(root), ldflags(pins.pulumi))}-${machineKind}`;
}

/** @param {Context} context */
const downloadKey = ({ pins }) => `v${pins.pulumi}-download-${machineKind}`;

/**
 * What a CLI says its version is; undefined when it does not say. It is asked as a rehearsal runs it, with a user folder of our own: a
 * shim of asdf or mise finds its program only below the person's, and would fail there.
 * @param {string} cli
 * @param {Record<string, string | undefined>} env
 */
export const versionOf = (cli, env) => told(cli, (home) => sealed(env, home));

/**
 * @param {string} cli
 * @param {(own: string) => Record<string, string | undefined>} environment by a folder of our own; its Pulumi home is never the person's
 */
async function told(cli, environment) {
  const own = mkdtempSync(path.join(tmpdir(), "homelab-home-"));
  const done = removeAtExit(own);
  try {
    const env = pulumiEnvironment(environment(own), path.join(own, ".pulumi"));
    const said = await run(cli, ["version"], { env, timeout: 30_000, cwd: own });
    return said.code === 0 ? said.stdout.trim().replace(/^v/, "") : undefined;
  } finally {
    rmSync(own, { recursive: true, force: true });
    done();
  }
}

/**
 * Why a CLI did not say its version.
 * @param {string} cli
 * @param {Record<string, string | undefined>} env
 */
async function whySilent(cli, env) {
  return (await told(cli, () => env)) === undefined
    ? "does not tell its version"
    : "works with your own HOME only, as a shim of asdf or mise does, and a rehearsal has another";
}

/**
 * Finds a Pulumi CLI in the order of HOMELAB_TOOLCHAIN's way, or gets one.
 * @param {Context} context
 * @returns {Promise<Cli>}
 */
export async function ensurePulumi(context) {
  const { pins } = context;
  const files = [binary];
  const found = await findTool(context, {
    kind,
    downloaded: { key: downloadKey(context), files },
    built: { key: buildKey(context), files },
    installed: () => onPath(context),
    download: () => download(context),
    build: () => build(context),
    of: (folder) => ({ path: path.join(folder, binary), version: pins.pulumi }),
  });
  if (found) return found;
  throw new Problem(
    `There is no Pulumi CLI ${pins.pulumi} or newer on PATH, and HOMELAB_TOOLCHAIN=path asks for no other.`,
    "Install one (https://www.pulumi.com/docs/install/), or leave HOMELAB_TOOLCHAIN unset.",
  );
}

/**
 * Whether a Pulumi CLI works with this project: at least the pinned version, and of the same major one.
 * @param {string} version
 * @param {string} pinned
 */
export function isUsablePulumi(version, pinned) {
  const [have, want] = [coerce(version), coerce(pinned)];
  return have !== null && want !== null && have.major === want.major && have.compare(want) >= 0;
}

/**
 * @param {Context} context
 * @returns {Promise<Cli | undefined>}
 */
async function onPath({ env, pins, say, way }) {
  const cli = findOnPath("pulumi", env);
  if (!cli) return undefined;
  const version = await versionOf(cli, env);
  if (version !== undefined && isUsablePulumi(version, pins.pulumi)) return { path: cli, version };
  const range = `${pins.pulumi} or newer (and older than ${major(pins.pulumi) + 1})`;
  const why = version === undefined ? await whySilent(cli, env) : `is ${version}`;
  if (way === "path") {
    throw new Problem(
      `The Pulumi CLI on PATH, ${cli}, ${why}; ${range} is needed.`,
      "Upgrade it (https://www.pulumi.com/docs/install/), or leave HOMELAB_TOOLCHAIN unset.",
    );
  }
  say(`The Pulumi CLI on PATH, ${cli}, ${why}; ${range} is needed, so another one is used.`);
  return undefined;
}

/** @param {Context} context */
function download(context) {
  return downloaded(context, {
    tool: "pulumi",
    what: "The Pulumi CLI",
    size: "about 100 MB",
    remedy:
      "Check the network, or install it yourself (https://www.pulumi.com/docs/install/), or set HOMELAB_TOOLCHAIN=build.",
    kind,
    key: downloadKey(context),
    program: binary,
  });
}

/** @param {Context} context */
function build(context) {
  const { root, env, pins } = context;
  const what = `the Pulumi CLI ${pins.pulumi}`;
  return cached(context, {
    kind,
    key: buildKey(context),
    files: [binary],
    doing: `building ${what}`,
    make: async (draft) => {
      const out = path.join(draft, binary);
      await goBuild(context, {
        folder: sources(root),
        package: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
        out,
        what,
        usually: "3 to 4 minutes on two cores",
        ldflags: ldflags(pins.pulumi),
      });
      const version = await versionOf(out, env);
      if (version !== pins.pulumi)
        throw new Problem(`${what} was built but says that it is ${version ?? "nothing"}.`);
    },
  });
}
