/** The formats of single values that are checked here, with Proxmox's words for what is none [pve-common: JSONSchema.pm]. */

type Format = (value: string) => string | undefined;

function matching(pattern: RegExp, complaint: string | ((value: string) => string)): Format {
  return (value) =>
    pattern.test(value) ? undefined : typeof complaint === "string" ? complaint : complaint(value);
}

/** Each of a list's parts [pve-common: Tools.pm, split_list]. */
function listOf(format: Format): Format {
  return (value) =>
    value
      .split(/[,;\s\0]+/)
      .filter((part) => part !== "")
      .map(format)
      .find((complaint) => complaint !== undefined);
}

const LABEL = "[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?";
const ADDRESS = matching(
  new RegExp(`^(\\d{1,3}(\\.\\d{1,3}){3}|[0-9a-fA-F]*:[0-9a-fA-F:.]+|${LABEL}(\\.${LABEL})*)$`),
  (value) => `value does not look like a valid address: ${value}`,
);
const CONFIG_ID = matching(/^[a-z][a-z0-9_-]+$/i, (value) => `invalid configuration ID '${value}'`);

export const FORMATS: Record<string, Format> = {
  "pve-vmid": matching(/^[1-9]\d{2,8}$/, "value does not look like a valid VM ID"),
  "pve-node": matching(new RegExp(`^${LABEL}$`), "value does not look like a valid node name"),
  "pve-storage-id": matching(
    /^[a-z][a-z0-9\-_.]*[a-z0-9]$/i,
    (value) => `storage ID '${value}' contains illegal characters`,
  ),
  "pve-bridge-id": matching(/^[-_.\w\d]+$/, (value) => `invalid bridge ID '${value}'`),
  "pve-configid": CONFIG_ID,
  "pve-configid-list": listOf(CONFIG_ID),
  "dns-name": matching(
    /^(?=.{1,253}$)[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(\.[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*$/,
    "value does not look like a valid DNS name",
  ),
  "address-list": listOf(ADDRESS),
  "mac-addr": matching(
    /^[a-f0-9][02468ace](:[a-f0-9]{2}){5}$/i,
    "value does not look like a valid unicast MAC address",
  ),
  "disk-size": matching(
    /^\d+(\.\d+)?[KMGT]?$/,
    (value) => `value does not look like a valid disk size: ${value}`,
  ),
  "pve-startup-order": matching(
    /^((order=)?\d+|up=\d+|down=\d+|\s*)(,((order=)?\d+|up=\d+|down=\d+|\s*))*$/,
    "unable to parse startup options",
  ),
  "pve-tag-list": listOf(matching(/^[a-z0-9_][a-z0-9_\-+.]*$/i, "invalid characters in tag")),
};
