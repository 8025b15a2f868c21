/** The commands about files, in busybox's words: cat, mv, chown, chmod, stat, df. */
import { posix } from "node:path";
import { can } from "../../pods/privileges.ts";
import type { ContainerFs } from "../filesystem.ts";
import { fail, ok, readArguments, unknownArguments, type Answer, type Call } from "./call.ts";

export function cat(call: Call): Answer {
  const { fs } = call;
  const [name, ...more] = readArguments(call).rest;
  if (name === undefined) return ok(call.input());
  if (more.length > 0) throw unknownArguments(call);
  const path = fs.path(name);
  const problem = fs.readError(path);
  if (problem !== undefined) return fail(call, `can't open '${name}': ${problem}`);
  return fs.isDirectory(path) ? fail(call, "read error: Is a directory") : ok(fs.node(path).content);
}

/** Within one mount: between two it would copy. */
export function mv(call: Call): Answer {
  const { fs } = call;
  const [from, to, ...more] = readArguments(call).rest.map((name) => fs.path(name));
  if (from === undefined || to === undefined || more.length > 0) throw unknownArguments(call);
  if (!fs.exists(from)) return fail(call, `can't rename '${from}': No such file or directory`);
  const target = fs.isDirectory(to) ? posix.join(to, posix.basename(from)) : to;
  const inside = target === from || target.startsWith(`${from}/`);
  const problem = inside
    ? "Invalid argument"
    : fs.info(from).mountPoint
      ? "Device or resource busy"
      : (fs.writeError(posix.dirname(from)) ?? fs.writeError(posix.dirname(target)));
  if (problem !== undefined) return fail(call, `can't rename '${from}': ${problem}`);
  if (fs.mountOf(from) !== fs.mountOf(target) || fs.isDirectory(target)) throw unknownArguments(call);
  fs.move(from, target);
  return ok();
}

/** Octal modes alone. */
export function chmod(call: Call): Answer {
  return changed(call, /^[0-7]{3,4}$/, (fs, path, mode) => {
    const node = fs.node(path);
    // chmod(2): the caller must own the file or have CAP_FOWNER; being root alone is not enough.
    if (node.uid !== fs.identity.uid && !can(fs.identity, "FOWNER")) return false;
    node.mode = parseInt(mode, 8);
    return true;
  });
}

/** `uid:gid` alone. */
export function chown(call: Call): Answer {
  return changed(call, /^\d+:\d+$/, (fs, path, owner) => {
    const node = fs.node(path);
    const [uid, gid] = owner.split(":").map(Number) as [number, number];
    // chown(2): another owner needs CAP_CHOWN; the owner may give the file to a group of theirs.
    const own = node.uid === fs.identity.uid && uid === node.uid;
    if (!can(fs.identity, "CHOWN") && !(own && (gid === node.gid || fs.identity.groups.includes(gid))))
      return false;
    Object.assign(node, { uid, gid });
    return true;
  });
}

/** @param change Whether it was allowed. */
function changed(
  call: Call,
  form: RegExp,
  change: (fs: ContainerFs, path: string, to: string) => boolean,
): Answer {
  const { fs } = call;
  const [to = "", ...names] = readArguments(call).rest;
  if (!form.test(to) || names.length !== 1) throw unknownArguments(call);
  const path = fs.path(names[0]!);
  if (!fs.exists(path)) return fail(call, `${names[0]}: No such file or directory`);
  if (!fs.reachable(path)) return fail(call, `${path}: Permission denied`);
  if (fs.readOnly(path)) return fail(call, `${path}: Read-only file system`);
  return change(fs, path, to) ? ok() : fail(call, `${path}: Operation not permitted`);
}

/** With a format (`-c`) alone. */
export function stat(call: Call): Answer {
  const { fs } = call;
  const { values, rest } = readArguments(call, "", "c");
  const format = values["c"];
  if (format === undefined || rest.length !== 1) throw unknownArguments(call);
  const path = fs.path(rest[0]!);
  const problem = !fs.exists(path)
    ? "No such file or directory"
    : fs.reachable(path)
      ? undefined
      : "Permission denied";
  if (problem !== undefined) return fail(call, `can't stat '${rest[0]}': ${problem}`);
  const { mode, uid, gid } = fs.node(path);
  const fields: Record<string, string> = {
    a: mode.toString(8),
    u: String(uid),
    g: String(gid),
    d: String(deviceNumber(fs.info(path).device)),
  };
  const shown = format.replace(/%(.?)/g, (_, field: string) => {
    const value = fields[field];
    if (value === undefined) throw unknownArguments(call);
    return value;
  });
  return ok(`${shown}\n`);
}

/** In KiB (`-k`) alone. */
export function df(call: Call): Answer {
  const { fs } = call;
  const { flags, rest } = readArguments(call, "k");
  if (!flags.has("k") || rest.length !== 1) throw unknownArguments(call);
  const path = fs.path(rest[0]!);
  if (!fs.exists(path)) return fail(call, `${rest[0]}: No such file or directory`);
  const { device, sizeBytes, usedBytes } = fs.info(path);
  const kib = (bytes: number) => Math.floor(bytes / 1024);
  const percent = sizeBytes ? Math.ceil((usedBytes / sizeBytes) * 100) : 0;
  return ok(
    `Filesystem           1K-blocks      Used Available Use% Mounted on\n` +
      `${device} ${kib(sizeBytes)} ${kib(usedBytes)} ${kib(sizeBytes - usedBytes)} ${percent}% ${mountPointOf(fs, path)}\n`,
  );
}

function mountPointOf(fs: ContainerFs, path: string): string {
  return fs.info(path).mountPoint ? path : mountPointOf(fs, posix.dirname(path));
}

/** A number that is the same for the same device, and differs for another. */
function deviceNumber(device: string): number {
  return [...device].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 65_521, 7) + 64_768;
}
