/** Simple commands: assignments, redirections, and then a builtin, a function or a command of the image (POSIX, XCU 2.9.1). */
import type { Assignment, Command } from "unbash";
import { posix } from "node:path";
import { runCommand } from "../commands.ts";
import { BUILTINS, DECLARING, SPECIAL } from "./builtins.ts";
import { runBody, runList } from "./execute.ts";
import { expandText, expandWords, notPosix } from "./expand.ts";
import { redirected } from "./redirect.ts";
import {
  assign,
  environmentOf,
  Failed,
  Leave,
  newShell,
  say,
  valueOf,
  type Shell,
  type Variable,
} from "./state.ts";
import { parseScript, toTheEnd } from "./substitute.ts";

export const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

export async function runSimple(shell: Shell, command: Command): Promise<number> {
  shell.substituted = 0;
  const name = command.name ? await expandWords(shell, [command.name]) : [];
  const words = [...name, ...(await argumentsOf(shell, command, DECLARING.has(name[0] ?? "")))];
  const values: [string, string][] = [];
  for (const each of command.prefix)
    if (each.type === "Assignment") values.push(await valueOfAssignment(shell, each));
  if (shell.options.has("x") && words.length > 0)
    shell.channels.get(2)?.write?.(`+ ${[...values.map((pair) => pair.join("=")), ...words].join(" ")}\n`);
  const channels = await redirected(shell, command.redirects);
  if ("problem" in channels) {
    if (SPECIAL.has(words[0] ?? "")) throw new Failed(channels.problem, 1);
    say(shell, channels.problem);
    return 1;
  }
  if (words.length === 0) {
    for (const [variable, value] of values) assign(shell, variable, value);
    return shell.substituted;
  }
  if (words[0] === "exec") {
    shell.channels = channels;
    for (const [variable, value] of values) assign(shell, variable, value);
    if (words.length === 1) return 0;
    throw new Leave("exit", await runWords(shell, words.slice(1), { functions: false }));
  }
  const before = shell.channels;
  shell.channels = channels;
  try {
    if (SPECIAL.has(words[0]!)) {
      for (const [variable, value] of values) assign(shell, variable, value);
      return await runWords(shell, words);
    }
    return await withValues(shell, values, () => runWords(shell, words));
  } finally {
    shell.channels = before;
  }
}

async function argumentsOf(shell: Shell, { suffix }: Command, declares: boolean): Promise<string[]> {
  const words: string[] = [];
  for (const each of suffix) {
    if (each.type === "Word") words.push(...(await expandWords(shell, [each])));
    else if (each.type === "Assignment") {
      const { name, value, text } = each;
      if (value.type === "ArrayValue" || each.index) throw notPosix(text);
      const sign = each.append ? "+=" : "=";
      if (declares) words.push(`${name}${sign}${await expandText(shell, value)}`);
      else {
        const [first = "", ...more] = await expandWords(shell, [value]);
        words.push(`${name}${sign}${first}`, ...more);
      }
    }
  }
  return words;
}

async function valueOfAssignment(shell: Shell, each: Assignment): Promise<[string, string]> {
  if (each.value.type === "ArrayValue" || each.index || each.append) throw notPosix(each.text);
  return [each.name, await expandText(shell, each.value)];
}

/** Variables for the time of one command. */
async function withValues(
  shell: Shell,
  values: [string, string][],
  act: () => Promise<number>,
): Promise<number> {
  const before: [string, Variable | undefined][] = values.map(([name]) => [name, shell.variables.get(name)]);
  for (const [name, value] of values) {
    assign(shell, name, value);
    shell.variables.get(name)!.exported = true;
  }
  try {
    return await act();
  } finally {
    for (const [name, variable] of before) restore(shell, name, variable);
  }
}

function restore(shell: Shell, name: string, variable: Variable | undefined): void {
  if (variable) shell.variables.set(name, variable);
  else shell.variables.delete(name);
}

export async function runWords(
  shell: Shell,
  words: string[],
  { functions = true, path }: { functions?: boolean; path?: string } = {},
): Promise<number> {
  const [name = "", ...args] = words;
  await shell.machine.budget.step();
  const builtin = BUILTINS.get(name);
  const body = functions && !SPECIAL.has(name) ? shell.functions.get(name) : undefined;
  if (body && body.type !== "CompoundList") return callFunction(shell, args, () => runBody(shell, body));
  if (builtin) return builtin(shell, args, name);
  return runProgram(shell, words, path ?? valueOf(shell, "PATH") ?? DEFAULT_PATH);
}

async function callFunction(shell: Shell, args: string[], act: () => Promise<number>): Promise<number> {
  const { args: outerArgs, locals: outerLocals, loops, depth } = shell;
  shell.depth = shell.machine.budget.deepen(depth);
  const locals = new Map<string, Variable | undefined>();
  Object.assign(shell, { args, locals, loops: 0 });
  try {
    return await act();
  } catch (error) {
    if (error instanceof Leave && error.kind === "return") return error.count;
    throw error;
  } finally {
    for (const [name, variable] of locals) restore(shell, name, variable);
    Object.assign(shell, { args: outerArgs, locals: outerLocals, loops, depth });
  }
}

/** Where a command of that name lies. */
export function find(shell: Shell, name: string, path: string): string | undefined {
  const { fs } = shell.machine;
  if (name.includes("/")) return fs.path(name, shell.cwd);
  return path
    .split(":")
    .map((directory) => posix.join(fs.path(directory, shell.cwd), name))
    .find((each) => fs.exists(each) && !fs.isDirectory(each));
}

async function runProgram(shell: Shell, words: string[], searched: string): Promise<number> {
  const [name = "", ...args] = words;
  const { fs, budget, outside } = shell.machine;
  const path = name === "" ? undefined : find(shell, name, searched);
  if (path === undefined || !fs.exists(path)) {
    say(shell, `${name}: not found`);
    return 127;
  }
  if (fs.isDirectory(path) || !fs.may(path, "x")) {
    say(shell, `${name}: Permission denied`);
    return 126;
  }
  const { program } = fs.node(path);
  if (program === undefined) {
    if (!fs.may(path, "r")) return (say(shell, `${name}: Permission denied`), 126);
    return runScript(shell, { text: fs.read(path), name, args });
  }
  if (program === "sh") return runSh(shell, args);
  const builtin = BUILTINS.get(program);
  if (builtin) return builtin(shell, args, program);
  const write = (fd: number) => (bytes: string) => shell.channels.get(fd)?.write?.(budget.spend(bytes));
  const answer = await runCommand(
    fs,
    {
      name: program,
      args,
      cwd: shell.cwd,
      umask: shell.umask,
      environment: environmentOf(shell),
      input: () => shell.channels.get(0)?.input?.rest() ?? "",
      run: (inner, environment) => runInner(shell, inner, environment),
    },
    outside,
  );
  write(1)(answer.out);
  write(2)(answer.err);
  return answer.code;
}

/** For commands that run others: `env`, `xargs`, `timeout`. */
function runInner(shell: Shell, words: string[], environment = environmentOf(shell)): Promise<number> {
  const inner = fresh(shell, environment);
  return toTheEnd(inner, () => runProgram(inner, words, environment.get("PATH") ?? DEFAULT_PATH));
}

function fresh(shell: Shell, environment: Map<string, string>): Shell {
  const { machine, cwd, umask } = shell;
  const depth = machine.budget.deepen(shell.depth);
  const channels = new Map(shell.channels);
  return Object.assign(newShell(machine, { environment, channels, cwd, depth }), { umask });
}

function runScript(
  shell: Shell,
  { text, name, args, options = [] }: { text: string; name: string; args: string[]; options?: string[] },
): Promise<number> {
  const inner = fresh(shell, environmentOf(shell));
  Object.assign(inner, { name, args, options: new Set(options) });
  return toTheEnd(inner, () => runList(inner, parseScript(text).commands));
}

/** `sh -c 'script' name args`, `sh file args`, or a script from standard input. */
async function runSh(shell: Shell, args: string[]): Promise<number> {
  const options: string[] = [];
  let rest = [...args];
  let command = false;
  while (/^[-+][A-Za-z]+$/.test(rest[0] ?? "")) {
    const letters = [...rest.shift()!.slice(1)];
    if (letters.includes("o")) options.push(rest.shift() ?? "");
    command ||= letters.includes("c");
    options.push(...letters.filter((letter) => !"cosil".includes(letter)));
  }
  if (rest[0] === "--") rest = rest.slice(1);
  if (command) {
    const [text, name = "sh", ...more] = rest;
    if (text === undefined) throw new Failed("-c requires an argument");
    return runScript(shell, { text, name, args: more, options });
  }
  const [file, ...more] = rest;
  if (file === undefined) {
    const text = shell.channels.get(0)?.input?.rest() ?? "";
    return runScript(shell, { text, name: "sh", args: [], options });
  }
  const { fs } = shell.machine;
  const path = fs.path(file, shell.cwd);
  const problem = fs.isDirectory(path) ? "Is a directory" : fs.readError(path);
  if (problem !== undefined) {
    say(shell, `can't open '${file}': ${problem}`);
    return 2;
  }
  return runScript(shell, { text: fs.read(path), name: file, args: more, options });
}
