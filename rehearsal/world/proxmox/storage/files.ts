/**
 * Files on datastores: what an address leads to, downloads, deletion. Checks and words follow pve-storage
 * (API2/Storage/Status.pm, download_url) and pve-common (Tools.pm, download_file_from_url).
 */
import { FactoryError, findImage, type FactoryImage } from "../../factory/images.ts";
import type { StoredFile } from "../state.ts";
import { compareVersions } from "../../kernel/versions.ts";
import type { World } from "../../kernel/world.ts";
import { DURATIONS } from "../durations.ts";
import { refuse, refuseParameter } from "../errors.ts";
import { allows, findDatastore, findHost } from "../lookup.ts";
import { claimFile } from "./space.ts";
import { STORE_TYPES } from "./types.ts";
import type { Task } from "../task.ts";

export interface UrlMetadata {
  filename: string;
  size: number;
  mimetype: string;
}

/** HEAD of an address, made by the host. */
export function queryUrl(world: World, hostName: string, url: string): UrlMetadata {
  findHost(world, hostName);
  const found = lookUp(world, url);
  if (found instanceof FactoryError) return refuse(`invalid server response: '${statusLine(found)}'`);
  return { filename: found.fileName, size: found.sizeBytes, mimetype: "application/octet-stream" };
}

export interface DownloadRequest {
  content: string;
  fileName: string;
  url: string;
}

/** File names that each content type takes [pve-storage: Storage.pm, ISO_EXT_RE_0 and UPLOAD_IMPORT_EXT_RE_1]. */
const EXTENSIONS: Record<string, RegExp> = {
  import: /^[\w.+=-]+\.(ova|qcow2|raw|vmdk)$/,
  iso: /[^/]\.(iso|img)$/i,
  vztmpl: /[^/]\.(tar\.(gz|xz|zst|bz2))$/,
};

export function download(world: World, hostName: string, storage: string, request: DownloadRequest): Task {
  const host = findHost(world, hostName);
  const datastore = findDatastore(host, storage);
  const { content, fileName, url } = request;
  if (!STORE_TYPES[datastore.type].files)
    refuse(`can't upload to storage type '${datastore.type}', not a file based storage!`);
  if (!allows(datastore, content)) {
    return refuse(`storage '${storage}' is not configured for content-type '${content}'`);
  }
  const extension = EXTENSIONS[content];
  if (!extension)
    refuseParameter(
      "content",
      `value '${content}' does not have a value in the enumeration 'iso, vztmpl, import'`,
    );
  if (!extension.test(fileName) || (content === "import" && !takesDiskImages(world)))
    refuseParameter("filename", "invalid filename or wrong extension");

  const volumeId = `${storage}:${content}/${fileName}`;
  const run = async (): Promise<string[]> => {
    const found = lookUp(world, url);
    if (found instanceof FactoryError) {
      return refuse(`download failed: '${url}': server answered '${statusLine(found)}' (${found.message})`);
    }
    if (datastore.files[volumeId]) refuse(`refusing to override existing file '${fileName}'`);
    claimFile(world, host, datastore, found.sizeBytes);
    const builtBefore = imagesOf(world).some((file) => file.image?.schematicId === found.image.schematicId);
    await world.clock.sleep(
      (builtBefore ? 0 : DURATIONS.factoryBuild) + found.sizeBytes / DURATIONS.downloadRate,
    );
    if (datastore.files[volumeId]) refuse(`refusing to override existing file '${fileName}'`);
    claimFile(world, host, datastore, found.sizeBytes);
    checkFormat(content, fileName, found);
    datastore.files[volumeId] = {
      volumeId,
      fileName,
      contentType: content,
      sizeBytes: found.sizeBytes,
      createdAt: Math.round(world.clock.now() * 100) / 100,
      image: found.image,
      virtualBytes: found.virtualBytes,
    };
    world.note({
      kind: "image-downloaded",
      subject: `${hostName}/${volumeId}`,
      text: `Talos ${found.image.version} (${found.image.platform}) with schematic ${found.image.schematicId.slice(0, 8)} is on ${hostName} as ${volumeId}`,
      detail: { url, host: hostName, volumeId, ...found.image },
    });
    await world.commit();
    return [];
  };
  return { type: "download", subject: fileName, host: hostName, run };
}

/** Disk images as `import` content came with 8.4; before, it took appliances (ova) only [bpg#2076]. */
function takesDiskImages({ state }: World): boolean {
  return compareVersions(state.proxmox.version ?? "9.1", "8.4") >= 0;
}

export function listFiles(world: World, hostName: string, storage: string): StoredFile[] {
  return Object.values(findDatastore(findHost(world, hostName), storage).files);
}

/** Disks made from the file keep their content: an import copies it. */
export async function deleteFile(
  world: World,
  hostName: string,
  storage: string,
  volume: string,
): Promise<void> {
  const datastore = findDatastore(findHost(world, hostName), storage);
  const volumeId = volume.includes(":") ? volume : `${storage}:${volume}`;
  const file = datastore.files[volumeId];
  if (!file) return refuse(`volume '${volumeId}' does not exist`);
  await world.clock.sleep(DURATIONS.deleteFile);
  delete datastore.files[volumeId];
  world.note({
    kind: "image-deleted",
    subject: `${hostName}/${volumeId}`,
    text: `${volumeId} is gone from ${hostName}`,
  });
  await world.commit();
}

/** A file named qcow2 must be one: Proxmox asks qemu-img after the download [pve-storage: file_size_info]. */
function checkFormat(content: string, fileName: string, found: FactoryImage): void {
  const named = fileName.split(".").at(-1);
  if (content === "import" && named !== found.format) {
    refuse(`qemu-img: Image is not in ${named} format (the downloaded file is ${found.format})`);
  }
}

function lookUp(world: World, url: string): FactoryImage | FactoryError {
  try {
    return findImage(world, url);
  } catch (error) {
    if (error instanceof FactoryError) return error;
    throw error;
  }
}

function statusLine(error: FactoryError): string {
  return error.status === 404 ? "404 Not Found" : "400 Bad Request";
}

function imagesOf(world: World): StoredFile[] {
  return Object.values(world.state.proxmox.hosts)
    .flatMap((host) => Object.values(host.datastores))
    .flatMap((datastore) => Object.values(datastore.files));
}
