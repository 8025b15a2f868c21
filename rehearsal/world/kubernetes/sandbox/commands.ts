/**
 * The commands that a container's script may use, in busybox's manner and on the simulated files alone. Anything else is "not
 * found", as in a small image.
 */
import { posix } from "node:path";
import { fail, ok, splitOptions, type Answer, type Call } from "./answers.ts";
import type { ContainerFs } from "./filesystem.ts";
import { df, id, ls, mountpoint, stat, userName } from "./inspect.ts";
import { copy, isMountPoint, makeDirectories, touch } from "./making.ts";
import { chmod, chown } from "./ownership.ts";
import { bounded } from "./shell/budget.ts";
import { TEXT_COMMANDS } from "./text/index.ts";

/** What a container reaches besides its files. */
export interface Outside {
  sleep: (seconds: number) => Promise<void>;
  fetch: (url: URL) => Promise<string>;
  hostname: string;
  /** Seconds since 1970. */
  now: () => number;
}

type Command = (fs: ContainerFs, call: Call, outside: Outside) => Answer | Promise<Answer>;

const chowned: Command = (fs, call) =>
  each(fs, call, (path, shown, options) => chown(fs, call.name, path, shown, options[0] ?? ""), 1);
const removed: Command = (fs, call) =>
  each(fs, call, (path, shown, _options, flags) => remove(fs, call.name, path, shown, flags), 0);

const COMMANDS = new Map<string, Command>([
  [
    "chmod",
    (fs, call) =>
      each(fs, call, (path, shown, options) => chmod(fs, path, shown, options[0] ?? "", call.umask), 1),
  ],
  ["chown", chowned],
  ["chgrp", chowned],
  ["mv", copy],
  ["cp", copy],
  ["rm", removed],
  ["rmdir", removed],
  ["mkdir", makeDirectories],
  ["touch", touch],
  ["truncate", touch],
  ["stat", (fs, { args, cwd }) => stat(fs, args, cwd)],
  ["df", (fs, { args, cwd }) => df(fs, args, cwd)],
  ["mountpoint", (fs, { args, cwd }) => mountpoint(fs, args, cwd)],
  ["ls", (fs, { args, cwd }) => ls(fs, args, cwd)],
  ["id", (fs, { args }) => id(fs.identity, args)],
  ["whoami", (fs) => ok(`${userName(fs.identity.uid)}\n`)],
  ["hostname", (_fs, _call, outside) => ok(`${outside.hostname}\n`)],
  ["wget", (_fs, { args }, outside) => wget(args, outside.fetch)],
  ["date", (_fs, { args }, outside) => date(args, outside.now())],
  ["sync", () => ok()],
  ["sleep", (_fs, { args }, outside) => sleep(args, outside)],
  ["env", environment],
  ["timeout", timed],
  ...Object.entries(TEXT_COMMANDS),
]);

/** Builtins of the shell that are programs as well, and the shell itself. */
const OTHERS = ["sh", "ash", "true", "false", "echo", "printf", "test", "["];

export const PROGRAMS = [...COMMANDS.keys(), ...OTHERS];

export function runCommand(fs: ContainerFs, call: Call, outside: Outside): Answer | Promise<Answer> {
  const command = COMMANDS.get(call.name);
  // What does not wait has a limit of its own: it gives way to nothing while it works.
  return command
    ? bounded(() => command(fs, call, outside))
    : { code: 127, out: "", err: `sh: ${call.name}: not found\n` };
}

/** Busybox's, as far as it writes to standard output (`-O -`). */
async function wget(args: string[], fetch: (url: URL) => Promise<string>): Promise<Answer> {
  const { values, rest } = splitOptions(args, ["O", "T"]);
  const [url = ""] = rest;
  if (!URL.canParse(url) || values.get("O") !== "-")
    return fail("wget: only `-O - URL` is part of this rehearsal");
  try {
    return ok(await fetch(new URL(url)));
  } catch (error) {
    return fail(`wget: ${(error as Error).message}`);
  }
}

async function sleep(args: string[], outside: Outside): Promise<Answer> {
  const units: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86400 };
  const wrong = args.find((arg) => !/^\d+(\.\d+)?[smhd]?$/.test(arg));
  if (args.length === 0 || wrong !== undefined) return fail(`sleep: invalid number '${wrong ?? ""}'`);
  for (const arg of args) await outside.sleep(parseFloat(arg) * (units[arg.slice(-1)] ?? 1));
  return ok();
}

function date(args: string[], now: number): Answer {
  const [format] = args.filter((arg) => arg !== "-u");
  const shown = new Date(now * 1000).toISOString();
  const fields: Record<string, string> = {
    s: String(Math.floor(now)),
    Y: shown.slice(0, 4),
    m: shown.slice(5, 7),
    d: shown.slice(8, 10),
    H: shown.slice(11, 13),
    M: shown.slice(14, 16),
    S: shown.slice(17, 19),
    F: shown.slice(0, 10),
    T: shown.slice(11, 19),
    "%": "%",
  };
  if (format === undefined) return ok(`${fields["F"]} ${fields["T"]} UTC\n`);
  if (!format.startsWith("+")) return fail(`date: invalid date '${format}'`);
  return ok(`${format.slice(1).replace(/%([a-zA-Z%])/g, (whole, key: string) => fields[key] ?? whole)}\n`);
}

async function environment(_fs: ContainerFs, call: Call): Promise<Answer> {
  const args = [...call.args];
  const variables = new Map(args[0] === "-i" ? [] : call.environment);
  if (args[0] === "-i") args.shift();
  while (/^[A-Za-z_]\w*=/.test(args[0] ?? "")) {
    const [name = "", value = ""] = args.shift()!.split(/=(.*)/s, 2);
    variables.set(name, value);
  }
  if (args.length === 0) return ok([...variables].map(([name, value]) => `${name}=${value}\n`).join(""));
  return { ...ok(), code: await call.run(args, variables) };
}

/** Time is simulated: what runs inside takes none of it but by sleeping, so that nothing runs into this limit. */
async function timed(_fs: ContainerFs, call: Call): Promise<Answer> {
  const { rest } = splitOptions(call.args.slice(0, 3), ["s", "k"]);
  const at = call.args.indexOf(rest[0] ?? "");
  if (at < 0 || !/^\d+[smhd]?$/.test(rest[0] ?? "")) return fail("timeout: invalid number");
  return { ...ok(), code: await call.run(call.args.slice(at + 1)) };
}

type Visit = (path: string, shown: string, options: string[], flags: Set<string>) => string | undefined;

/** Does something to each operand; a visit returns what went wrong. `-R` goes down, `-f` is quiet about missing files. */
function each(fs: ContainerFs, { name, args, cwd }: Call, visit: Visit, leading: number): Answer {
  const { flags, rest } = splitOptions(modeSafe(args), []);
  const options = rest.slice(0, leading);
  const names = rest.slice(leading);
  if (names.length === 0 && !flags.has("f")) return fail(`${name}: missing operand`);
  const errors: string[] = [];
  for (const shown of names) {
    const path = fs.path(shown, cwd);
    if (!fs.exists(path)) {
      if (!flags.has("f")) errors.push(`${name}: ${shown}: No such file or directory`);
      continue;
    }
    const below = flags.has("R") && name !== "rm" ? fs.below(path) : [];
    for (const target of [path, ...below]) {
      const problem = visit(target, target, options, flags);
      if (problem) errors.push(`${name}: ${problem}`);
    }
  }
  return errors.length > 0 ? fail(...errors) : ok();
}

/** `chmod -x file` and `chmod -rwx`: a mode that looks like an option. */
function modeSafe(args: string[]): string[] {
  return args.map((arg) => (/^-[rwxXst]+$/.test(arg) && arg !== "-R" && arg !== "-r" ? `a${arg}` : arg));
}

function remove(
  fs: ContainerFs,
  name: string,
  path: string,
  shown: string,
  flags: Set<string>,
): string | undefined {
  const directory = fs.isDirectory(path);
  if (directory && name === "rm" && !flags.has("r") && !flags.has("R")) return `${shown} is a directory`;
  if (name === "rmdir" && !directory) return `'${shown}': Not a directory`;
  if (name === "rmdir" && fs.list(path).length > 0) return `'${shown}': Directory not empty`;
  if ([path, ...fs.below(path)].some((inside) => isMountPoint(fs, inside)) || path === "/")
    return `${shown}: Device or resource busy`;
  const problem = fs.writeError(posix.dirname(path));
  if (problem) return `can't remove '${shown}': ${problem}`;
  fs.remove(path);
  return undefined;
}
