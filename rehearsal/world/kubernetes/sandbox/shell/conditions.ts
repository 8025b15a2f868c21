/** `test` and `[` (POSIX, XCU test) with one, two or three words, and `!` before them. */
import { Unknown } from "../budget.ts";
import type { Shell } from "./state.ts";

export function conditionOf(shell: Shell, words: string[]): boolean {
  const [first = "", second = "", third = ""] = words;
  if (words.length <= 1) return first !== "";
  if (words.length === 2 && first === "!") return second === "";
  if (words.length === 2) return ofOne(shell, first, second);
  const compare = words.length === 3 && BINARY[second];
  if (compare) return compare(first, third);
  if (first === "!" && words.length <= 4) return !conditionOf(shell, words.slice(1));
  throw new Unknown(`[ ${words.join(" ")} ]`);
}

function ofOne({ machine: { fs } }: Shell, operator: string, operand: string): boolean {
  const path = fs.path(operand);
  const there = operand !== "" && fs.exists(path) && fs.reachable(path);
  switch (operator) {
    case "-z":
      return operand === "";
    case "-n":
      return operand !== "";
    case "-e":
      return there;
    case "-f":
      return there && !fs.isDirectory(path);
    case "-d":
      return there && fs.isDirectory(path);
    case "-s":
      return there && (fs.isDirectory(path) || fs.node(path).content !== "");
    default:
      throw new Unknown(`[ ${operator} ${operand} ]`);
  }
}

const BINARY: Record<string, ((left: string, right: string) => boolean) | undefined> = {
  "=": (a, b) => a === b,
  "!=": (a, b) => a !== b,
  "-eq": (a, b) => number(a) === number(b),
  "-gt": (a, b) => number(a) > number(b),
  "-ge": (a, b) => number(a) >= number(b),
  "-lt": (a, b) => number(a) < number(b),
  "-le": (a, b) => number(a) <= number(b),
};

/** What is compared is no number: the command fails with 2, and the script goes on. */
export class NoNumber extends Error {}

function number(text: string): bigint {
  if (!/^-?\d{1,19}$/.test(text)) throw new NoNumber(`Illegal number: ${text}`);
  return BigInt(text);
}
