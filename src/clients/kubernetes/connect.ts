/** The way to Kubernetes from a hook: a kubeconfig fetched when it runs, for the stack's own comes only later. */
import * as talos from "@pulumiverse/talos";
import type { HomelabConfig } from "../../config/types.ts";
import type { InProgramContext } from "../../hooks/context.ts";
import { KubernetesReader } from "./reader.ts";
import type { TalosCredentials } from "../talosctl/talosconfig.ts";

/** One control plane's patience; the next one is asked then. */
const PATIENCE = "20s";

/** Connects at the first call; a connection that was made once is kept. */
export function kubernetesOf(
  { nodes, upgrade }: Pick<HomelabConfig, "nodes" | "upgrade">,
  clientConfiguration: TalosCredentials,
  inContext: InProgramContext,
): () => Promise<KubernetesReader> {
  const controlPlanes = nodes.filter(({ role }) => role === "controlplane");
  let connection: Promise<KubernetesReader> | undefined;

  const connect = async (): Promise<KubernetesReader> => {
    const refused: string[] = [];
    for (const { name, address } of controlPlanes) {
      try {
        const { kubeconfigRaw } = await inContext(() =>
          talos.cluster.getKubeconfig({
            node: address,
            endpoint: upgrade.talosEndpoint ?? address,
            clientConfiguration,
            timeouts: { read: PATIENCE },
          }),
        );
        return await KubernetesReader.connect(kubeconfigRaw, upgrade.kubernetesEndpoint);
      } catch (error) {
        refused.push(`${name}: ${(error as Error).message}`);
      }
    }
    throw new Error(`no control plane gives a kubeconfig: ${refused.join("; ")}`);
  };

  return async () => {
    connection ??= connect();
    try {
      return await connection;
    } catch (error) {
      connection = undefined;
      throw error;
    }
  };
}
