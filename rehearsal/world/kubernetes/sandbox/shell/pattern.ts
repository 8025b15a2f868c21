/**
 * Patterns of the shell (POSIX, XCU 2.14): what is quoted in them stands for itself. Matching goes back to the last star only,
 * so that its time is bounded by the lengths' product.
 */
import { posix } from "node:path";
import type { ContainerFs } from "../filesystem.ts";

/** A piece of a word; letters of an active one may be special. */
export interface Piece {
  text: string;
  active: boolean;
}

type Token = string | { star: true } | { any: true } | { set: (letter: string) => boolean };

const CLASSES: Record<string, RegExp> = {
  alpha: /[A-Za-z]/,
  digit: /\d/,
  alnum: /[A-Za-z0-9]/,
  upper: /[A-Z]/,
  lower: /[a-z]/,
  space: /\s/,
  blank: /[ \t]/,
  punct: /[!-/:-@[-`{-~]/,
  xdigit: /[A-Fa-f0-9]/,
};

export function compile(pieces: Piece[]): Token[] {
  const letters = pieces.flatMap(({ text, active }) => [...text].map((letter) => ({ letter, active })));
  const tokens: Token[] = [];
  for (let i = 0; i < letters.length; i++) {
    const { letter, active } = letters[i]!;
    if (!active) tokens.push(letter);
    else if (letter === "*") tokens.push({ star: true });
    else if (letter === "?") tokens.push({ any: true });
    else if (letter === "[") {
      const end = endOfSet(letters, i);
      if (end < 0) tokens.push(letter);
      else {
        tokens.push({ set: setOf(letters.slice(i + 1, end)) });
        i = end;
      }
    } else tokens.push(letter);
  }
  return tokens;
}

type Letter = { letter: string; active: boolean };

function endOfSet(letters: Letter[], start: number): number {
  let at = start + 1;
  if (/[!^]/.test(letters[at]?.letter ?? "")) at++;
  if (letters[at]?.letter === "]") at++;
  for (; at < letters.length; at++) {
    if (letters[at]!.letter === "[" && letters[at + 1]?.letter === ":") {
      const close = letters.findIndex(
        (each, i) => i > at + 1 && each.letter === ":" && letters[i + 1]?.letter === "]",
      );
      if (close > 0) at = close + 1;
    } else if (letters[at]!.letter === "]" && letters[at]!.active) return at;
  }
  return -1;
}

function setOf(letters: Letter[]): (letter: string) => boolean {
  const not = /[!^]/.test(letters[0]?.letter ?? "") && letters[0]!.active;
  const text = letters
    .slice(not ? 1 : 0)
    .map(({ letter }) => letter)
    .join("");
  const tests: ((letter: string) => boolean)[] = [];
  for (const [whole, name, from, to] of text.matchAll(/\[:([a-z]+):\]|([^])-([^])|[^]/g)) {
    if (name !== undefined) tests.push((letter) => CLASSES[name]?.test(letter) ?? false);
    else if (from !== undefined && to !== undefined) tests.push((letter) => letter >= from && letter <= to);
    else tests.push((letter) => letter === whole);
  }
  return (letter) => tests.some((test) => test(letter)) !== not;
}

export function matches(tokens: Token[], text: string): boolean {
  let [t, i] = [0, 0];
  let [star, from] = [-1, 0];
  while (i < text.length) {
    const token = tokens[t];
    if (typeof token === "object" && "star" in token) {
      star = t++;
      from = i;
    } else if (token !== undefined && one(token, text[i]!)) {
      t++;
      i++;
    } else if (star >= 0) {
      t = star + 1;
      i = ++from;
    } else return false;
  }
  return tokens.slice(t).every((token) => typeof token === "object" && "star" in token);
}

function one(token: Token, letter: string): boolean {
  if (typeof token === "string") return token === letter;
  return "any" in token || ("set" in token && token.set(letter));
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

/** The paths that a word stands for; undefined when it is no pattern or matches nothing. */
export function pathsFor(fs: ContainerFs, cwd: string, pieces: Piece[]): string[] | undefined {
  const tokens = compile(pieces);
  if (tokens.every((token) => typeof token === "string")) return undefined;
  const parts: Token[][] = [[]];
  for (const token of tokens) {
    if (token === "/") parts.push([]);
    else parts.at(-1)!.push(token);
  }
  let found = [""];
  for (const [index, part] of parts.entries()) {
    const last = index === parts.length - 1;
    found = found.flatMap((before) => {
      const literal = part.every((token) => typeof token === "string");
      const names = literal ? [part.join("")] : namesIn(fs, posix.resolve(cwd, before || "."), part);
      return names
        .map((name) => before + name)
        .filter((path) => last || path === "" || fs.isDirectory(posix.resolve(cwd, path)))
        .map((path) => (last ? path : `${path}/`));
    });
  }
  const there = found.filter((path) => fs.exists(posix.resolve(cwd, path)));
  return there.length > 0 ? there.sort() : undefined;
}

function namesIn(fs: ContainerFs, directory: string, part: Token[]): string[] {
  if (!fs.isDirectory(directory) || !fs.may(directory, "r")) return [];
  return fs
    .list(directory)
    .filter((name) => (part[0] === "." || !name.startsWith(".")) && matches(part, name));
}
