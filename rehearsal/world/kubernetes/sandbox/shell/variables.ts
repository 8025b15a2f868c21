/** The builtins that set variables, positional parameters and options. */
import { assign, Failed, valueOf, type Shell } from "./state.ts";

const NAME = /^[A-Za-z_]\w*$/;

function print(shell: Shell, text: string): void {
  shell.channels.get(1)?.write?.(text);
}

export function declare(shell: Shell, args: string[], name: string): number {
  const marks = name === "export" ? { exported: true } : { readonly: true };
  const rest = args.filter((arg) => arg !== "-p");
  if (rest.length === 0) {
    for (const [key, variable] of [...shell.variables].sort(([a], [b]) => (a < b ? -1 : 1))) {
      if (name === "export" ? variable.exported : variable.readonly)
        print(shell, `${name} ${key}='${variable.value ?? ""}'\n`);
    }
  }
  for (const arg of rest) {
    const [key = "", value] = split(arg, name);
    if (value !== undefined) assign(shell, key, value);
    shell.variables.set(key, { ...shell.variables.get(key), ...marks });
  }
  return 0;
}

function split(arg: string, command: string): [string, string | undefined] {
  const at = arg.indexOf("=");
  const key = at < 0 ? arg : arg.slice(0, at);
  if (!NAME.test(key)) throw new Failed(`${command}: ${arg}: bad variable name`);
  return [key, at < 0 ? undefined : arg.slice(at + 1)];
}

export function local(shell: Shell, args: string[]): number {
  if (!shell.locals) throw new Failed("local: not in a function");
  for (const arg of args) {
    const [key, value] = split(arg, "local");
    if (!shell.locals.has(key)) shell.locals.set(key, shell.variables.get(key));
    if (value !== undefined) assign(shell, key, value);
  }
  return 0;
}

export function unset(shell: Shell, args: string[]): number {
  const functions = args[0] === "-f";
  for (const name of args.filter((arg) => arg !== "-f" && arg !== "-v")) {
    if (functions) shell.functions.delete(name);
    else if (shell.variables.get(name)?.readonly) throw new Failed(`unset: ${name}: is read only`);
    else shell.variables.delete(name);
  }
  return 0;
}

export function set(shell: Shell, args: string[]): number {
  const rest = [...args];
  while (/^[-+]./.test(rest[0] ?? "") && rest[0] !== "--") {
    const word = rest.shift()!;
    for (const letter of word.slice(1)) {
      const option = letter === "o" ? rest.shift() : letter;
      const known = {
        errexit: "e",
        nounset: "u",
        noglob: "f",
        xtrace: "x",
        allexport: "a",
        pipefail: "pipefail",
      };
      const wanted = letter === "o" ? known[option as keyof typeof known] : option;
      if (wanted === undefined || (letter !== "o" && !"aefux".includes(letter)))
        throw new Failed(`set: illegal option ${word} ${option ?? ""}`.trimEnd());
      if (word.startsWith("-")) shell.options.add(wanted);
      else shell.options.delete(wanted);
    }
  }
  if (rest[0] === "--") shell.args = rest.slice(1);
  else if (rest.length > 0) shell.args = rest;
  return 0;
}

export function shift(shell: Shell, [text = "1"]: string[]): number {
  const count = Number(text);
  if (!/^\d+$/.test(text) || count > shell.args.length) throw new Failed("shift: can't shift that many");
  shell.args = shell.args.slice(count);
  return 0;
}

export function read(shell: Shell, args: string[]): number {
  const raw = args.some((arg) => /^-\w*r/.test(arg));
  const names = args.filter((arg) => !/^-r+$/.test(arg));
  const input = shell.channels.get(0)?.input;
  let line = input?.line();
  const ended = () => (line?.ended ? 0 : 1);
  let text = line?.text ?? "";
  while (!raw && /(^|[^\\])(\\\\)*\\$/.test(text) && line?.ended) {
    line = input?.line();
    text = shell.machine.budget.spend(text.slice(0, -1) + (line?.text ?? ""));
  }
  const spaces = [...(valueOf(shell, "IFS") ?? " \t\n")];
  const variables = names.length > 0 ? names : ["REPLY"];
  const letters = [...text.matchAll(raw ? /[^]/g : /\\?[^]/g)].map(([letter]) => letter);
  const blank = (letter: string | undefined) =>
    letter !== undefined && spaces.includes(letter) && /\s/.test(letter);
  while (blank(letters[0])) letters.shift();
  for (const [index, name] of variables.entries()) {
    if (!NAME.test(name)) throw new Failed(`read: ${name}: bad variable name`);
    let word: string[];
    if (index === variables.length - 1) {
      word = letters.splice(0);
      while (blank(word.at(-1))) word.pop();
    } else {
      const end = letters.findIndex((letter) => spaces.includes(letter));
      word = letters.splice(0, end < 0 ? letters.length : end);
      while (blank(letters[0])) letters.shift();
      if (letters[0] !== undefined && spaces.includes(letters[0]) && end >= 0) {
        if (!blank(letters[0])) letters.shift();
        while (blank(letters[0])) letters.shift();
      }
    }
    assign(shell, name, word.map((letter) => (raw ? letter : letter.replace(/^\\/, ""))).join(""));
  }
  return ended();
}
