/** How a parameter of Proxmox's API is described here: names, types and ranges of its published schema, nothing else of it. */

export interface Fact {
  type?: "string" | "integer" | "number" | "boolean";
  minimum?: number;
  maximum?: number;
  maxLength?: number;
  /** A Perl pattern for the whole value. */
  pattern?: string;
  enum?: string[];
  /** Proxmox's name for it; the ones that are checked are in formats.ts. */
  format?: string;
  /** Another parameter that has to come with it. */
  requires?: string;
  required?: true;
  /** A value of the form `key=value,key=value`: its keys. */
  keys?: Facts;
  /** The key of a part without one. */
  defaultKey?: string;
  /** A key that is another name for this one. */
  alias?: string;
}

/** By name; `scsi[n]` stands for scsi0, scsi1 ... as far as `COUNTS` says. */
export type Facts = Record<string, Fact>;

/** How many there are of each numbered name [qemu-server: Drive.pm, Memory.pm, Network.pm, PCI.pm, USB.pm, QemuServer.pm]. */
export const COUNTS: Record<string, number> = {
  "ide[n]": 4,
  "scsi[n]": 31,
  "virtio[n]": 16,
  "sata[n]": 6,
  "unused[n]": 256,
  "net[n]": 32,
  "ipconfig[n]": 32,
  "numa[n]": 8,
  "serial[n]": 4,
  "parallel[n]": 3,
  "hostpci[n]": 16,
  "usb[n]": 14,
  "virtiofs[n]": 10,
};

export const flag: Fact = { type: "boolean" };

export function text(more: Fact = {}): Fact {
  return { type: "string", ...more };
}

export function int(minimum?: number, maximum?: number): Fact {
  return range("integer", minimum, maximum);
}

export function number(minimum?: number, maximum?: number): Fact {
  return range("number", minimum, maximum);
}

/** @param values Separated by spaces. */
export function oneOf(values: string): Fact {
  return { type: "string", enum: values.split(" ") };
}

export function options(keys: Facts, more: Fact = {}): Fact {
  return { type: "string", keys, ...more };
}

export function alias(target: string): Fact {
  return { alias: target };
}

export function required(fact: Fact): Fact {
  return { ...fact, required: true };
}

function range(type: "integer" | "number", minimum?: number, maximum?: number): Fact {
  return { type, ...(minimum !== undefined && { minimum }), ...(maximum !== undefined && { maximum }) };
}

/** What a name stands for in a table; undefined when the table does not know it. */
export function factOf(facts: Facts, name: string): Fact | undefined {
  if (Object.hasOwn(facts, name)) return facts[name];
  const [, base = "", index = ""] = /^(.*?)(0|[1-9]\d*)$/.exec(name) ?? [];
  const family = `${base}[n]`;
  return Object.hasOwn(facts, family) && Number(index) < COUNTS[family]! ? facts[family] : undefined;
}
