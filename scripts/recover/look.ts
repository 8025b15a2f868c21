/**
 * Asks the nodes whether etcd runs, through the Talos provider and nothing else: a program of one call, previewed in a project of
 * its own that is thrown away. Nothing is created, and the user's stack is not involved.
 */
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LocalWorkspace } from "@pulumi/pulumi/automation/index.js";
import * as talos from "@pulumiverse/talos";
import { sealedWorkspace, type SealedEngine } from "../../rehearsal/engine/sealed-engine.ts";

/** How long the cluster may take to look healthy; it was made a while ago, if it was. */
const PATIENCE = "2m";
const PROJECT = "homelab-look";

/** Which CLI looks, and where the plugins of the stack's own engine lie. */
export type LookOptions = Pick<SealedEngine, "pulumi" | "pulumiVersion" | "pulumiHome" | "attach">;

export interface Credentials {
  caCertificate: string;
  clientCertificate: string;
  clientKey: string;
}

/** Undefined when etcd runs and all of the control planes are its members; else why that cannot be said. */
export async function etcdProblem(
  controlPlaneNodes: string[],
  clientConfiguration: Credentials,
  look: LookOptions,
): Promise<string | undefined> {
  const folder = await mkdtemp(join(tmpdir(), "homelab-look-"));
  try {
    const program = async () => {
      await talos.cluster.getHealth({
        clientConfiguration,
        endpoints: controlPlaneNodes,
        controlPlaneNodes,
        workerNodes: [],
        skipKubernetesChecks: true,
        timeouts: { read: PATIENCE },
      });
    };
    const stack = await LocalWorkspace.createStack(
      { stackName: "look", projectName: PROJECT, program },
      sealedWorkspace({
        ...look,
        pulumiHome: await withPluginsOf(look.pulumiHome, join(folder, "pulumi-home")),
        project: PROJECT,
        workDir: folder,
        backend: folder,
        passphrase: PROJECT,
      }),
    );
    await stack.preview();
    return undefined;
  } catch (error) {
    const text = (error as Error).message;
    return /(?:health check failed|error): ([^\n]*)/.exec(text)?.[1] ?? text.split("\n")[0] ?? "unknown";
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A home of its own with the plugins of another: the other one's accounts and notes stay as they are. */
async function withPluginsOf(home: string, own: string): Promise<string> {
  await mkdir(own, { mode: 0o700 });
  const plugins = join(home, "plugins");
  if (existsSync(plugins)) await symlink(plugins, join(own, "plugins"), "dir");
  return own;
}
