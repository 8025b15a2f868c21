import * as proxmoxve from "@muhlba91/pulumi-proxmoxve";
import * as pulumi from "@pulumi/pulumi";
import type { ImageSchematic } from "../talos/image-schematic.ts";
import type { ProxmoxGate } from "./proxmox-gate.ts";
import { bootImageFileName, bootImageUrl } from "../talos/schematic.ts";

export interface BootImageArgs {
  /** Proxmox node that downloads the image. */
  host: string;
  /** Datastore that allows content type `import`. */
  datastore: string;
  /** What the image is made of; it must exist at the factory first. */
  schematic: ImageSchematic;
  /** With the leading `v`. */
  talosVersion: string;
  gate: ProxmoxGate;
}

/** The Talos disk image of one schematic and version on one host: downloaded once, imported by every VM there. */
export class BootImage extends pulumi.ComponentResource {
  /** Volume id that a VM's disk imports from, e.g. `local:import/talos-….qcow2`. */
  readonly volumeId: pulumi.Output<string>;

  constructor(name: string, args: BootImageArgs, opts?: pulumi.ComponentResourceOptions) {
    super("homelab:proxmox:BootImage", name, {}, opts);

    const id = args.schematic.schematicId;
    const file = new proxmoxve.download.File(
      `${name}-file`,
      {
        nodeName: args.host,
        datastoreId: args.datastore,
        contentType: "import",
        fileName: bootImageFileName(id, args.talosVersion),
        url: bootImageUrl(id, args.talosVersion),
        // `true` would replace the file whenever its size drifts, and the VMs with it.
        overwrite: false,
        // The name holds schematic and version, so a file that is there already (a lost reply, another environment on the
        // same host) is the same image, and no machine needs it any more once its disk was made.
        overwriteUnmanaged: true,
      },
      {
        parent: this,
        dependsOn: [args.schematic.schematic],
        hooks: { beforeCreate: [() => args.gate.beforeImage(), () => args.schematic.confirm()] },
      },
    );

    this.volumeId = file.id;
    this.registerOutputs({ volumeId: this.volumeId });
  }
}
