/** System extensions that the image factory knows, and those that this program always puts in. */

const VENDOR = "siderolabs/";

/**
 * Longhorn attaches its volumes by iSCSI and trims and formats with util-linux (its own documentation for Talos); the
 * guest agent lets Proxmox shut a node down cleanly.
 */
export const REQUIRED_EXTENSIONS: readonly string[] = [
  "siderolabs/iscsi-tools",
  "siderolabs/qemu-guest-agent",
  "siderolabs/util-linux-tools",
];

/** Catalog of siderolabs/extensions. The factory answers an unknown name with an error, in the middle of an `up`. */
const CATALOG = `
amazon-ena amd-ucode amdgpu binfmt-misc bird2 bnx2-bnx2x btrfs cachefilesd chelsio-drivers chelsio-firmware cloudflared
crun ctr drbd dvb-cx23885 dvb-m88ds3103 dvb-pt3 ecr-credential-provider fuse3 gasket-driver glibc gpio-pinctrl gvisor
gvisor-debug hailort harbor-credential-provider hyperv-guest-agent i915 intel-hd-audio intel-ice-firmware intel-npu
intel-ucode iscsi-tools joydev kata-containers kata-containers-nvidia-gpu-snp kata-containers-snp libvirtd lldpd mdadm
mei mellanox-mstflint metal-agent multipath-tools nebula netbird newt nfs-server nfs-utils nfsd nfsrahead
nonfree-kmod-nvidia-lts nonfree-kmod-nvidia-production nut-client nvidia-container-toolkit-lts
nvidia-container-toolkit-production nvidia-fabricmanager-lts nvidia-fabricmanager-production nvidia-gdrdrv-device
nvidia-open-gpu-kernel-modules-lts nvidia-open-gpu-kernel-modules-production nvme-cli panfrost px-fuse qemu-guest-agent
qlogic-firmware realtek-firmware revpi-firmware rockchip-rknn soci-snapshotter spin stargz-snapshotter tailscale
tenstorrent thunderbolt trident-iscsi-tools uhid uinput urunc usb-audio-drivers usb-modem-drivers util-linux-tools
v4l-uvc-drivers vc4 vmtoolsd-guest-agent wasmedge xdma-driver xe xen-guest-agent youki zerotier zfs
`;

export const OFFICIAL_EXTENSIONS: readonly string[] = CATALOG.trim()
  .split(/\s+/)
  .map((name) => VENDOR + name);

/**
 * Names that are gone, each with what holds it now (siderolabs/extensions: "combine i915/amdgpu firmware+drivers", "add the new
 * rust-based xen-guest-agent", and the NVIDIA ones as Makefile lists them up to 1.7 and since).
 */
const RENAMED: Record<string, string[]> = {
  "i915-ucode": ["i915"],
  "amdgpu-firmware": ["amdgpu"],
  "xe-guest-utilities": ["xen-guest-agent"],
  ...Object.fromEntries(
    [
      "nonfree-kmod-nvidia",
      "nvidia-container-toolkit",
      "nvidia-fabricmanager",
      "nvidia-open-gpu-kernel-modules",
    ].map((name) => [name, [`${name}-production`, `${name}-lts`]]),
  ),
};

/** What an extension of a former name is called now; undefined for any other name. */
export function renamedExtension(full: string): string[] | undefined {
  const name = full.startsWith(VENDOR) ? full.slice(VENDOR.length) : "";
  return Object.hasOwn(RENAMED, name) ? RENAMED[name]?.map((now) => VENDOR + now) : undefined;
}

/** `zfs` means `siderolabs/zfs`. */
export function fullExtensionName(name: string): string {
  return name.includes("/") ? name : VENDOR + name;
}

/** What goes into the image: the required ones and the wished ones, each once, sorted as the factory sorts them. */
export function imageExtensions(wished: readonly string[]): string[] {
  return [...new Set([...REQUIRED_EXTENSIONS, ...wished.map(fullExtensionName)])].sort();
}
