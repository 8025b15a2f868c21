import * as proxmoxve from "@muhlba91/pulumi-proxmoxve";
import * as pulumi from "@pulumi/pulumi";
import type { HomelabConfig } from "../config/types.ts";
import type { ImageSchematic } from "../talos/image-schematic.ts";
import { BootImage } from "./boot-image.ts";
import { Machine } from "./machine.ts";

export interface VirtualizationArgs {
  config: HomelabConfig;
  /** Token of the Proxmox API, `user@realm!name=uuid`. */
  apiToken: pulumi.Input<string>;
  /** What the boot images are made of. */
  image: ImageSchematic;
  /** Names of the nodes whose machine holds nothing yet, and is replaced by whatever changed about it. */
  anew: ReadonlySet<string>;
}

/** Everything on Proxmox: a boot image on each host in use, and a VM for each node. */
export class Virtualization extends pulumi.ComponentResource {
  /** By node name. */
  readonly machines: Map<string, Machine>;

  constructor(name: string, args: VirtualizationArgs, opts?: pulumi.ComponentResourceOptions) {
    super("homelab:proxmox:Virtualization", name, {}, opts);
    const { config } = args;

    const provider = new proxmoxve.Provider(
      `${name}-provider`,
      { endpoint: config.proxmox.endpoint, insecure: config.proxmox.insecure, apiToken: args.apiToken },
      { parent: this },
    );

    const images = new Map<string, BootImage>();
    for (const host of new Set(config.nodes.map((node) => node.host))) {
      const image = new BootImage(
        `${name}-image-${host}`,
        {
          host,
          datastore: config.proxmox.imageDatastore,
          schematic: args.image,
          talosVersion: config.cluster.talosVersion,
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
            anew: args.anew.has(node.name),
          },
          { parent: this },
        ),
      ]),
    );

    this.registerOutputs({});
  }
}
