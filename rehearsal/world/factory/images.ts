/**
 * The image factory, factory.talos.dev: it remembers schematics by the hash of their canonical form, and serves boot
 * images for the ones it remembers. Errors as its HTTP frontend answers them: 404 for what it does not know, 400 for
 * what it cannot build [image-factory: internal/frontend/http/http.go].
 */
import { createHash } from "node:crypto";
import { stringify } from "yaml";
import { OFFICIAL_EXTENSIONS } from "../../../src/config/extensions.ts";
import { parseSchematic, type Schematic } from "./schematic.ts";
import type { TalosImage } from "./state.ts";
import type { World } from "../kernel/world.ts";
import { MiB } from "../kernel/units.ts";

/** Versions that images exist for: the releases of the minors that this project and its predecessors run. */
export const TALOS_VERSIONS: readonly string[] = [
  ...releases("v1.9", 6),
  ...releases("v1.10", 9),
  ...releases("v1.11", 6),
  ...releases("v1.12", 9),
];

/** Size of the disk in the image by platform [talos: pkg/imager/profile/default.go, MinRAWDiskSize]. */
const VIRTUAL_BYTES: Record<string, number> = {
  nocloud: 1246 * MiB,
  metal: 1246 * MiB,
  openstack: 1246 * MiB,
};

/** Data in an uncompressed image: kernel, initramfs and boot loader, and each extension (round figures). */
const BASE_BYTES = 400 * MiB;
const EXTENSION_BYTES = 8 * MiB;

/** What an image address leads to. */
export interface FactoryImage {
  image: TalosImage;
  /** `qcow2`, `raw.xz` ... */
  format: string;
  fileName: string;
  sizeBytes: number;
  virtualBytes: number;
}

export class FactoryError extends Error {
  constructor(
    readonly status: 400 | 404,
    message: string,
  ) {
    super(message);
  }
}

/** Canonical form: the factory's Go struct printed by yaml.v3 (4 spaces, its field order, empty parts left out). */
export function canonicalSchematic(schematic: Schematic): string {
  return stringify(schematic, { indent: 4, lineWidth: 0, collectionStyle: "block" }).replace(
    /^customization:\n? *\{\}\n?$/m,
    "customization: {}\n",
  );
}

/** The id a schematic gets, whether registered or not. Throws when the factory would not accept the text. */
export function schematicId(yaml: string): string {
  return createHash("sha256")
    .update(canonicalSchematic(parseSchematic(yaml)))
    .digest("hex");
}

/** POST /schematics. Registering twice is one registration. The extensions' names are not checked before a build. */
export function registerSchematic(world: World, yaml: string): string {
  const schematic = parseSchematic(yaml);
  const canonical = canonicalSchematic(schematic);
  const id = createHash("sha256").update(canonical).digest("hex");
  const { schematics } = (world.state.factory ??= { schematics: {} });
  schematics[id] = {
    yaml: canonical,
    extensions: schematic.customization.systemExtensions?.officialExtensions ?? [],
  };
  return id;
}

/** Extensions of a schematic that the factory knows; undefined when it does not know it. */
export function extensionsOf(world: World, id: string): string[] | undefined {
  return world.state.factory?.schematics[id]?.extensions;
}

/** What an image or installer of that schematic and version holds. Throws FactoryError when there is none. */
export function buildImage(world: World, id: string, version: string, platform: string): TalosImage {
  const extensions = extensionsOf(world, id);
  if (!extensions) throw new FactoryError(404, `schematic "${id}" is not known to the image factory`);
  if (!TALOS_VERSIONS.includes(version)) {
    throw new FactoryError(404, `there is no Talos ${version} at the image factory`);
  }
  const unknown = extensions.find((name) => !OFFICIAL_EXTENSIONS.includes(name));
  if (unknown) {
    throw new FactoryError(
      400,
      `official extension "${unknown}" is not available for Talos version ${version}`,
    );
  }
  return { schematicId: id, version, platform, extensions };
}

const IMAGE_PATH =
  /^\/image\/([0-9a-f]+)\/(v[^/]+)\/([a-z]+)-(amd64|arm64)\.(qcow2|raw|raw\.xz|raw\.gz|raw\.zst|iso|vhd|ova)$/;

/** GET of a boot image by its address. Throws FactoryError as the server would answer. */
export function findImage(world: World, address: string): FactoryImage {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  const match = url?.hostname === "factory.talos.dev" ? IMAGE_PATH.exec(url.pathname) : null;
  if (!match) throw new FactoryError(404, `nothing is served at ${address}`);
  const [, id, version, platform, arch, format] = match as unknown as [
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  const virtualBytes = VIRTUAL_BYTES[platform];
  if (virtualBytes === undefined) throw new FactoryError(404, `no images of platform "${platform}" here`);
  const image = buildImage(world, id, version, platform);
  if (arch === "arm64") image.arch = "arm64";
  const data = BASE_BYTES + image.extensions.length * EXTENSION_BYTES;
  const sizeBytes = format === "raw" ? virtualBytes : format === "qcow2" ? data : Math.round(data / 3);
  return { image, format, fileName: url!.pathname.split("/").at(-1)!, sizeBytes, virtualBytes };
}

function releases(minor: string, last: number): string[] {
  return Array.from({ length: last + 1 }, (_, patch) => `${minor}.${patch}`);
}
