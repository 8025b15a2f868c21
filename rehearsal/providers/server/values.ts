/**
 * Property values on the wire and in our handlers. Handlers see plain JavaScript: secrets are unwrapped before a handler is
 * called and wrapped again, path by path, in what it answers, so that a handler cannot lose a secret by forgetting it.
 * Only what a handler computes itself, and is secret, it wraps in `secret(...)`. An unknown of a preview is `UNKNOWN`.
 *
 * Signatures: pulumi/sdk/go/common/resource (sig.Key, sig.Secret, plugin.UnknownStringValue).
 */
export type PropertyMap = Record<string, unknown>;

/** Stands in a value that is more than it seems; in a state, of a secret. */
export const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";
const OUTPUT_VALUE = "d0e6a833031e9bbcd3f4e8bde6ca49a4";
const UNKNOWN_TEXT = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** A value that is not known yet. There is one instance, so that `value === UNKNOWN` tells. */
export class Unknown {
  private readonly kind = "unknown";
  toString(): string {
    return `<${this.kind}>`;
  }
}
export const UNKNOWN = new Unknown();

/** A value that must be encrypted in the state and masked in output. */
export class Secret {
  constructor(readonly value: unknown) {}
}
export function secret(value: unknown): Secret {
  return value instanceof Secret ? value : new Secret(value);
}

export function isRecord(value: unknown): value is PropertyMap {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Secret) &&
    !(value instanceof Unknown)
  );
}

/** True when the value is unknown or holds an unknown anywhere. */
export function hasUnknown(value: unknown): boolean {
  if (value instanceof Unknown) return true;
  if (value instanceof Secret) return hasUnknown(value.value);
  if (Array.isArray(value)) return value.some(hasUnknown);
  return isRecord(value) && Object.values(value).some(hasUnknown);
}

/** From the wire: secrets become `Secret`, unknowns `UNKNOWN`. */
export function decode(value: unknown): unknown {
  if (value === UNKNOWN_TEXT) return UNKNOWN;
  if (Array.isArray(value)) return value.map(decode);
  if (typeof value !== "object" || value === null) return value;
  const object = value as PropertyMap;
  if (object[SIGNATURE] === SECRET) return secret(decode(object["value"]));
  if (object[SIGNATURE] === OUTPUT_VALUE) {
    const inner = "value" in object ? decode(object["value"]) : UNKNOWN;
    return object["secret"] ? secret(inner) : inner;
  }
  return Object.fromEntries(Object.entries(object).map(([key, inner]) => [key, decode(inner)]));
}

/** To the wire. Keys whose value is undefined are left out, as in JSON. */
export function encode(value: unknown): unknown {
  if (value instanceof Unknown) return UNKNOWN_TEXT;
  if (value instanceof Secret) {
    const inner = strip(value.value); // a secret inside a secret adds nothing
    return { [SIGNATURE]: SECRET, value: encode(inner) };
  }
  if (Array.isArray(value)) return value.map((item) => encode(item ?? null));
  if (!isRecord(value)) return value;
  const known = Object.entries(value).filter(([, inner]) => inner !== undefined);
  return Object.fromEntries(known.map(([key, inner]) => [key, encode(inner)]));
}

/** The same value with every `Secret` unwrapped. */
export function strip(value: unknown): unknown {
  if (value instanceof Secret) return strip(value.value);
  if (Array.isArray(value)) return value.map(strip);
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, strip(inner)]));
}

/**
 * Wraps in `target` what is a secret at the same path in `pattern`. Where the shapes part ways, the nearest value that
 * still exists is wrapped: rather too much than too little.
 */
export function protectLike(target: unknown, pattern: unknown): unknown {
  if (target === undefined || target instanceof Secret) return target;
  if (pattern instanceof Secret) return secret(target);
  if (Array.isArray(pattern)) {
    if (!Array.isArray(target)) return containsSecret(pattern) ? secret(target) : target;
    if (target.length !== pattern.length && containsSecret(pattern)) return secret(target);
    return target.map((item, index) => protectLike(item, pattern[index]));
  }
  if (!isRecord(pattern)) return target;
  if (!isRecord(target)) return containsSecret(pattern) ? secret(target) : target;
  return Object.fromEntries(
    Object.entries(target).map(([key, inner]) => [key, protectLike(inner, pattern[key])]),
  );
}

function containsSecret(value: unknown): boolean {
  if (value instanceof Secret) return true;
  if (Array.isArray(value)) return value.some(containsSecret);
  return isRecord(value) && Object.values(value).some(containsSecret);
}
