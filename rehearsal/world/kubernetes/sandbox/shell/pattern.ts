/**
 * Patterns of the shell (POSIX, XCU 2.14): what is quoted in them stands for itself. Matching goes back to the last star only,
 * so that its time is bounded by the lengths' product.
 */
import { Unknown } from "../budget.ts";
import type { ContainerFs } from "../filesystem.ts";

/** A piece of a word; letters of an active one may be special. */
export interface Piece {
  text: string;
  active: boolean;
}

/** A letter, or one of a set, or a star. */
type Token = "*" | ((letter: string) => boolean);

export function compile(pieces: Piece[]): Token[] {
  const letters = lettersOf(pieces);
  const tokens: Token[] = [];
  for (let i = 0; i < letters.length; i++) {
    const { text, active } = letters[i]!;
    const end = active && text === "[" ? endOfSet(letters, i) : -1;
    if (end > 0) {
      tokens.push(setOf(letters.slice(i + 1, end)));
      i = end;
    } else if (active && text === "*") tokens.push("*");
    else if (active && text === "?") tokens.push(() => true);
    else tokens.push((each) => each === text);
  }
  return tokens;
}

/** A piece for each letter. */
function lettersOf(pieces: Piece[]): Piece[] {
  return pieces.flatMap(({ text, active }) => text.split("").map((letter) => ({ text: letter, active })));
}

export function textOf(pieces: Piece[]): string {
  return pieces.map(({ text }) => text).join("");
}

function endOfSet(letters: Piece[], start: number): number {
  let at = start + 1;
  if (letters[at]?.text === "!") at++;
  if (letters[at]?.text === "]") at++;
  for (; at < letters.length; at++) {
    const inside = /^\[:\w+:\]/.exec(textOf(letters.slice(at)))?.[0];
    if (inside !== undefined) at += inside.length - 1;
    else if (letters[at]!.text === "]" && letters[at]!.active) return at;
  }
  return -1;
}

function setOf(letters: Piece[]): (letter: string) => boolean {
  const not = letters[0]?.text === "!" && letters[0].active;
  const all = textOf(letters);
  if (/^\^|.-./s.test(all)) throw new Unknown(`[${all}]`);
  const single = all.slice(not ? 1 : 0).replace(/\[:(\w+):\]/g, (whole, name) => {
    if (name !== "space") throw new Unknown(whole);
    return " \t\n\v\f\r";
  });
  return (letter) => single.includes(letter) !== not;
}

export function matches(tokens: Token[], text: string): boolean {
  let [t, i] = [0, 0];
  let [star, from] = [-1, 0];
  while (i < text.length) {
    const token = tokens[t];
    if (token === "*") {
      star = t++;
      from = i;
    } else if (token?.(text[i]!)) {
      t++;
      i++;
    } else if (star >= 0) {
      t = star + 1;
      i = ++from;
    } else return false;
  }
  return tokens.slice(t).every((token) => token === "*");
}

/** `${name#pattern}` and its kin. */
export function removed(text: string, operator: "#" | "##" | "%" | "%%", pieces: Piece[]): string {
  const tokens = compile(pieces);
  const front = operator.startsWith("#");
  const lengths = Array.from({ length: text.length + 1 }, (_, length) => length);
  if (operator.length === 2) lengths.reverse();
  for (const length of lengths) {
    const part = front ? text.slice(0, length) : text.slice(text.length - length);
    if (matches(tokens, part)) return front ? text.slice(length) : text.slice(0, text.length - length);
  }
  return text;
}

/** The paths that a word stands for, of which the last part alone may be a pattern; undefined when it matches nothing. */
export function pathsFor(fs: ContainerFs, pieces: Piece[]): string[] | undefined {
  const letters = lettersOf(pieces);
  const at = letters.findLastIndex(({ text }) => text === "/") + 1;
  const folder = textOf(letters.slice(0, at));
  if (letters.slice(0, at).some(isSpecial)) throw new Unknown(textOf(pieces));
  const path = fs.path(folder);
  if (!fs.isDirectory(path) || !fs.may(path, "r")) return undefined;
  const tokens = compile(letters.slice(at));
  const hidden = letters[at]?.text === ".";
  const names = fs.list(path).filter((name) => (hidden || !name.startsWith(".")) && matches(tokens, name));
  return names.length > 0 ? names.map((name) => folder + name) : undefined;
}

export function isSpecial({ text, active }: Piece): boolean {
  return active && /[*?[]/.test(text);
}
