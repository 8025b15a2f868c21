/** Regular expressions of POSIX (XBD 9), basic and extended, as JavaScript's. */

/** @throws SyntaxError when it is none. */
export function regex(pattern: string, options: { extended: boolean; ignoreCase?: boolean }): RegExp {
  return new RegExp(translated(pattern, options.extended), options.ignoreCase ? "gi" : "g");
}

export function literal(text: string, ignoreCase = false): RegExp {
  return new RegExp(text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&"), ignoreCase ? "gi" : "g");
}

function translated(pattern: string, extended: boolean): string {
  let made = "";
  for (let i = 0; i < pattern.length; i++) {
    const letter = pattern[i]!;
    if (letter === "[") {
      const end = endOfBracket(pattern, i);
      made += bracket(pattern.slice(i + 1, end));
      i = end;
    } else if (letter === "\\") {
      const next = pattern[++i];
      if (next === undefined) throw new SyntaxError("trailing backslash");
      if (!extended && "(){}|+?".includes(next)) made += next;
      else if (/[1-9wWsSbBntr]/.test(next)) made += `\\${next}`;
      else if (next === "<" || next === ">") made += "\\b";
      else made += `\\${next}`.replace(/^\\([A-Za-z])$/, "$1");
    } else if (!extended && "(){}|+?".includes(letter)) made += `\\${letter}`;
    else if (!extended && letter === "*" && (i === 0 || /(^|\\\(|\\\||^\^)$/.test(pattern.slice(0, i))))
      made += "\\*";
    else if (!extended && letter === "^" && i > 0 && !/\\[(|]$/.test(pattern.slice(0, i))) made += "\\^";
    else if (!extended && letter === "$" && i < pattern.length - 1 && !/^\\[)|]/.test(pattern.slice(i + 1)))
      made += "\\$";
    else if (extended && letter === "{" && !/^\{\d*,?\d*\}/.test(pattern.slice(i))) made += "\\{";
    else if (letter === ".") made += "[^\\n]";
    else made += letter;
  }
  return made;
}

function endOfBracket(pattern: string, start: number): number {
  let at = start + 1;
  if (pattern[at] === "^") at++;
  if (pattern[at] === "]") at++;
  while (at < pattern.length && pattern[at] !== "]") {
    const special = /^\[([:.=])/.exec(pattern.slice(at, at + 2))?.[1];
    const close = special === undefined ? -1 : pattern.indexOf(`${special}]`, at + 2);
    at = close < 0 ? at + 1 : close + 2;
  }
  if (at >= pattern.length) throw new SyntaxError("brackets ([ ]) not balanced");
  return at;
}

export const CLASSES: Record<string, string> = {
  alpha: "A-Za-z",
  digit: "0-9",
  alnum: "A-Za-z0-9",
  upper: "A-Z",
  lower: "a-z",
  space: " \\t\\n\\r\\f\\v",
  blank: " \\t",
  punct: "!-/:-@\\[-`{-~",
  print: " -~",
  graph: "!-~",
  cntrl: "\\x00-\\x1f\\x7f",
  xdigit: "A-Fa-f0-9",
};

function bracket(inside: string): string {
  const not = inside.startsWith("^");
  const set = inside.slice(not ? 1 : 0).replace(/\[:([a-z]+):\]|[\\\][^]/g, (whole, name?: string) => {
    if (name === undefined) return `\\${whole}`;
    const known = CLASSES[name];
    if (known === undefined) throw new SyntaxError(`invalid character class ${name}`);
    return known;
  });
  return `[${not ? "^" : ""}${set}]`;
}
