/**
 * Stand-in for `talosctl upgrade-k8s`, run by the wrapper: the same flags, credentials, output and exit code. What it asks for is done
 * by the world, through the simulated Kubernetes API (rehearsal/api/kubernetes/upgrade.ts).
 */
import { readFile } from "node:fs/promises";
import { request } from "node:https";
import { homedir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { parse } from "yaml";
import { UPGRADE_PATH } from "../api/kubernetes/upgrade-path.ts";
import { isTrue, parseFlags, UsageError, usage, type Given } from "./flags.ts";

interface Login {
  crt: string;
  key: string;
}

export interface Terminal {
  out(line: string): void;
  err(line: string): void;
}

/** @returns The exit code. */
export async function main(words: string[], terminal: Terminal): Promise<number> {
  if (words.includes("--help") || words.includes("-h")) {
    terminal.out(usage());
    return 0;
  }
  try {
    const given = parseFlags(words);
    const login = await readLogin(given);
    await upgrade(given, login, terminal);
    return 0;
  } catch (error) {
    terminal.err(error instanceof Error ? error.message : String(error));
    if (error instanceof UsageError) terminal.err(`\n${usage()}`);
    return 1;
  }
}

/** The credentials of the talosconfig's context, and the checks that the real program makes before it calls anybody. */
async function readLogin(given: Given): Promise<Login> {
  const file = given.talosconfig ?? process.env["TALOSCONFIG"] ?? join(homedir(), ".talos", "config");
  const text = await readFile(file, "utf8").catch(() => "");
  const config = (parse(text) ?? {}) as {
    context?: string;
    contexts?: Record<string, { endpoints?: string[]; nodes?: string[]; crt?: string; key?: string }>;
  };
  const name = given.context ?? config.context ?? "";
  const context = config.contexts?.[name];
  if (given.context !== undefined && !context)
    throw new Error(`context "${name}" is not defined in "${file}"`);
  const endpoints = list(given.endpoints) ?? context?.endpoints ?? [];
  if (endpoints.length === 0) throw new Error("error constructing client: failed to determine endpoints");
  const nodes = list(given.nodes) ?? context?.nodes ?? [];
  if (nodes.length > 1) throw new UsageError('command "upgrade-k8s" is not supported with multiple nodes');
  if (!context?.crt || !context.key)
    throw new Error("error constructing client: failed to find any PEM data in certificate input");
  return { crt: pem(context.crt), key: pem(context.key).replaceAll("ED25519 PRIVATE KEY", "PRIVATE KEY") };
}

function upgrade(given: Given, { crt, key }: Login, terminal: Terminal): Promise<void> {
  const { endpoint } = given;
  const detecting = given.from === undefined ? "error detecting the lowest Kubernetes version " : "";
  if (!endpoint) {
    throw new Error(
      `${detecting}error building kubernetes client: a rehearsal's cluster is reached by --endpoint only`,
    );
  }
  const body = JSON.stringify({
    ...(given.from === undefined ? {} : { from: given.from }),
    to: given.to,
    dryRun: isTrue(given["dry-run"]),
    prePullImages: isTrue(given["pre-pull-images"]),
    upgradeKubelet: isTrue(given["upgrade-kubelet"]),
    images: {
      kubelet: given["kubelet-image"],
      apiServer: given["apiserver-image"],
      controllerManager: given["controller-manager-image"],
      scheduler: given["scheduler-image"],
      proxy: given["proxy-image"],
    },
  });
  return new Promise((resolve, reject) => {
    const url = new URL(UPGRADE_PATH, endpoint);
    const unreachable = (why: string) =>
      new Error(`${detecting}Get "${new URL("/api/v1/namespaces/kube-system/pods", endpoint).href}": ${why}`);
    // The server's authority is not in a talosconfig: the real program gets it from the node with the kubeconfig.
    const options = { method: "POST", cert: crt, key, rejectUnauthorized: false };
    const call = request(url, options, (response) => {
      if (response.statusCode !== 200) {
        response.resume();
        const why =
          response.statusCode === 401
            ? "tls: unknown certificate authority"
            : `answered ${response.statusCode}`;
        return reject(unreachable(why));
      }
      let ended = false;
      createInterface({ input: response })
        .on("error", (error: Error) => reject(unreachable(error.message)))
        .on("line", (text) => {
          const message = JSON.parse(text) as { line?: string; end?: string | null };
          if (message.line !== undefined) terminal.out(message.line);
          if (message.end === undefined) return;
          ended = true;
          if (message.end === null) resolve();
          else reject(new Error(message.end));
        })
        .on("close", () => {
          if (!ended) reject(unreachable("unexpected EOF"));
        });
    });
    call.on("error", (error) => reject(unreachable(error.message)));
    call.end(body);
  });
}

function list(text: string | undefined): string[] | undefined {
  return text?.split(",").filter(Boolean);
}

function pem(base64: string): string {
  return Buffer.from(base64, "base64").toString("utf8");
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  process.exitCode = await main(process.argv.slice(2), {
    out: (line) => void process.stdout.write(`${line}\n`),
    err: (line) => void process.stderr.write(`${line}\n`),
  });
}
