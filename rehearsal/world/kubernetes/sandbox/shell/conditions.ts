/** `test` and `[` (POSIX, XCU test; `-a`, `-o` and parentheses as busybox has them). */
import type { Shell } from "./state.ts";

class Problem extends Error {}

export function conditionOf(shell: Shell, words: string[]): boolean | { problem: string } {
  let at = 0;

  function either(): boolean {
    let value = both();
    while (words[at] === "-o") {
      at++;
      value = both() || value;
    }
    return value;
  }

  function both(): boolean {
    let value = negated();
    while (words[at] === "-a") {
      at++;
      value = negated() && value;
    }
    return value;
  }

  function negated(): boolean {
    if (words[at] === "!" && at + 1 < words.length) {
      at++;
      return !negated();
    }
    return primary();
  }

  function primary(): boolean {
    const [first, operator, second] = words.slice(at, at + 3);
    if (first === undefined) throw new Problem("argument expected");
    const compare = operator === undefined ? undefined : BINARY[operator];
    if (compare && second !== undefined) {
      at += 3;
      return compare(first, second);
    }
    if (first === "(" && operator !== undefined) {
      at++;
      const value = either();
      if (words[at++] !== ")") throw new Problem("closing paren expected");
      return value;
    }
    if (/^-[a-zA-Z]$/.test(first) && operator !== undefined) {
      at += 2;
      return unary(shell, first, operator);
    }
    at++;
    return first !== "";
  }

  if (words.length === 0) return false;
  try {
    const value = either();
    return at === words.length ? value : { problem: `${words[at]}: unexpected operator` };
  } catch (error) {
    if (error instanceof Problem) return { problem: error.message };
    throw error;
  }
}

function unary(shell: Shell, operator: string, operand: string): boolean {
  if (operator === "-z") return operand === "";
  if (operator === "-n") return operand !== "";
  if (operator === "-t") return false;
  const { fs } = shell.machine;
  const path = fs.path(operand, shell.cwd);
  const device = /^\/dev\/(null|std(in|out|err))$/.test(path);
  if (device) return "-c -e -r -w".split(" ").includes(operator);
  const there = operand !== "" && fs.exists(path) && fs.reachable(path);
  switch (operator) {
    case "-e":
      return there;
    case "-f":
      return there && !fs.isDirectory(path);
    case "-d":
      return there && fs.isDirectory(path);
    case "-s":
      return there && (fs.isDirectory(path) || fs.read(path) !== "");
    case "-r":
    case "-x":
      return there && fs.may(path, operator === "-r" ? "r" : "x");
    case "-w":
      return there && (fs.isDirectory(path) ? fs.writeError(path) : fs.fileWriteError(path)) === undefined;
    case "-O":
      return there && fs.node(path).uid === fs.identity.uid;
    case "-G":
      return there && fs.node(path).gid === fs.identity.gid;
    case "-u":
    case "-g":
    case "-k":
      return there && (fs.node(path).mode & { "-u": 0o4000, "-g": 0o2000, "-k": 0o1000 }[operator]) !== 0;
    case "-b":
    case "-c":
    case "-p":
    case "-S":
    case "-L":
    case "-h":
      return false;
    default:
      throw new Problem(`${operator}: unknown operand`);
  }
}

const BINARY: Record<string, (left: string, right: string) => boolean> = {
  "=": (a, b) => a === b,
  "==": (a, b) => a === b,
  "!=": (a, b) => a !== b,
  "<": (a, b) => a < b,
  ">": (a, b) => a > b,
  "-eq": (a, b) => number(a) === number(b),
  "-ne": (a, b) => number(a) !== number(b),
  "-gt": (a, b) => number(a) > number(b),
  "-ge": (a, b) => number(a) >= number(b),
  "-lt": (a, b) => number(a) < number(b),
  "-le": (a, b) => number(a) <= number(b),
};

function number(text: string): bigint {
  if (!/^\s*[-+]?\d{1,19}\s*$/.test(text)) throw new Problem(`Illegal number: ${text}`);
  return BigInt(text.trim().replace(/^\+/, ""));
}
