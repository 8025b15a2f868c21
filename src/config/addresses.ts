/** IPv4 arithmetic on plain strings. Functions that take an address expect one that matches `IPV4`. */

const OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";

/** Without leading zeros: some resolvers read those as octal. */
export const IPV4 = new RegExp(`^(?:${OCTET}\\.){3}${OCTET}$`);
export const CIDR = new RegExp(`^(?:${OCTET}\\.){3}${OCTET}/(?:3[0-2]|[12]?[0-9])$`);

export interface Subnet {
  cidr: string;
  prefixLength: number;
  /** First and last address as numbers. */
  network: number;
  broadcast: number;
}

export function addressToNumber(address: string): number {
  return address.split(".").reduce((sum, octet) => sum * 256 + Number(octet), 0);
}

export function numberToAddress(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join(".");
}

export function parseSubnet(cidr: string): Subnet {
  const [base = "", prefix = ""] = cidr.split("/");
  const prefixLength = Number(prefix);
  const size = 2 ** (32 - prefixLength);
  const network = Math.floor(addressToNumber(base) / size) * size;
  return { cidr, prefixLength, network, broadcast: network + size - 1 };
}

/** The subnet written with its first address: `192.168.1.7/24` is `192.168.1.0/24`. */
export function canonicalCidr(subnet: Subnet): string {
  return `${numberToAddress(subnet.network)}/${subnet.prefixLength}`;
}

export function contains(subnet: Subnet, address: string): boolean {
  const value = addressToNumber(address);
  return value >= subnet.network && value <= subnet.broadcast;
}

export function isNetworkOrBroadcast(subnet: Subnet, address: string): boolean {
  const value = addressToNumber(address);
  return value === subnet.network || value === subnet.broadcast;
}

export function overlaps(a: Subnet, b: Subnet): boolean {
  return a.network <= b.broadcast && b.network <= a.broadcast;
}

/** First and last address that a machine can have. */
export function usableRange(subnet: Subnet): string {
  return `${numberToAddress(subnet.network + 1)} to ${numberToAddress(subnet.broadcast - 1)}`;
}
