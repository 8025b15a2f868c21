/** Building blocks of the schemas. What is allowed stands in every message, so none needs a second look. */
import { z } from "zod";
import { CIDR, IPV4 } from "../addresses.ts";
import { show } from "../problem.ts";

/** What a schema says of a wrong value, which comes first: `"10.0.0" is no IPv4 address, such as 192.168.1.10`. */
export function says(end: string): { error: (issue: { input?: unknown }) => string } {
  return { error: ({ input }) => `${show(input)} ${end}` };
}

/** Text of one shape. */
export function text(pattern: RegExp, error: string): z.ZodString {
  return z.string().regex(pattern, says(error));
}

/** A whole number in a range; `unit` comes after the range. */
export function whole(least: number, most: number, unit = ""): z.ZodNumber {
  const error = says(`is not a whole number from ${least} to ${most}${unit && ` (${unit})`}`);
  return z.number().int(error).min(least, error).max(most, error);
}

const LABEL = "[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?";

/** DNS-1123 label: what Kubernetes takes as a node's name and Proxmox as a VM's. */
export const label = (): z.ZodString =>
  text(new RegExp(`^${LABEL}$`), "is no host name: lower-case letters, digits and inner hyphens, at most 63");

export const ipv4 = (): z.ZodString => text(IPV4, "is no IPv4 address, such as 192.168.1.10");

export const cidr = (): z.ZodString => text(CIDR, "is no IPv4 subnet, such as 192.168.1.0/24");

/** Proxmox node names are host names, too, but may hold capitals. */
export const proxmoxHost = (): z.ZodString =>
  text(/^[a-zA-Z0-9](?:[-a-zA-Z0-9]{0,61}[a-zA-Z0-9])?$/, "is no name of a Proxmox host, such as pve1");

/** Storage ids as Proxmox's storage plugin verifies them. */
export const datastore = (): z.ZodString =>
  text(
    /^[a-zA-Z][-_.a-zA-Z0-9]{0,98}[a-zA-Z0-9]$/,
    "is no name of a Proxmox datastore: letters, digits, - _ and ., such as local-lvm",
  );

/** An https URL; `URL` itself judges host and port. */
export function httpsUrl(error: string): z.ZodString {
  return z
    .string()
    .regex(/^https:\/\/[^\s/]+/, says(error))
    .refine((value) => URL.canParse(value), says(error));
}
