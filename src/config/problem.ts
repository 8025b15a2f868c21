/** A mistake in the configuration, as the user reads it: one line, `path: message`. */
export interface Problem {
  /** Where, as the user wrote it: `homelab:nodes[1].dataDisk.sizeGiB`. */
  path: string;
  /** What was found, what is allowed, and where it helps what was probably meant. */
  message: string;
}

export function formatProblem(problem: Problem): string {
  return `${problem.path}: ${problem.message}`;
}

const LONGEST_SHOWN = 60;

// Characters that would break the line or reorder it on a terminal.
const UNPRINTABLE = /[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

// An API token of Proxmox, or the part of it that is secret, in the wrong place or mistyped.
const SECRETS = /[^\s"@]+@[^\s"!]+![^\s"=]+=[^\s"]*|[0-9a-f]{6,12}(?:-[0-9a-f]{3,5}){3}-[0-9a-f]{8,14}/gi;

// User and password of a URL, whatever characters they are made of; and without its scheme, as `curl -u` has them.
const CREDENTIALS = /((?:[\w+.-]+:)?\/\/)[^\s"]*@|[^\s":@/=]+:[^\s"@]+@/g;

/** More than is shown of anything, so that the work does not grow with the value. */
const LONGEST_READ = 8 * LONGEST_SHOWN;

/** What may be the beginning of a URL's password that ends after what is read. */
const CREDENTIALS_CUT = /[^\s":@]*:[^\s"]*$/;

function hideSecrets(whole: string): string {
  const text = whole.slice(0, LONGEST_READ);
  const hidden = text
    .replace(SECRETS, "[secret]")
    .replace(CREDENTIALS, (_, scheme: string | undefined) => `${scheme ?? ""}[secret]@`);
  return whole.length > LONGEST_READ ? hidden.replace(CREDENTIALS_CUT, "[…]") : hidden;
}

/** A value as it may stand in a message: short, on one line, structures only named. */
export function show(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  if (value === null) return "nothing";
  if (typeof value === "string") return quote(value);
  return typeof value === "number" || typeof value === "boolean" ? String(value) : "a mapping";
}

function quote(raw: string): string {
  const text = hideSecrets(raw);
  const short = text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text;
  return JSON.stringify(short).replace(
    UNPRINTABLE,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** Path of a key inside `path`; a key that is no plain word is shown in brackets and quotes. */
export function keyPath(path: string, key: string): string {
  return isPlainKey(key) ? `${path}.${key}` : `${path}[${quote(key)}]`;
}

/** Whether a key can stand in a path as it is. */
export function isPlainKey(key: string): boolean {
  return /^[\w-]{1,60}$/.test(key) && hideSecrets(key) === key;
}

export function indexPath(path: string, index: number): string {
  return `${path}[${index}]`;
}

/** `a, b and c` of what there is; with "or" of what may be chosen. */
export function listWords(words: readonly string[], joint: "and" | "or"): string {
  const last = words.at(-1) ?? "";
  return words.length < 2 ? last : `${words.slice(0, -1).join(", ")} ${joint} ${last}`;
}
