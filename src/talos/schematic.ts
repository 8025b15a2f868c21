/**
 * The Image Factory schematic: which extensions the boot image and the installer carry. Talos is immutable, so what
 * Longhorn needs on its hosts must be in the image, and an upgrade with another installer would drop it again. Both
 * images therefore come from this one value.
 */
import { createHash } from "node:crypto";

/** Nocloud, because Proxmox hands static addresses to the guest by a cloud-init drive. */
const PLATFORM = "nocloud";
const FACTORY = "factory.talos.dev";

/**
 * The schematic as the factory writes it down itself: extensions sorted, indented by four spaces, a trailing newline.
 * The factory takes the SHA-256 of exactly these bytes as the schematic's id (siderolabs/image-factory,
 * pkg/schematic).
 */
export function schematicYaml(extensions: readonly string[]): string {
  const sorted = [...new Set(extensions)].sort();
  const lines = ["customization:", "    systemExtensions:", "        officialExtensions:"];
  return [...lines, ...sorted.map((name) => `            - ${name}`), ""].join("\n");
}

/** The id the factory will answer, known before any request, so that a preview already names the real images. */
export function schematicId(extensions: readonly string[]): string {
  return createHash("sha256").update(schematicYaml(extensions)).digest("hex");
}

/** Uncompressed qcow2: Proxmox imports it by its API, with no SSH to the host. */
export function bootImageUrl(id: string, talosVersion: string): string {
  return `https://${FACTORY}/image/${id}/${talosVersion}/${PLATFORM}-amd64.qcow2`;
}

/** Distinct for every image, so that a new version never overwrites the file an older VM record names. */
export function bootImageFileName(id: string, talosVersion: string): string {
  return `talos-${talosVersion}-${id.slice(0, 12)}-${PLATFORM}-amd64.qcow2`;
}

/** Platform installers exist since Talos 1.10; the plain `installer` is the bare-metal one. */
export function installerImage(id: string, talosVersion: string): string {
  return `${FACTORY}/${PLATFORM}-installer/${id}:${talosVersion}`;
}
