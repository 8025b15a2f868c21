/** chmod's modes and the way ls writes them. */
import type { Meta } from "./filesystem.ts";

/** Octal (`600`, `0600`) or symbolic (`u=rw,go=`, `g-rwx`); undefined when it is neither. */
export function applyMode(
  spec: string,
  meta: Pick<Meta, "mode" | "directory">,
  umask: number,
): number | undefined {
  if (/^[0-7]{1,4}$/.test(spec)) return parseInt(spec, 8);
  let mode = meta.mode;
  for (const clause of spec.split(",")) {
    const match = /^([ugoa]*)((?:[-+=][rwxXst]*)+)$/.exec(clause);
    if (!match) return undefined;
    const who = match[1] ?? "";
    for (const [, operator, letters = ""] of (match[2] ?? "").matchAll(/([-+=])([rwxXst]*)/g)) {
      mode = applyClause(mode, who, operator ?? "=", letters, meta.directory, umask);
    }
  }
  return mode;
}

function applyClause(
  mode: number,
  who: string,
  operator: string,
  letters: string,
  directory: boolean,
  umask: number,
): number {
  const executable = directory || (mode & 0o111) !== 0;
  const bits =
    (letters.includes("r") ? 4 : 0) |
    (letters.includes("w") ? 2 : 0) |
    (letters.includes("x") || (letters.includes("X") && executable) ? 1 : 0);
  const everyone = who === "" || who.includes("a");
  const classes = everyone ? "ugo" : who;
  let given = 0;
  let mask = 0;
  for (const [letter, shift] of [
    ["u", 6],
    ["g", 3],
    ["o", 0],
  ] as const) {
    if (!classes.includes(letter)) continue;
    given |= bits << shift;
    mask |= 7 << shift;
  }
  if (who === "") given &= ~umask; // without a letter the umask counts
  if (letters.includes("s"))
    given |= (classes.includes("u") ? 0o4000 : 0) | (classes.includes("g") ? 0o2000 : 0);
  if (letters.includes("t")) given |= 0o1000;
  if (operator === "+") return mode | given;
  if (operator === "-") return mode & ~given;
  return (mode & ~mask) | given;
}

/** `-rw-r-----`. */
export function modeText({ mode, directory }: Pick<Meta, "mode" | "directory">): string {
  const triple = (bits: number) => `${bits & 4 ? "r" : "-"}${bits & 2 ? "w" : "-"}${bits & 1 ? "x" : "-"}`;
  const text = triple(mode >> 6) + triple(mode >> 3) + triple(mode);
  const sgid = mode & 0o2000 ? text.slice(0, 5) + (mode & 0o010 ? "s" : "S") + text.slice(6) : text;
  return (directory ? "d" : "-") + (mode & 0o1000 ? sgid.slice(0, 8) + (mode & 1 ? "t" : "T") : sgid);
}
