/** A request's parameters against what its method takes, with Proxmox's words for each mistake [pve-common: JSONSchema.pm]. */
import { ProxmoxError } from "../../../world/proxmox/errors.ts";
import type { Parameters } from "../../../world/proxmox/parameters.ts";
import { factOf, type Fact, type Facts } from "./facts.ts";
import { FORMATS } from "./formats.ts";

const UNKNOWN = "property is not defined in schema and the schema does not allow additional properties";
const MISSING = "property is missing and it is not optional";

/** @throws ProxmoxError 400 with a sentence for each wrong parameter. */
export function verifyParameters(facts: Facts, given: Parameters): void {
  const errors = mistakes(facts, given, "");
  if (errors.size > 0)
    throw new ProxmoxError(400, "Parameter verification failed.", Object.fromEntries(errors));
}

function mistakes(facts: Facts, given: Parameters, path: string): Map<string, string> {
  const errors = new Map<string, string>();
  const at = (name: string) => (path ? `${path}.${name}` : name);
  for (const [name, { required, alias }] of Object.entries(facts)) {
    if (required && !alias && given[name] === undefined) errors.set(at(name), MISSING);
  }
  for (const [name, value] of Object.entries(given)) {
    const fact = factOf(facts, name);
    const wrong = fact ? mistake(fact, value, at(name)) : UNKNOWN;
    if (wrong !== undefined) errors.set(at(name), wrong);
    if (fact?.requires && given[fact.requires] === undefined) {
      errors.set(at(fact.requires), `missing property required by '${at(name)}'`);
    }
  }
  return errors;
}

function mistake(fact: Fact, value: string, path: string): string | undefined {
  return (
    wrongType(fact, value) ??
    (fact.keys ? wrongOptions(fact, value, path) : wrongFormat(fact, value)) ??
    outOfRange(fact, value)
  );
}

function wrongType({ type }: Fact, value: string): string | undefined {
  const right =
    (type === "boolean" && /^[01]$/.test(value)) ||
    (type === "integer" && /^[+-]?\d+$/.test(value)) ||
    (type === "number" && isNumber(value)) ||
    type === "string" ||
    type === undefined;
  return right ? undefined : `type check ('${type}') failed - got '${value}'`;
}

function isNumber(value: string): boolean {
  return /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(value);
}

function wrongFormat({ format }: Fact, value: string): string | undefined {
  const complaint = format === undefined ? undefined : FORMATS[format]?.(value);
  return complaint && `invalid format - ${complaint}\n`;
}

function outOfRange({ pattern, maxLength, minimum, maximum, enum: values }: Fact, value: string) {
  if (pattern !== undefined && !fromPerl(pattern).test(value))
    return "value does not match the regex pattern";
  if (maxLength !== undefined && value.length > maxLength) {
    return `value may only be ${maxLength} characters long`;
  }
  if (isNumber(value)) {
    const number = Number(value);
    if (maximum !== undefined && number > maximum) return `value must have a maximum value of ${maximum}`;
    if (minimum !== undefined && number < minimum) return `value must have a minimum value of ${minimum}`;
  }
  if (values && !values.includes(value)) {
    return `value '${value}' does not have a value in the enumeration '${values.join(", ")}'`;
  }
  return undefined;
}

function fromPerl(pattern: string): RegExp {
  return new RegExp(`^(?:${pattern.replaceAll("(?^:", "(?:").replaceAll("{,", "{0,")})$`);
}

/** `key=value,key=value`, as parse_property_string reads it. */
function wrongOptions({ keys = {}, defaultKey }: Fact, value: string, path: string): string | undefined {
  const read: Parameters = {};
  for (const part of value.split(",").filter((each) => each.trim() !== "")) {
    const [, key, text] = /^([^=]+)=(.+)$/s.exec(part) ?? [];
    if (key === undefined && part.includes("="))
      return invalid("missing key in comma-separated list property");
    const name = key ?? defaultKey;
    if (name === undefined) return invalid("value without key, but schema does not define a default key");
    const fact = Object.hasOwn(keys, name) ? keys[name] : undefined;
    if (!fact) return invalid(`invalid key in comma-separated list property: ${name}`);
    const target = fact.alias ?? name;
    if (Object.hasOwn(read, target)) {
      return invalid(`duplicate key in comma-separated list property: ${name}`);
    }
    // A network device's model may be the key of its address: `virtio=BC:24:11:00:00:01`.
    if (target === "macaddr" && name !== "macaddr") read["model"] = name;
    read[target] = keys[target]?.type === "boolean" ? asFlag(text ?? part) : (text ?? part);
  }
  const errors = mistakes(keys, read, path);
  const lines = [...errors].map(([name, text]) => `${name}: ${text}\n`);
  return errors.size === 0 ? undefined : `invalid format - format error\n${lines.join("")}`;
}

function invalid(complaint: string): string {
  return `invalid format - ${complaint}\n`;
}

/** [pve-common: JSONSchema.pm, parse_boolean] */
function asFlag(text: string): string {
  if (/^(1|on|yes|true)$/i.test(text)) return "1";
  return /^(0|off|no|false)$/i.test(text) ? "0" : text;
}
