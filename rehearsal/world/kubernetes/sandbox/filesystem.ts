/**
 * The files a container sees: real files in a temporary directory for their content, and a ledger for what the workstation
 * must not decide: owners, modes, and who may do what (path_resolution(7), inode(7), capabilities(7)).
 */
import { existsSync, lstatSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import type { VolumeFile } from "../state.ts";
import { can, type Identity } from "../privileges.ts";

/** What stat and df tell about the filesystem below a path. */
export interface FilesystemInfo {
  device: string;
  sizeBytes: number;
  usedBytes: number;
  type: string;
  /** Whether this very path is a mount point (as opposed to a directory on one). */
  mountPoint: boolean;
}

export interface SandboxMount {
  mountPath: string;
  readOnly: boolean;
  /** By path below the mount; `/` is the mount's own directory, a key that ends in `/` a directory. Replaced by a run. */
  files: Record<string, VolumeFile>;
  /** Asked at every use: what is mounted may change while a script waits. */
  info(path: string): FilesystemInfo;
}

export interface Meta {
  uid: number;
  gid: number;
  mode: number;
  directory: boolean;
}

export type Access = "r" | "w" | "x";

const BITS: Record<Access, number> = { r: 4, w: 2, x: 1 };

export class ContainerFs {
  readonly #meta = new Map<string, Meta>();
  readonly #content = new Map<string, string>();

  constructor(
    readonly root: string,
    readonly mounts: SandboxMount[],
    readonly identity: Identity,
    readonly readOnlyRoot: boolean,
  ) {
    for (const path of ["/tmp", "/etc", "/proc/self", "/root", "/dev"])
      mkdirSync(join(root, path), { recursive: true });
    this.#meta.set("/tmp", { uid: 0, gid: 0, mode: 0o1777, directory: true });
    for (const mount of [...mounts].sort((a, b) => a.mountPath.length - b.mountPath.length))
      this.#unpack(mount);
  }

  #unpack(mount: SandboxMount): void {
    mkdirSync(join(this.root, mount.mountPath), { recursive: true });
    for (const [key, file] of Object.entries(mount.files)) {
      const path = trim(join(mount.mountPath, key));
      const directory = key.endsWith("/");
      this.#meta.set(path, { uid: file.uid, gid: file.gid, mode: parseInt(file.mode, 8), directory });
      if (directory) mkdirSync(this.real(path), { recursive: true });
      else {
        mkdirSync(dirname(this.real(path)), { recursive: true });
        writeFileSync(this.real(path), file.content);
        this.#content.set(path, file.content);
      }
    }
  }

  /** The container's path of an argument: of a rewritten one, a relative one, or one that was never rewritten. */
  path(argument: string, cwd: string): string | undefined {
    const absolute = argument.startsWith("/") ? resolve(argument) : resolve(cwd, argument);
    if (absolute === this.root) return "/";
    if (absolute.startsWith(`${this.root}/`)) return absolute.slice(this.root.length);
    return argument.startsWith("/") ? trim(resolve(argument)) : undefined;
  }

  /** An argument as the container would print it. */
  shown(argument: string): string {
    return argument.startsWith(this.root) ? argument.slice(this.root.length) || "/" : argument;
  }

  real(path: string): string {
    return join(this.root, path);
  }

  exists(path: string): boolean {
    return existsSync(this.real(path));
  }

  isDirectory(path: string): boolean {
    return this.exists(path) && lstatSync(this.real(path)).isDirectory();
  }

  mountOf(path: string): SandboxMount | undefined {
    return this.mounts
      .filter(({ mountPath }) => path === trim(mountPath) || path.startsWith(`${trim(mountPath)}/`))
      .sort((a, b) => b.mountPath.length - a.mountPath.length)[0];
  }

  /** Owner and mode; a file that a redirection has just made belongs to the container's user. */
  meta(path: string): Meta {
    const known = this.#meta.get(path);
    if (known) return known;
    const stat = lstatSync(this.real(path));
    const inImage = this.mountOf(path) === undefined && !path.startsWith("/tmp/");
    const parent = path === "/" ? undefined : this.#meta.get(dirname(path));
    const made: Meta = {
      uid: inImage ? 0 : this.identity.uid,
      gid: inImage ? 0 : parent && (parent.mode & 0o2000) !== 0 ? parent.gid : this.identity.gid,
      mode: stat.mode & 0o777,
      directory: stat.isDirectory(),
    };
    this.#meta.set(path, made);
    return made;
  }

  set(path: string, meta: Partial<Meta>): void {
    this.#meta.set(path, { ...this.meta(path), ...meta });
  }

  forget(path: string): void {
    for (const key of [...this.#meta.keys()]) {
      if (key === path || key.startsWith(`${path}/`)) this.#meta.delete(key);
    }
    for (const key of [...this.#content.keys()]) {
      if (key === path || key.startsWith(`${path}/`)) this.#content.delete(key);
    }
  }

  /** After a write that was allowed. */
  accept(path: string): void {
    if (this.exists(path) && !this.isDirectory(path))
      this.#content.set(path, readFileSync(this.real(path), "utf8"));
  }

  may(path: string, access: Access): boolean {
    return this.reachable(path) && allowed(this.meta(path), this.identity, access);
  }

  /** Every directory on the way may be searched. */
  reachable(path: string): boolean {
    for (let dir = dirname(path); dir !== "/"; dir = dirname(dir)) {
      if (this.exists(dir) && !allowed(this.meta(dir), this.identity, "x")) return false;
    }
    return true;
  }

  /** Why nothing may be made or removed in this directory. */
  writeError(directory: string): string | undefined {
    const mount = this.mountOf(directory);
    if (mount ? mount.readOnly : this.readOnlyRoot) return "Read-only file system";
    if (!this.exists(directory)) return "No such file or directory";
    return this.may(directory, "w") ? undefined : "Permission denied";
  }

  /** Writes that no command announced (the shell's own redirections) and that the container could not have made. */
  illegalWrites(): { path: string; error: string }[] {
    const found: { path: string; error: string }[] = [];
    for (const mount of this.mounts) {
      for (const path of this.#walk(trim(mount.mountPath))) {
        if (this.isDirectory(path)) continue;
        const before = this.#content.get(path);
        if (before === readFileSync(this.real(path), "utf8")) continue;
        const error =
          before === undefined
            ? this.writeError(dirname(path))
            : mount.readOnly
              ? "Read-only file system"
              : this.may(path, "w")
                ? undefined
                : "Permission denied";
        if (error) found.push({ path, error });
      }
    }
    return found;
  }

  /** What is left in a mount, for the volume to keep. */
  pack(mount: SandboxMount): Record<string, VolumeFile> {
    const files: Record<string, VolumeFile> = {};
    const top = trim(mount.mountPath);
    for (const path of this.#walk(top)) {
      if (this.mountOf(path) !== mount) continue;
      const meta = this.meta(path);
      const key = path === top ? "/" : `/${relative(top, path)}${meta.directory ? "/" : ""}`;
      const content = meta.directory ? "" : readFileSync(this.real(path), "utf8");
      files[key] = { content, uid: meta.uid, gid: meta.gid, mode: octal(meta.mode) };
    }
    return files;
  }

  *#walk(path: string): Generator<string> {
    yield path;
    if (!this.isDirectory(path)) return;
    for (const name of readdirSync(this.real(path)).sort()) yield* this.#walk(join(path, name));
  }

  remove(path: string): void {
    rmSync(this.real(path), { recursive: true, force: true });
    this.forget(path);
  }
}

export function allowed(meta: Meta, identity: Identity, access: Access): boolean {
  if (can(identity, "DAC_OVERRIDE")) {
    return access !== "x" || meta.directory || (meta.mode & 0o111) !== 0;
  }
  const shift = meta.uid === identity.uid ? 6 : identity.groups.includes(meta.gid) ? 3 : 0;
  return ((meta.mode >> shift) & BITS[access]) !== 0;
}

export function octal(mode: number): string {
  return mode.toString(8).padStart(4, "0");
}

export function trim(path: string): string {
  return path === "/" ? path : path.replace(/\/+$/, "");
}
