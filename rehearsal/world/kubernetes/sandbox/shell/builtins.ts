/** The shell's own commands, special ones (POSIX, XCU 2.14) and others. What busybox has beyond these is not found. */
import { applyMode } from "../modes.ts";
import { conditionOf } from "./conditions.ts";
import { runList } from "./execute.ts";
import { escaped, formatted } from "./printf.ts";
import { DEFAULT_PATH, find, runWords } from "./simple.ts";
import { assign, Failed, Leave, say, valueOf, type Shell } from "./state.ts";
import { declare, local, read, set, shift, unset } from "./variables.ts";
import { parseScript } from "./substitute.ts";

type Builtin = (shell: Shell, args: string[], name: string) => number | Promise<number>;

/** Those after which assignments stay, and whose errors end the shell. */
export const SPECIAL = new Set(
  ": . break continue eval exec exit export readonly return set shift trap unset".split(" "),
);
/** Those whose arguments of the form name=value are assignments. */
export const DECLARING = new Set(["export", "readonly", "local"]);

export const BUILTINS = new Map<string, Builtin>([
  [":", () => 0],
  ["true", () => 0],
  ["false", () => 1],
  [".", source],
  ["eval", (shell, args) => runList(shell, parseScript(args.join(" ")).commands)],
  ["exit", (shell, args) => leave("exit", args[0], shell.status)],
  ["return", (shell, args) => leave("return", args[0], shell.status)],
  ["break", (shell, args) => leaveLoop(shell, "break", args[0])],
  ["continue", (shell, args) => leaveLoop(shell, "continue", args[0])],
  ["export", declare],
  ["readonly", declare],
  ["local", local],
  ["unset", unset],
  ["set", set],
  ["shift", shift],
  ["trap", trap],
  ["cd", cd],
  ["pwd", (shell) => print(shell, `${shell.cwd}\n`)],
  ["echo", echo],
  ["printf", (shell, args) => printf(shell, args)],
  ["read", read],
  ["test", test],
  ["[", test],
  ["command", command],
  ["type", (shell, args) => command(shell, ["-V", ...args])],
  ["umask", umask],
  ["wait", wait],
]);

function print(shell: Shell, text: string): number {
  shell.channels.get(1)?.write?.(text);
  return 0;
}

function leave(kind: "exit" | "return", text: string | undefined, status: number): never {
  if (text !== undefined && !/^\d+$/.test(text)) throw new Failed(`${kind}: Illegal number: ${text}`);
  throw new Leave(kind, text === undefined ? status : Number(text) & 255);
}

function leaveLoop(shell: Shell, kind: "break" | "continue", text = "1"): number {
  if (!/^[1-9]\d*$/.test(text)) throw new Failed(`${kind}: Illegal number: ${text}`);
  if (shell.loops === 0) return 0;
  throw new Leave(kind, Number(text));
}

async function source(shell: Shell, [file]: string[]): Promise<number> {
  if (file === undefined) return 0;
  const { fs } = shell.machine;
  const path = find(shell, file, valueOf(shell, "PATH") ?? DEFAULT_PATH);
  const problem =
    path === undefined ? "not found" : fs.isDirectory(path) ? "Is a directory" : fs.readError(path);
  if (path === undefined || problem !== undefined) throw new Failed(`.: can't open '${file}': ${problem}`);
  const { depth } = shell;
  shell.depth = shell.machine.budget.deepen(depth);
  try {
    return await runList(shell, parseScript(fs.read(path)).commands);
  } catch (error) {
    if (error instanceof Leave && error.kind === "return") return error.count;
    throw error;
  } finally {
    shell.depth = depth;
  }
}

/** Nobody sends a script signals here, so only its end counts. */
function trap(shell: Shell, args: string[]): number {
  const [action, ...conditions] = args[0] === "--" ? args.slice(1) : args;
  if (action === undefined) {
    return shell.onExit === undefined ? 0 : print(shell, `trap -- '${shell.onExit}' EXIT\n`);
  }
  const alone = conditions.length === 0;
  for (const condition of alone ? [action] : conditions) {
    if (condition === "EXIT" || condition === "0")
      shell.onExit = alone || action === "-" ? undefined : action;
    else if (!/^(SIG)?(HUP|INT|QUIT|TERM|USR1|USR2|PIPE|ALRM|\d+)$/.test(condition))
      throw new Failed(`trap: ${condition}: bad trap`);
  }
  return 0;
}

function cd(shell: Shell, args: string[]): number {
  const { fs } = shell.machine;
  const [wanted = valueOf(shell, "HOME") ?? "/"] = args.filter((arg) => arg !== "--" && arg !== "-P");
  const path = fs.path(wanted === "-" ? (valueOf(shell, "OLDPWD") ?? shell.cwd) : wanted, shell.cwd);
  if (!fs.isDirectory(path) || !fs.may(path, "x")) {
    say(shell, `cd: can't cd to ${wanted}`);
    return 1;
  }
  assign(shell, "OLDPWD", shell.cwd);
  assign(shell, "PWD", path);
  shell.cwd = path;
  return wanted === "-" ? print(shell, `${path}\n`) : 0;
}

/** Busybox's: `-n` and `-e` count. */
function echo(shell: Shell, args: string[]): number {
  let from = 0;
  while (/^-[neE]+$/.test(args[from] ?? "")) from++;
  const options = args.slice(0, from).join("");
  const text = args.slice(from).join(" ");
  const shown = options.includes("e") ? escaped(text) : { text, stop: false };
  return print(shell, shown.text + (options.includes("n") || shown.stop ? "" : "\n"));
}

function printf(shell: Shell, args: string[]): number {
  const [format, ...values] = args[0] === "--" ? args.slice(1) : args;
  if (format === undefined) throw new Failed("printf: usage: printf FORMAT [ARG]...");
  const { text, problems } = formatted(format, values, (made) => shell.machine.budget.spend(made));
  for (const problem of problems) say(shell, `printf: ${problem}`);
  print(shell, text);
  return problems.length > 0 ? 1 : 0;
}

function test(shell: Shell, args: string[], name: string): number {
  if (name === "[" && args.pop() !== "]") {
    say(shell, "[: missing ]");
    return 2;
  }
  const answer = conditionOf(shell, args);
  if (typeof answer === "boolean") return answer ? 0 : 1;
  say(shell, `${name}: ${answer.problem}`);
  return 2;
}

async function command(shell: Shell, args: string[]): Promise<number> {
  const options = args.filter(
    (arg, index) => /^-[pvV]$/.test(arg) && args.slice(0, index).every((each) => /^-/.test(each)),
  );
  const words = args.slice(options.length);
  const path = options.includes("-p") ? DEFAULT_PATH : (valueOf(shell, "PATH") ?? DEFAULT_PATH);
  if (!options.includes("-v") && !options.includes("-V")) {
    return words.length === 0 ? 0 : runWords(shell, words, { functions: false, path });
  }
  let status = 0;
  for (const name of words) {
    const own = shell.functions.has(name) || BUILTINS.has(name) || name === "exec";
    const found = own ? name : find(shell, name, path);
    const verbose = options.includes("-V");
    if (found === undefined || (!own && !shell.machine.fs.exists(found))) {
      if (verbose) print(shell, `${name}: not found\n`);
      status = 127;
    } else
      print(shell, verbose ? `${name} is ${own ? "a shell builtin or function" : found}\n` : `${found}\n`);
  }
  return status;
}

function umask(shell: Shell, [text]: string[]): number {
  if (text === undefined) return print(shell, `${shell.umask.toString(8).padStart(4, "0")}\n`);
  const allowed = { mode: 0o777 & ~shell.umask, directory: true };
  const mode = /^[0-7]+$/.test(text) ? parseInt(text, 8) : applyMode(text, allowed, 0);
  if (mode === undefined) throw new Failed(`umask: illegal mode: ${text}`);
  shell.umask = (/^[0-7]+$/.test(text) ? mode : ~mode) & 0o777;
  return 0;
}

async function wait(shell: Shell, ids: string[]): Promise<number> {
  if (ids.length === 0) {
    await Promise.all(shell.jobs);
    return 0;
  }
  let status = 0;
  for (const id of ids) status = (await shell.jobs[Number(id) - 2]) ?? 127;
  return status;
}
