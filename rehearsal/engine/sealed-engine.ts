/**
 * Every engine that this project starts by itself, shut off from whatever its person has: its own backend, home, passphrase and user
 * folder, and of the environment only what a program needs to run at all. With PULUMI_BACKEND_URL exported, as everybody has it who
 * keeps states in S3 or Pulumi Cloud, a rehearsal once wrote its simulated homelab into the real state.
 */
import { mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { PulumiCommand, type LocalWorkspaceOptions } from "@pulumi/pulumi/automation/index.js";
import * as settings from "@pulumi/pulumi/runtime/settings.js";
import { SemVer } from "semver";
import { sealedEnvironment } from "../sealed-environment.ts";

/** An engine of our own: nothing of this is taken from the environment. */
export interface SealedEngine {
  /** Absolute path of the Pulumi CLI. */
  pulumi: string;
  pulumiVersion: string;
  /** Where the CLI finds its plugins and keeps its accounts. */
  pulumiHome: string;
  project: string;
  /** Folder of the project and stack files; its user folder lies in it, too. */
  workDir: string;
  /** Folder that keeps the states. */
  backend: string;
  passphrase: string;
  /** Value of PULUMI_DEBUG_PROVIDERS: provider servers instead of plugins. */
  attach?: string | undefined;
}

/** What an engine is given to open a stack of its own. */
export function sealedWorkspace(engine: SealedEngine): LocalWorkspaceOptions {
  callLoopbackDirectly();
  keepConnectionsApart();
  keepNoStacks();
  const { project, workDir, pulumiHome } = engine;
  return {
    workDir,
    pulumiHome,
    pulumiCommand: sealedCommand(engine),
    projectSettings: {
      name: project,
      runtime: "nodejs",
      main: workDir,
      backend: { url: pathToFileURL(engine.backend).href },
    },
    envVars: ownVariables(engine),
  };
}

/** The variables that bind an engine to its own backend: they stand before a project's file and an account in PULUMI_HOME. */
export function ownVariables({
  pulumiHome,
  backend,
  passphrase,
  attach,
}: Pick<SealedEngine, "pulumiHome" | "backend" | "passphrase" | "attach">): Record<string, string> {
  return {
    PULUMI_HOME: pulumiHome,
    PULUMI_BACKEND_URL: pathToFileURL(backend).href,
    PULUMI_CONFIG_PASSPHRASE: passphrase,
    ...(attach !== undefined && { PULUMI_DEBUG_PROVIDERS: attach }),
    PULUMI_SKIP_UPDATE_CHECK: "true",
    // The CLI and its plugins live for seconds, a fifth of which they would collect garbage.
    GOGC: "300",
    // A plugin that happens to lie on PATH is not the pinned one.
    PULUMI_IGNORE_AMBIENT_PLUGINS: "true",
    // Plugins are attached or installed by the bootstrap; a missing one is an error, not a download.
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
  };
}

/**
 * The program runs in this process and speaks gRPC with the engine on loopback, which grpc-js would take to the person's proxy
 * (grpc-node packages/grpc-js/src/http_proxy.ts).
 */
function callLoopbackDirectly(): void {
  const direct = ["127.0.0.1", "localhost", process.env["no_grpc_proxy"] ?? process.env["no_proxy"]];
  process.env["no_grpc_proxy"] = [...new Set(direct.filter(Boolean).join(",").split(","))].join(",");
}

/**
 * Engines come and go in this process, on ports that are given out again. By default grpc-js shares what it knows of an address: a client
 * that a failed run left has found nobody there, and for up to two minutes a new engine on that port would not be called at all
 * (grpc-node packages/grpc-js/src/subchannel-pool.ts). The SDK has no other way to set this than the options that all its clients share.
 */
function keepConnectionsApart(): void {
  const options = (settings as unknown as { grpcClientOptions: Record<string, unknown> }).grpcClientOptions;
  options["grpc.use_local_subchannel_pool"] = 1;
}

interface Debuggable {
  debuggablePromise: ((...of: unknown[]) => unknown) & { withoutStack?: true };
}

/**
 * The SDK keeps the stack of every promise that it makes, thousands in a run (sdk/nodejs/runtime/debuggable.ts), and nobody reads them.
 * Where each frame is looked up in source maps, as under tsx and the runner of the tests, that is a quarter of a run.
 */
function keepNoStacks(): void {
  const debuggable = createRequire(import.meta.url)("@pulumi/pulumi/runtime/debuggable.js") as Debuggable;
  const plain = debuggable.debuggablePromise;
  if (plain.withoutStack) return;
  const withoutStack = (...of: unknown[]) => {
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = 0;
    try {
      return plain(...of);
    } finally {
      Error.stackTraceLimit = limit;
    }
  };
  debuggable.debuggablePromise = Object.assign(withoutStack, { withoutStack: true as const });
}

const homes = new WeakMap<PulumiCommand, string>();

/** For who starts the CLI itself: what the CLI of that workspace may know, or the person's own environment where it is their own CLI. */
export function environmentOf(command: PulumiCommand): NodeJS.ProcessEnv {
  const home = homes.get(command);
  return home === undefined ? process.env : sealedEnvironment(home);
}

type Run = (
  args: string[],
  cwd: string,
  variables: Record<string, string | undefined>,
  ...rest: unknown[]
) => Promise<unknown>;

/**
 * The CLI, called by the Automation API. That adds to the whole environment of this process; a variable with the value undefined is
 * not handed on by Node, which is how the rest is taken away.
 */
function sealedCommand({ pulumi, pulumiVersion, workDir }: SealedEngine): PulumiCommand {
  const home = join(workDir, "home");
  const command = commandAt(pulumi, pulumiVersion) as PulumiCommand & { run: Run };
  const plain = (PulumiCommand.prototype as PulumiCommand & { run: Run }).run;
  const run: Run = (args, cwd, variables, ...rest) => {
    mkdirSync(home, { recursive: true, mode: 0o700 });
    const sealed = sealedEnvironment(home);
    const withheld = Object.keys(process.env).filter((name) => !(name in sealed));
    const taken = Object.fromEntries(withheld.map((name) => [name, undefined]));
    return plain.call(command, args, cwd, { ...taken, ...sealed, ...variables }, ...rest);
  };
  homes.set(command, home);
  return Object.assign(command, { run });
}

/**
 * A CLI wherever it lies, of a version that is known. The constructor is private, `PulumiCommand.get({ root })` takes `bin/pulumi` below
 * a folder alone, and without it the one on PATH; both ask it for its version, unsealed.
 */
export function commandAt(pulumi: string, pulumiVersion: string): PulumiCommand {
  const command = Object.create(PulumiCommand.prototype) as PulumiCommand;
  return Object.assign(command, { command: pulumi, version: new SemVer(pulumiVersion) });
}
