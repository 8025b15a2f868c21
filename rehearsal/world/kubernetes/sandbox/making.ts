/** Commands that make files and directories: mv, cp, mkdir, touch, truncate. */
import { posix } from "node:path";
import { can } from "../pods/privileges.ts";
import { fail, ok, splitOptions, type Answer, type Call } from "./answers.ts";
import { trim, type ContainerFs } from "./filesystem.ts";
import { applyMode } from "./modes.ts";

export function copy(fs: ContainerFs, { name, args, cwd, umask }: Call): Answer {
  const { flags, rest } = splitOptions(args, []);
  const paths = rest.map((each) => fs.path(each, cwd));
  const target = paths.pop();
  if (target === undefined || paths.length === 0) return fail(`${name}: missing operand`);
  const errors: string[] = [];
  for (const [index, from] of paths.entries()) {
    if (!fs.exists(from)) {
      errors.push(`${name}: can't stat '${rest[index]}': No such file or directory`);
      continue;
    }
    const to = fs.isDirectory(target) ? posix.join(target, posix.basename(from)) : target;
    if (flags.has("n") && fs.exists(to)) continue;
    const inside = to === from || to.startsWith(`${from}/`);
    const deep = name === "mv" || ["r", "R", "a"].some((flag) => flags.has(flag));
    const problem = inside
      ? "Invalid argument"
      : !deep && fs.isDirectory(from)
        ? "Is a directory"
        : ((name === "mv" ? moveError(fs, from) : fs.readError(from)) ??
          (name === "cp" && !fs.isDirectory(to) ? fs.fileWriteError(to) : fs.writeError(posix.dirname(to))));
    if (problem) {
      errors.push(
        `${name}: can't ${name === "mv" ? "rename" : "create"} '${name === "mv" ? from : to}': ${problem}`,
      );
      continue;
    }
    const kept = flags.has("p") || flags.has("a");
    if (name === "mv" && fs.mountOf(from) === fs.mountOf(to)) fs.move(from, to);
    else {
      copyTree(fs, from, to, { kept: kept || name === "mv", umask });
      if (name === "mv") fs.remove(from);
    }
  }
  return errors.length > 0 ? fail(...errors) : ok();
}

function moveError(fs: ContainerFs, from: string): string | undefined {
  return isMountPoint(fs, from) ? "Device or resource busy" : fs.writeError(posix.dirname(from));
}

function copyTree(
  fs: ContainerFs,
  from: string,
  to: string,
  { kept, umask }: { kept: boolean; umask: number },
): void {
  for (const each of [from, ...fs.below(from)]) {
    const source = fs.node(each);
    const path = to + each.slice(from.length);
    const old = fs.exists(path) ? fs.node(path) : undefined;
    const { mode, directory } = source;
    const made = old ?? fs.add(path, { mode: kept ? mode : mode & ~umask, directory });
    if (!directory) made.content = fs.spend(fs.read(each));
    if (!kept) continue;
    made.mode = mode;
    if (can(fs.identity, "CHOWN")) Object.assign(made, { uid: source.uid, gid: source.gid });
  }
}

export function isMountPoint(fs: ContainerFs, path: string): boolean {
  return fs.mounts.some(({ mountPath }) => trim(mountPath) === path);
}

export function makeDirectories(fs: ContainerFs, { args, cwd, umask }: Call): Answer {
  const { flags, values, rest } = splitOptions(args, ["m", "mode"]);
  if (rest.length === 0) return fail("mkdir: missing operand");
  for (const shown of rest) {
    const path = fs.path(shown, cwd);
    if (fs.exists(path)) {
      if (flags.has("p") && fs.isDirectory(path)) continue;
      return fail(`mkdir: can't create directory '${path}': File exists`);
    }
    const missing = [path];
    while (flags.has("p") && !fs.exists(posix.dirname(missing[0]!)))
      missing.unshift(posix.dirname(missing[0]!));
    for (const each of missing) {
      const problem = fs.writeError(posix.dirname(each));
      if (problem) return fail(`mkdir: can't create directory '${path}': ${problem}`);
      fs.add(each, { mode: 0o777 & ~umask, directory: true });
    }
    const asked = values.get("m") ?? values.get("mode");
    if (asked !== undefined) {
      const mode = applyMode(asked, { mode: 0o777, directory: true }, umask);
      if (mode === undefined) return fail(`mkdir: invalid mode '${asked}'`);
      fs.node(path).mode = mode;
    }
  }
  return ok();
}

export function touch(fs: ContainerFs, { name, args, cwd, umask }: Call): Answer {
  const { flags, values, rest } = splitOptions(args, name === "truncate" ? ["s", "size"] : ["d", "t", "r"]);
  if (rest.length === 0) return fail(`${name}: missing operand`);
  for (const shown of rest) {
    const path = fs.path(shown, cwd);
    const there = fs.exists(path);
    const owned = name === "touch" && there && fs.node(path).uid === fs.identity.uid && fs.reachable(path);
    const problem = there && (fs.isDirectory(path) || owned) ? undefined : fs.fileWriteError(path);
    if (!there && flags.has("c")) continue;
    if (problem) return fail(`${name}: ${path}: ${problem}`);
    if (!there) fs.add(path, { mode: 0o666 & ~umask, directory: false });
    const size = values.get("s") ?? values.get("size");
    if (name === "truncate" && size !== undefined) {
      const bytes = Number(size);
      if (!/^\d{1,8}$/.test(size)) return fail(`truncate: invalid number '${size}'`);
      const node = fs.node(path);
      node.content = fs.spend(node.content.slice(0, bytes).padEnd(bytes, "\0"));
    }
  }
  return ok();
}
