/**
 * Asks the nodes whether etcd runs, through the Talos provider and nothing else: a program of one call, previewed in a project of
 * its own that is thrown away. Nothing is created, and the user's stack is not involved.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { LocalWorkspace, type PulumiCommand } from "@pulumi/pulumi/automation/index.js";
import * as talos from "@pulumiverse/talos";

/** How long the cluster may take to look healthy; it was made a while ago, if it was. */
const PATIENCE = "2m";

export interface LookOptions {
  pulumiCommand?: PulumiCommand;
  pulumiHome?: string;
  envVars?: Record<string, string>;
}

export interface Credentials {
  caCertificate: string;
  clientCertificate: string;
  clientKey: string;
}

/** Undefined when etcd runs and all of the control planes are its members; else why that cannot be said. */
export async function etcdProblem(
  controlPlaneNodes: string[],
  clientConfiguration: Credentials,
  { pulumiCommand, pulumiHome, envVars = {} }: LookOptions,
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
      { stackName: "look", projectName: "homelab-look", program },
      {
        workDir: folder,
        ...(pulumiCommand && { pulumiCommand }),
        ...(pulumiHome && { pulumiHome }),
        projectSettings: {
          name: "homelab-look",
          runtime: "nodejs",
          main: folder,
          backend: { url: pathToFileURL(folder).href },
        },
        envVars: { ...envVars, PULUMI_CONFIG_PASSPHRASE: "look" },
      },
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
