/** Functions about the image factory. Only addresses are made here; whether anything is served there the factory decides. */
import { OFFICIAL_EXTENSIONS } from "../../../src/config/extensions.ts";
import { TALOS_VERSIONS } from "../../world/factory/images.ts";
import { hash } from "../../world/kernel/random.ts";
import { isRecord, type FunctionHandler, type PropertyMap } from "../server/index.ts";
import { strings, text } from "./common.ts";

const FACTORY = "factory.talos.dev";

/** Platforms a homelab may name: whether they have secure boot, a disk image suffix, ISO and PXE (talos: machinery/platforms). */
const PLATFORMS: Record<string, { secureBoot: boolean; diskImage?: string; iso: boolean; pxe: boolean }> = {
  metal: { secureBoot: true, diskImage: "raw.zst", iso: true, pxe: true },
  nocloud: { secureBoot: true, diskImage: "raw.xz", iso: true, pxe: true },
  openstack: { secureBoot: false, diskImage: "raw.xz", iso: true, pxe: true },
  vmware: { secureBoot: false, diskImage: "ova", iso: true, pxe: true },
};

export const getUrls: FunctionHandler = (args) => {
  const arch = text(args["architecture"]) || "amd64";
  const platform = text(args["platform"]);
  const schematic = text(args["schematicId"]);
  const version = `v${text(args["talosVersion"]).replace(/^v/, "")}`;
  if (!/^v\d+\.\d+/.test(version)) return Promise.reject(new Error("talos_version is not valid"));
  if (Boolean(platform) === Boolean(args["sbc"])) {
    return Promise.reject(new Error("exactly one of platform and sbc must be set"));
  }
  const base = `https://${FACTORY}/image/${schematic}/${version}`;
  const urls: Record<string, string> = {
    installer: `${FACTORY}/${platform || "metal"}-installer/${schematic}:${version}`,
  };
  if (!platform) urls["diskImage"] = `${base}/metal-arm64.raw.xz`;
  else {
    const known = PLATFORMS[platform];
    if (!known) return Promise.reject(new Error(`failed to find platform: ${platform}`));
    const name = `${base}/${platform}-${arch}`;
    if (known.secureBoot)
      urls["installerSecureboot"] = `${FACTORY}/${platform}-installer-secureboot/${schematic}:${version}`;
    if (known.diskImage) urls["diskImage"] = `${name}.${known.diskImage}`;
    if (known.diskImage && known.secureBoot)
      urls["diskImageSecureboot"] = `${name}-secureboot.${known.diskImage}`;
    if (known.iso) urls["iso"] = `${name}.iso`;
    if (known.iso && known.secureBoot) urls["isoSecureboot"] = `${name}-secureboot.iso`;
    if (known.pxe) urls["pxe"] = `https://pxe.${FACTORY}/pxe/${schematic}/${version}/${platform}-${arch}`;
    if (platform === "metal") {
      urls["kernel"] = `${base}/kernel-${arch}`;
      urls["kernelCommandLine"] = `${base}/cmdline-metal-${arch}`;
      urls["initramfs"] = `${base}/initramfs-${arch}.xz`;
      urls["uki"] = `${name}-secureboot-uki.efi`;
    }
  }
  return Promise.resolve({
    ...args,
    architecture: arch,
    id: "image_factory_urls",
    urls: { ...emptyUrls(), ...urls },
  });
};

function emptyUrls(): Record<string, string> {
  const names =
    "diskImage diskImageSecureboot initramfs installer installerSecureboot iso isoSecureboot kernel kernelCommandLine pxe uki";
  return Object.fromEntries(names.split(" ").map((name) => [name, ""]));
}

export const getVersions: FunctionHandler = (args) => {
  const filters = isRecord(args["filters"]) ? args["filters"] : {};
  const stable = TALOS_VERSIONS.filter((version) => !version.includes("-"));
  const talosVersions = filters["stableVersionsOnly"] === true ? stable : [...TALOS_VERSIONS];
  return Promise.resolve({ ...args, id: "image_factory_versions", talosVersions });
};

export const getExtensionsVersions: FunctionHandler = (args) => {
  const version = knownVersion(args);
  const names = namesIn(args["filters"]);
  const exact = namesIn(args["exactFilters"]);
  const wanted = (name: string) =>
    (names.length === 0 && exact.length === 0) ||
    exact.includes(name) ||
    names.some((part) => name.includes(part));
  const extensionsInfos = OFFICIAL_EXTENSIONS.filter(wanted).map((name) => ({
    name,
    ref: `ghcr.io/${name}:${version.slice(1)}`,
    digest: `sha256:${hash(name, version)}`,
    author: "Sidero Labs",
    description: `System extension ${name}`,
  }));
  return Promise.resolve({ ...args, id: "extensions_info", extensionsInfos });
};

export const getOverlaysVersions: FunctionHandler = (args) => {
  const version = knownVersion(args);
  const filter = isRecord(args["filters"]) ? text(args["filters"]["name"]) : "";
  const overlaysInfos = ["rpi_generic", "rpi_5", "rockpi4", "turingrk1"]
    .filter((name) => name.includes(filter))
    .map((name) => ({
      name,
      image: `siderolabs/sbc-${name}`,
      ref: `ghcr.io/siderolabs/sbc-${name}:${version.slice(1)}`,
      digest: `sha256:${hash(name, version)}`,
    }));
  return Promise.resolve({ ...args, id: "overlays_info", overlaysInfos });
};

function knownVersion(args: PropertyMap): string {
  const version = `v${text(args["talosVersion"]).replace(/^v/, "")}`;
  if (!TALOS_VERSIONS.includes(version)) throw new Error(`there is no Talos ${version} at the image factory`);
  return version;
}

function namesIn(filters: unknown): string[] {
  return isRecord(filters) ? strings(filters["names"]) : [];
}
