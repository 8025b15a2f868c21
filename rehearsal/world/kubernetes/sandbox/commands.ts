/**
 * The commands that a container's script may use. Those that touch owners, modes or directories are done here on the
 * simulated files; those that only read or filter run for real once the reading is allowed; anything else is "not found",
 * as in a small image.
 */
import { dirname, join } from "node:path";
import { fail, ok, splitOptions, type Answer, type Call } from "./answers.ts";
import type { ContainerFs } from "./filesystem.ts";
import { df, id, ls, mountpoint, stat, userName } from "./inspect.ts";
import { copy, makeDirectories, touch } from "./making.ts";
import { chmod, chown } from "./ownership.ts";

/** Programs of the workstation that only read what they are given. */
export const READERS = [
  ..."cat head tail grep egrep fgrep sed awk wc cut tr sort uniq od base64 sha256sum md5sum cmp diff find xargs".split(
    " ",
  ),
  ..."dirname basename expr seq date env printf echo true false test [ sh timeout tee".split(" "),
];

export const COMMANDS = [
  ..."chown chgrp chmod mv cp rm rmdir mkdir touch ln truncate install".split(" "),
  ..."stat df mountpoint ls id whoami sleep sync hostname wget".split(" "),
];

/** What a container reaches besides its files. */
export interface Outside {
  sleep: (seconds: number) => Promise<void>;
  fetch: (url: URL) => Promise<string>;
  hostname: string;
}

export async function runCommand(fs: ContainerFs, call: Call, outside: Outside): Promise<Answer> {
  const { name, args, cwd, umask } = call;
  switch (name) {
    case "chmod":
      return each(fs, call, (path, shown, options) => chmod(fs, path, shown, options[0] ?? "", umask), 1);
    case "chown":
    case "chgrp":
      return each(fs, call, (path, shown, options) => chown(fs, name, path, shown, options[0] ?? ""), 1);
    case "mv":
    case "cp":
      return copy(fs, call);
    case "rm":
    case "rmdir":
      return each(fs, call, (path, shown, _options, flags) => remove(fs, name, path, shown, flags), 0);
    case "mkdir":
      return makeDirectories(fs, call);
    case "touch":
    case "truncate":
      return touch(fs, call);
    case "stat":
      return stat(fs, args, cwd);
    case "df":
      return df(fs, args, cwd);
    case "mountpoint":
      return mountpoint(fs, args, cwd);
    case "ls":
      return ls(fs, args, cwd);
    case "id":
      return id(fs.identity, args);
    case "whoami":
      return ok(`${userName(fs.identity.uid)}\n`);
    case "hostname":
      return ok(`${outside.hostname}\n`);
    case "wget":
      return wget(args, outside.fetch);
    case "sync":
      return ok();
    case "sleep": {
      const units: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86400 };
      for (const arg of args) await outside.sleep(parseFloat(arg) * (units[arg.slice(-1)] ?? 1) || 0);
      return ok();
    }
    default:
      return READERS.includes(name)
        ? read(fs, call)
        : { code: 127, out: "", err: `sh: ${name}: not found\n` };
  }
}

/** Busybox's, as far as it writes to standard output (`-O -`). */
async function wget(args: string[], fetch: (url: URL) => Promise<string>): Promise<Answer> {
  const { values, rest } = splitOptions(args, ["O", "T"]);
  const [url] = rest;
  if (url === undefined || values.get("O") !== "-")
    return fail("wget: only `-O -` is part of this rehearsal");
  try {
    return ok(await fetch(new URL(url)));
  } catch (error) {
    return fail(`wget: ${(error as Error).message}`);
  }
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
    if (!path || !fs.exists(path)) {
      if (!flags.has("f")) errors.push(`${name}: ${fs.shown(shown)}: No such file or directory`);
      continue;
    }
    const below = flags.has("R") && name !== "rm" ? descendants(fs, path) : [];
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

function descendants(fs: ContainerFs, path: string): string[] {
  const top = fs.mountOf(path);
  return top
    ? Object.keys(fs.pack(top)).flatMap((key) => {
        const full = join(top.mountPath, key).replace(/\/+$/, "") || "/";
        return full.startsWith(`${path}/`) ? [full] : [];
      })
    : [];
}

function remove(
  fs: ContainerFs,
  name: string,
  path: string,
  shown: string,
  flags: Set<string>,
): string | undefined {
  if (fs.isDirectory(path) && name === "rm" && !flags.has("r") && !flags.has("R"))
    return `${shown} is a directory`;
  if (fs.mounts.some(({ mountPath }) => mountPath.replace(/\/+$/, "") === path))
    return `${shown}: Device or resource busy`;
  const problem = fs.writeError(dirname(path));
  if (problem) return `can't remove '${shown}': ${problem}`;
  fs.remove(path);
  return undefined;
}

/** Lets a reader run when it may read what it names; paths outside the container do not exist. */
function read(fs: ContainerFs, { name, args, cwd }: Call): Answer {
  const inPlace = name === "tee" || (name === "sed" && args.some((arg) => /^-[a-z]*i|^--in-place/.test(arg)));
  for (const arg of args) {
    if (!arg.includes("/") && !fs.exists(fs.path(arg, cwd) ?? "")) continue;
    const path = fs.path(arg, cwd);
    if (path === undefined) return fail(`${name}: ${arg}: No such file or directory`);
    const inside = arg.startsWith(fs.root) || !arg.startsWith("/");
    if (!fs.exists(path) || !inside) {
      const device = /^\/dev\/(null|zero|stdin|stdout|stderr)$/.test(arg);
      if (arg.startsWith("/") && !inside && !device && /^\/[\w./-]+$/.test(arg)) {
        return fail(`${name}: ${arg}: No such file or directory`);
      }
      continue;
    }
    if (fs.isDirectory(path)) continue;
    if (!fs.may(path, "r")) return fail(`${name}: can't open '${path}': Permission denied`);
    if (inPlace && (!fs.may(path, "w") || fs.writeError(dirname(path)))) {
      return fail(`${name}: ${path}: ${fs.writeError(dirname(path)) ?? "Permission denied"}`);
    }
  }
  return { ...ok(), real: true };
}
