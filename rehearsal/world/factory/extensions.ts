/** The extensions that something in a homelab depends on, by the names under which the Image Factory knows them. */

/** Longhorn attaches its volumes by it. */
export const ISCSI_TOOLS = "siderolabs/iscsi-tools";
/** Longhorn trims its volumes by it. */
export const UTIL_LINUX_TOOLS = "siderolabs/util-linux-tools";
/** It answers what Proxmox asks from inside of the machine. */
export const GUEST_AGENT = "siderolabs/qemu-guest-agent";
