/**
 * What the hooks ask the nodes, through the Talos provider and with the cluster's own credentials. Hooks never run in a
 * preview, so none of this ever does: health as a data source blocked plans and destroys (terraform-provider-talos#147).
 */
import type * as pulumi from "@pulumi/pulumi";
import * as talos from "@pulumiverse/talos";
import type { NodeConfig } from "../config/types.ts";
import { valueOf, type InProgramContext } from "../hooks/context.ts";
import { diskRefusal, silenceRefusal, type NodeInventory } from "./data-disk.ts";

/** How long a node may take to answer, from a VM that was just started. */
const INSPECTION_TIMEOUT = "10m";
/** How long a cluster may take to become healthy; image pulls are the most of it. */
const HEALTH_TIMEOUT = "15m";

type ClientConfiguration = talos.types.input.machine.GetDisksClientConfiguration;

export class ClusterGates {
  constructor(
    private readonly nodes: NodeConfig[],
    private readonly clientConfiguration: pulumi.Output<ClientConfiguration>,
    private readonly inContext: InProgramContext,
  ) {}

  /** Rejects unless each of these nodes, looked at together, shows exactly one data disk and one OS disk. */
  async passDisks(nodes = this.nodes): Promise<void> {
    const clientConfiguration = (await valueOf(this.clientConfiguration)) as ClientConfiguration;
    const answers = await Promise.allSettled(nodes.map((node) => this.#inventory(node, clientConfiguration)));
    const silent = answers.flatMap((answer, index) =>
      answer.status === "rejected" ? [{ node: nodes[index]!, reason: (answer.reason as Error).message }] : [],
    );
    if (silent.length > 0) throw new Error(silenceRefusal(silent));
    const inventories = answers.flatMap((answer) => (answer.status === "fulfilled" ? [answer.value] : []));
    const refused = diskRefusal(inventories);
    if (refused) throw new Error(refused);
  }

  async #inventory(node: NodeConfig, clientConfiguration: ClientConfiguration): Promise<NodeInventory> {
    const { disks } = await this.inContext(() =>
      talos.machine.getDisks({
        node: node.address,
        endpoint: node.address,
        clientConfiguration,
        timeouts: { read: INSPECTION_TIMEOUT },
      }),
    );
    return { node, disks };
  }

  /** Resolves when etcd, the Kubernetes API and every node are healthy. */
  async passHealth(): Promise<void> {
    const clientConfiguration = (await valueOf(this.clientConfiguration)) as ClientConfiguration;
    const addresses = (role: NodeConfig["role"]) =>
      this.nodes.filter((node) => node.role === role).map((node) => node.address);
    await this.inContext(() =>
      talos.cluster.getHealth({
        clientConfiguration,
        endpoints: addresses("controlplane"),
        controlPlaneNodes: addresses("controlplane"),
        workerNodes: addresses("worker"),
        timeouts: { read: HEALTH_TIMEOUT },
      }),
    );
  }
}
