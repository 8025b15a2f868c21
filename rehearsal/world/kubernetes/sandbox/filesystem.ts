/**
 * The files a container sees: in memory, so that the workstation's are out of reach whatever a script does, with owners, modes
 * and who may do what (path_resolution(7), inode(7), capabilities(7)). There are no links.
 */
import { posix } from "node:path";
import type { VolumeFile } from "../state.ts";
import { can, type Identity } from "../pods/privileges.ts";
import { toBytes, toText } from "./shell/budget.ts";

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

export interface Node extends Meta {
  /** Bytes. */
  content: string;
  /** Which command of the image it is. */
  program?: string;
  /** A file whose content is made when it is read. */
  made?: () => string;
}

export type Access = "r" | "w" | "x";

const BITS: Record<Access, number> = { r: 4, w: 2, x: 1 };
const MOST_FILES = 20_000;

export class ContainerFs {
  readonly #nodes = new Map<string, Node>();

  constructor(
    readonly mounts: SandboxMount[],
    readonly identity: Identity,
    readonly readOnlyRoot: boolean,
    /** Counts bytes that are made. */
    readonly spend: (bytes: string) => string = (bytes) => bytes,
  ) {
    for (const path of ["/", "/tmp", "/etc", "/proc/self", "/root", "/dev"]) this.#directories(path);
    this.node("/tmp").mode = 0o1777;
    for (const mount of [...mounts].sort((a, b) => a.mountPath.length - b.mountPath.length))
      this.#unpack(mount);
  }

  /** Directories of the image, where they are missing. */
  #directories(path: string): void {
    if (this.#nodes.has(path)) return;
    if (path !== "/") this.#directories(posix.dirname(path));
    this.#nodes.set(path, { uid: 0, gid: 0, mode: 0o755, directory: true, content: "" });
  }

  #unpack(mount: SandboxMount): void {
    const top = trim(mount.mountPath);
    this.#directories(top);
    for (const [key, file] of Object.entries(mount.files)) {
      const path = trim(posix.join(top, key));
      const directory = key.endsWith("/");
      this.#directories(posix.dirname(path));
      const { uid, gid } = file;
      const content = directory ? "" : toBytes(file.content);
      this.#nodes.set(path, { uid, gid, mode: parseInt(file.mode, 8), directory, content });
    }
  }

  /** A file of the image. */
  provide(path: string, node: Pick<Node, "program" | "made">): void {
    this.#directories(posix.dirname(path));
    const mode = node.program === undefined ? 0o444 : 0o755;
    this.#nodes.set(path, { uid: 0, gid: 0, mode, directory: false, content: "", ...node });
  }

  path(argument: string, cwd: string): string {
    return posix.resolve(cwd, argument);
  }

  exists(path: string): boolean {
    return this.#nodes.has(path);
  }

  isDirectory(path: string): boolean {
    return this.#nodes.get(path)?.directory ?? false;
  }

  /** @throws Error where there is none: ask `exists` before. */
  node(path: string): Node {
    const node = this.#nodes.get(path);
    if (!node) throw new Error(`${path}: No such file or directory`);
    return node;
  }

  read(path: string): string {
    const node = this.node(path);
    return node.made?.() ?? node.content;
  }

  /** The names in a directory, sorted. */
  list(path: string): string[] {
    const prefix = path === "/" ? path : `${path}/`;
    return [...this.#nodes.keys()]
      .filter((each) => each.startsWith(prefix) && each !== path && !each.slice(prefix.length).includes("/"))
      .map((each) => each.slice(prefix.length))
      .sort();
  }

  /** Everything below a path. */
  below(path: string): string[] {
    const prefix = path === "/" ? path : `${path}/`;
    return [...this.#nodes.keys()].filter((each) => each.startsWith(prefix) && each !== path).sort();
  }

  /** Makes something new that belongs to the container's user; in a setgid directory to its group. */
  add(path: string, { mode, directory }: Pick<Meta, "mode" | "directory">): Node {
    const parent = this.node(posix.dirname(path));
    const { uid, gid } = this.identity;
    const group = parent.mode & 0o2000 ? parent.gid : gid;
    const node = { uid, gid: group, mode, directory, content: "" };
    this.#nodes.set(path, node);
    return node;
  }

  remove(path: string): void {
    for (const each of [path, ...this.below(path)]) this.#nodes.delete(each);
  }

  move(from: string, to: string): void {
    const moved = [from, ...this.below(from)].map((each) => [each, this.node(each)] as const);
    this.remove(to);
    for (const [path, node] of moved) {
      this.#nodes.delete(path);
      this.#nodes.set(to + path.slice(from.length), node);
    }
  }

  mountOf(path: string): SandboxMount | undefined {
    return this.mounts
      .filter(({ mountPath }) => path === trim(mountPath) || path.startsWith(`${trim(mountPath)}/`))
      .sort((a, b) => b.mountPath.length - a.mountPath.length)[0];
  }

  may(path: string, access: Access): boolean {
    return this.reachable(path) && allowed(this.node(path), this.identity, access);
  }

  /** Every directory on the way may be searched. */
  reachable(path: string): boolean {
    for (let dir = posix.dirname(path); dir !== "/"; dir = posix.dirname(dir)) {
      const node = this.#nodes.get(dir);
      if (node && !allowed(node, this.identity, "x")) return false;
    }
    return true;
  }

  /** Why nothing may be made or removed in this directory. */
  writeError(directory: string): string | undefined {
    if (this.#readOnly(directory)) return "Read-only file system";
    if (!this.exists(directory)) return "No such file or directory";
    if (!this.isDirectory(directory)) return "Not a directory";
    if (this.#nodes.size >= MOST_FILES) return "No space left on device";
    return this.may(directory, "w") ? undefined : "Permission denied";
  }

  /** Why this file may not be written, whether it is there or not. */
  fileWriteError(path: string): string | undefined {
    if (!this.exists(path)) return this.writeError(posix.dirname(path));
    if (this.isDirectory(path)) return "Is a directory";
    if (this.#readOnly(path)) return "Read-only file system";
    const { made, program } = this.node(path);
    if (made) return "Permission denied";
    if (program !== undefined) return "Text file busy";
    return this.may(path, "w") ? undefined : "Permission denied";
  }

  /** Why this file may not be read. */
  readError(path: string): string | undefined {
    if (!this.exists(path)) return this.reachable(path) ? "No such file or directory" : "Permission denied";
    return this.may(path, "r") ? undefined : "Permission denied";
  }

  #readOnly(path: string): boolean {
    const mount = this.mountOf(path);
    return mount ? mount.readOnly : this.readOnlyRoot;
  }

  /** What is left in a mount, for the volume to keep. */
  pack(mount: SandboxMount): Record<string, VolumeFile> {
    const files: Record<string, VolumeFile> = {};
    const top = trim(mount.mountPath);
    for (const path of [top, ...this.below(top)]) {
      if (this.mountOf(path) !== mount) continue;
      const node = this.node(path);
      const key = path === top ? "/" : `/${posix.relative(top, path)}${node.directory ? "/" : ""}`;
      const content = node.directory ? "" : toText(node.content);
      files[key] = { content, uid: node.uid, gid: node.gid, mode: octal(node.mode) };
    }
    return files;
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
