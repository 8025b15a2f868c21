/** Commands that make files and directories: mv, cp, mkdir, touch, truncate. */
import { appendFileSync, cpSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { can } from "../privileges.ts";
import { fail, ok, splitOptions, type Answer, type Call } from "./answers.ts";
import type { ContainerFs } from "./filesystem.ts";

export function copy(fs: ContainerFs, { name, args, cwd, umask }: Call): Answer {
  const { flags, rest } = splitOptions(args, []);
  const paths = rest.map((each) => fs.path(each, cwd));
  const target = paths.pop();
  if (!target || paths.length === 0) return fail(`${name}: missing operand`);
  const errors: string[] = [];
  for (const [index, from] of paths.entries()) {
    if (!from || !fs.exists(from)) {
      errors.push(`${name}: can't stat '${fs.shown(rest[index] ?? "")}': No such file or directory`);
      continue;
    }
    const to = fs.isDirectory(target) ? join(target, basename(from)) : target;
    if (flags.has("n") && fs.exists(to)) continue;
    const over = name === "cp" && fs.exists(to) && !fs.isDirectory(to);
    const problem =
      (name === "mv" ? fs.writeError(dirname(from)) : fs.may(from, "r") ? undefined : "Permission denied") ??
      (over
        ? fs.mountOf(to)?.readOnly
          ? "Read-only file system"
          : fs.may(to, "w")
            ? undefined
            : "Permission denied"
        : fs.writeError(dirname(to)));
    if (problem) {
      errors.push(
        `${name}: can't ${name === "mv" ? "rename" : "create"} '${name === "mv" ? from : to}': ${problem}`,
      );
      continue;
    }
    const meta = fs.meta(from);
    const keep = name === "mv" || flags.has("p") || flags.has("a");
    const mine = { uid: fs.identity.uid, gid: fs.identity.gid };
    const moved = fs.mountOf(from) === fs.mountOf(to) && name === "mv";
    const owner = moved || (keep && can(fs.identity, "CHOWN")) ? { uid: meta.uid, gid: meta.gid } : mine;
    const before = over ? fs.meta(to) : undefined;
    if (name === "mv") {
      fs.forget(to);
      renameSync(fs.real(from), fs.real(to));
      fs.forget(from);
    } else
      cpSync(fs.real(from), fs.real(to), { recursive: flags.has("r") || flags.has("R") || flags.has("a") });
    fs.set(to, before && !keep ? before : { ...owner, mode: keep ? meta.mode : meta.mode & ~umask });
    fs.accept(to);
  }
  return errors.length > 0 ? fail(...errors) : ok();
}

export function makeDirectories(fs: ContainerFs, { args, cwd, umask }: Call): Answer {
  const { flags, values, rest } = splitOptions(args, ["m", "mode"]);
  for (const shown of rest) {
    const path = fs.path(shown, cwd) ?? "/";
    if (fs.exists(path)) {
      if (flags.has("p")) continue;
      return fail(`mkdir: can't create directory '${path}': File exists`);
    }
    let parent = dirname(path);
    while (flags.has("p") && !fs.exists(parent)) parent = dirname(parent);
    const problem = fs.writeError(parent);
    if (problem) return fail(`mkdir: can't create directory '${path}': ${problem}`);
    mkdirSync(fs.real(path), { recursive: flags.has("p") });
    const asked = values.get("m") ?? values.get("mode");
    fs.set(path, {
      uid: fs.identity.uid,
      gid: fs.identity.gid,
      mode: asked ? parseInt(asked, 8) : 0o777 & ~umask,
    });
  }
  return ok();
}

export function touch(fs: ContainerFs, { name, args, cwd, umask }: Call): Answer {
  const { flags, values, rest } = splitOptions(args, name === "truncate" ? ["s", "size"] : ["d", "t", "r"]);
  for (const shown of rest) {
    const path = fs.path(shown, cwd) ?? "/";
    if (fs.exists(path)) {
      const may = fs.may(path, "w") || (name === "touch" && fs.meta(path).uid === fs.identity.uid);
      if (fs.mountOf(path)?.readOnly || !may) return fail(`${name}: ${path}: Permission denied`);
      if (name === "truncate" && (values.get("s") ?? values.get("size")) === "0")
        writeFileSync(fs.real(path), "");
    } else if (!flags.has("c")) {
      const problem = fs.writeError(dirname(path));
      if (problem) return fail(`${name}: ${path}: ${problem}`);
      appendFileSync(fs.real(path), "");
      fs.set(path, { mode: 0o666 & ~umask });
    }
    fs.accept(path);
  }
  return ok();
}
