/** Which links of a machine config take effect: a link that this machine does not have has none. */
import type { VmState } from "../../proxmox/state.ts";
import { interfacesOf, type NetworkInterface } from "./hardware.ts";

/** A link as a machine config names it. */
export interface ConfiguredLink {
  kind: string;
  interface: string;
  deviceSelector?: { busPath?: string; hardwareAddr?: string; permanentAddr?: string; driver?: string };
  linkSelector?: string;
  addresses: string[];
  /** An empty network is the default route. */
  routes?: { network: string; gateway?: string }[];
  vip?: string;
}

export interface LinksInForce {
  /** CIDRs. */
  addresses: string[];
  /** Of default routes. */
  gateways: string[];
  /** Links that the config names and this machine does not have. */
  stray: string[];
  vip?: string | undefined;
}

const DEFAULT_ROUTE = new Set(["", "0.0.0.0/0"]);

/** A link that the config names takes effect only where the machine has it. */
export function linksInForce(vm: VmState, configured: ConfiguredLink[]): LinksInForce {
  const real = interfacesOf(vm);
  const names = new Set(real.map(({ name }) => name));
  for (const link of configured) {
    if (
      link.kind === "LinkAliasConfig" &&
      real.filter((nic) => aliasMatches(nic, link.linkSelector ?? "")).length === 1
    ) {
      names.add(link.interface);
    }
  }
  const effective = configured.filter(
    (link) =>
      names.has(link.interface) ||
      real.some((nic) => link.deviceSelector && selects(nic, link.deviceSelector)),
  );
  const stray = configured.filter(
    (link) => !effective.includes(link) && (link.addresses.length > 0 || link.vip),
  );
  const vip = effective.find((link) => link.vip)?.vip;
  return {
    addresses: effective.flatMap((link) => link.addresses),
    gateways: effective.flatMap(({ routes = [] }) =>
      routes.flatMap(({ network, gateway }) => (DEFAULT_ROUTE.has(network) && gateway ? [gateway] : [])),
    ),
    stray: stray.map((link) => link.interface || JSON.stringify(link.deviceSelector)),
    ...(vip ? { vip } : {}),
  };
}

/**
 * Talos's globs know case, and it compares with the address as Go prints it, in lower case (talos: network/device_config.go
 * selectDevices; net.HardwareAddr.String).
 */
function selects(nic: NetworkInterface, selector: NonNullable<ConfiguredLink["deviceSelector"]>): boolean {
  const glob = (pattern: string, text: string) =>
    new RegExp(
      `^${pattern
        .replace(/[.+^${}()|[\]\\]/g, "\\$&")
        .replace(/\*/g, ".*")
        .replace(/\?/g, ".")}$`,
    ).test(text);
  const macs = [selector.hardwareAddr, selector.permanentAddr].filter((mac) => mac !== undefined);
  return (
    macs.every((mac) => glob(mac, nic.mac.toLowerCase())) &&
    (!selector.driver || glob(selector.driver, nic.driver))
  );
}

/** Enough of the aliases' CEL for a homelab: a MAC address named in it must be the card's; other conditions hold. */
function aliasMatches(nic: NetworkInterface, selector: string): boolean {
  const macs = selector.match(/(?:[0-9a-f]{2}:){5}[0-9a-f]{2}/gi);
  return !macs || macs.some((mac) => mac.toUpperCase() === nic.mac);
}
