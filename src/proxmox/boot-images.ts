import * as proxmoxve from "@muhlba91/pulumi-proxmoxve";
import * as pulumi from "@pulumi/pulumi";
import { formerParent } from "../hooks/former-parent.ts";
import type { ImageSchematic } from "../talos/image-schematic.ts";
import { bootImageFileName, bootImageUrl } from "../talos/schematic.ts";
import type { ProxmoxGate } from "./proxmox-gate.ts";

export interface BootImagesArgs {
  /** Proxmox nodes, each of which downloads the image for itself. */
  hosts: ReadonlySet<string>;
  /** Datastore that allows content type `import`. */
  datastore: string;
  /** What the image is made of; it must exist at the factory first. */
  schematic: ImageSchematic;
  /** With the leading `v`. */
  talosVersion: string;
  gate: ProxmoxGate;
}

/**
 * The Talos disk image of one schematic and version on every host: downloaded once, imported by each VM there.
 *
 * @returns By host: the volume id that a VM's disk imports from, e.g. `local:import/talos-….qcow2`.
 */
export function bootImages(
  name: string,
  { hosts, datastore, schematic, talosVersion, gate }: BootImagesArgs,
  { parent, provider }: { parent: pulumi.Resource; provider: proxmoxve.Provider },
): Map<string, pulumi.Output<string>> {
  const beforeImage = [
    new pulumi.ResourceHook(`${name}-image-gate`, () => gate.beforeImage()),
    new pulumi.ResourceHook(`${name}-image-schematic`, () => schematic.confirm()),
  ];
  const id = schematic.schematicId;
  const image = (host: string) =>
    new proxmoxve.download.File(
      `${name}-image-${host}-file`,
      {
        nodeName: host,
        datastoreId: datastore,
        contentType: "import",
        fileName: bootImageFileName(id, talosVersion),
        url: bootImageUrl(id, talosVersion),
        // `true` would replace the file whenever its size drifts, and the VMs with it.
        overwrite: false,
        // The name holds schematic and version, so a file that is there already (a lost reply, another environment on the
        // same host) is the same image, and no machine needs it any more once its disk was made.
        overwriteUnmanaged: true,
      },
      {
        parent,
        provider,
        dependsOn: [schematic.schematic],
        aliases: [formerParent(parent, "homelab:proxmox:BootImage", `${name}-image-${host}`)],
        hooks: { beforeCreate: beforeImage },
      },
    );
  return new Map([...hosts].map((host) => [host, image(host).id]));
}
