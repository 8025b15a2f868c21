/** The shell's own commands, as far as scripts use them. */
import { Unknown } from "../budget.ts";
import { conditionOf, NoNumber } from "./conditions.ts";
import { Leave, type Shell } from "./state.ts";

type Builtin = (shell: Shell, args: string[], name: string) => number;

export const BUILTINS = new Map<string, Builtin>([
  [":", () => 0],
  ["true", () => 0],
  ["false", () => 1],
  ["exit", leave],
  ["return", leave],
  ["break", leaveLoop],
  ["continue", leaveLoop],
  ["set", set],
  ["unset", unset],
  ["echo", echo],
  ["printf", printf],
  ["test", (shell, args) => test(shell, args)],
  ["[", (shell, args, name) => (args.pop() === "]" ? test(shell, args) : unknown(name, args))],
]);

function unknown(name: string, args: string[]): never {
  throw new Unknown([name, ...args].join(" "));
}

function leave(shell: Shell, args: string[], name: string): never {
  const [status = String(shell.status)] = args;
  if (args.length > 1 || !/^\d+$/.test(status)) unknown(name, args);
  throw new Leave(name as "exit" | "return", Number(status) & 255);
}

function leaveLoop(_shell: Shell, args: string[], name: string): never {
  if (args.length > 0) unknown(name, args);
  throw new Leave(name as "break" | "continue");
}

function set(shell: Shell, args: string[], name: string): number {
  for (const word of args) {
    if (!/^[-+][efu]+$/.test(word)) unknown(name, args);
    for (const letter of word.slice(1))
      if (word.startsWith("-")) shell.options.add(letter);
      else shell.options.delete(letter);
  }
  return 0;
}

function unset(shell: Shell, args: string[], name: string): number {
  for (const each of args) {
    if (!/^[A-Za-z_]\w*$/.test(each)) unknown(name, args);
    shell.variables.delete(each);
  }
  return 0;
}

/** Busybox's takes options, and no backslash means anything without them. */
function echo(shell: Shell, args: string[], name: string): number {
  if (args[0]?.startsWith("-")) unknown(name, args);
  shell.out(`${args.join(" ")}\n`);
  return 0;
}

/** `%s` and `\n` alone. */
function printf(shell: Shell, args: string[], name: string): number {
  const [format = "", ...values] = args;
  const places = format.match(/%s/g)?.length ?? 0;
  if (!/^(?:[^%\\]|%s|\\n)+$/.test(format) || values.length !== places) unknown(name, args);
  shell.out(format.replace(/%s|\\n/g, (each) => (each === "%s" ? values.shift()! : "\n")));
  return 0;
}

function test(shell: Shell, args: string[]): number {
  try {
    return conditionOf(shell, args) ? 0 : 1;
  } catch (error) {
    if (!(error instanceof NoNumber)) throw error;
    shell.err(`sh: ${error.message}\n`);
    return 2;
  }
}
