import * as proxmoxve from "@muhlba91/pulumi-proxmoxve";
import * as pulumi from "@pulumi/pulumi";
import { proxmoxClient } from "../clients/proxmox/client.ts";
import type { HomelabConfig } from "../config/types.ts";
import { programContext, valueOf } from "../hooks/context.ts";
import { madeIn } from "../plan/made.ts";
import { ownState } from "../plan/own-state.ts";
import type { ImageSchematic } from "../talos/image-schematic.ts";
import { BootImage } from "./boot-image.ts";
import { Machine } from "./machine.ts";
import { ProxmoxGate } from "./proxmox-gate.ts";

export interface VirtualizationArgs {
  config: HomelabConfig;
  /** Token of the Proxmox API, `user@realm!name=uuid`. */
  apiToken: pulumi.Input<string>;
  /** What the boot images are made of. */
  image: ImageSchematic;
  /** Names of the nodes whose machine holds nothing yet, and is replaced by whatever changed about it. */
  anew: ReadonlySet<string>;
  /** Names of the nodes whose machine is there and may hold data. */
  standing: ReadonlySet<string>;
}

/** Everything on Proxmox: a boot image on each host in use, and a VM for each node. */
export class Virtualization extends pulumi.ComponentResource {
  /** By node name. */
  readonly machines: Map<string, Machine>;
  /** Passed before anything on Proxmox changes. */
  readonly gate: ProxmoxGate;

  constructor(name: string, args: VirtualizationArgs, opts?: pulumi.ComponentResourceOptions) {
    super("homelab:proxmox:Virtualization", name, {}, opts);
    const { config } = args;
    const { endpoint, insecure } = config.proxmox;

    const provider = new proxmoxve.Provider(
      `${name}-provider`,
      { endpoint, insecure, apiToken: args.apiToken },
      { parent: this },
    );

    const token = pulumi.output(args.apiToken);
    const inContext = programContext();
    const gate = new ProxmoxGate(
      config,
      async () => madeIn(await inContext(ownState)).machines,
      async () => proxmoxClient({ endpoint, insecure, token: await valueOf(token) }),
    );
    this.gate = gate;

    const images = new Map<string, BootImage>();
    for (const host of new Set(config.nodes.map((node) => node.host))) {
      const image = new BootImage(
        `${name}-image-${host}`,
        {
          host,
          datastore: config.proxmox.imageDatastore,
          schematic: args.image,
          talosVersion: config.cluster.talosVersion,
          gate,
        },
        { parent: this, providers: [provider] },
      );
      images.set(host, image);
    }

    this.machines = new Map(
      config.nodes.map((node) => [
        node.name,
        new Machine(
          `${name}-${node.name}`,
          {
            config,
            node,
            image: images.get(node.host)!.volumeId,
            provider,
            gate,
            anew: args.anew.has(node.name),
            standing: args.standing.has(node.name),
          },
          { parent: this },
        ),
      ]),
    );

    this.registerOutputs({});
  }
}
