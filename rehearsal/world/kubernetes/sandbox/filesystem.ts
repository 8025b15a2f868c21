/**
 * The files a container sees: in memory, so that the workstation's are out of reach whatever a script does, with owners, modes
 * and who may do what (path_resolution(7), inode(7), capabilities(7)). There are no links.
 */
import { posix } from "node:path";
import type { VolumeFile } from "../state.ts";
import { can, type Identity } from "../pods/privileges.ts";
import { GiB } from "../../kernel/units.ts";

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
  content: string;
}

export type Access = "r" | "w" | "x";

const BITS: Record<Access, number> = { r: 4, w: 2, x: 1 };
/** Of the image, which is on the node's own disk. */
const IMAGE = { device: "overlay", sizeBytes: 32 * GiB, usedBytes: 0, type: "overlayfs" };

export class ContainerFs {
  readonly #nodes = new Map<string, Node>();

  constructor(
    readonly mounts: SandboxMount[],
    readonly identity: Identity,
    readonly readOnlyRoot: boolean,
  ) {
    for (const path of ["/", "/tmp"]) this.#directories(path);
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
    for (const [key, { uid, gid, mode, content }] of Object.entries(mount.files)) {
      const path = trim(posix.join(top, key));
      this.#directories(posix.dirname(path));
      const directory = key.endsWith("/");
      this.#nodes.set(path, { uid, gid, mode: parseInt(mode, 8), directory, content });
    }
  }

  /** The working directory is `/`, as in an image that names none. */
  path(argument: string): string {
    return posix.resolve("/", argument);
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

  /** The names in a directory, sorted. */
  list(path: string): string[] {
    return this.#below(path)
      .filter((each) => posix.dirname(each) === path)
      .map((each) => posix.basename(each));
  }

  /** Everything below a path. */
  #below(path: string): string[] {
    const prefix = path === "/" ? path : `${path}/`;
    return [...this.#nodes.keys()].filter((each) => each.startsWith(prefix) && each !== path).sort();
  }

  move(from: string, to: string): void {
    this.#nodes.delete(to);
    for (const path of [from, ...this.#below(from)]) {
      const node = this.node(path);
      this.#nodes.delete(path);
      this.#nodes.set(to + path.slice(from.length), node);
    }
  }

  mountOf(path: string): SandboxMount | undefined {
    return this.mounts
      .filter(({ mountPath }) => path === trim(mountPath) || path.startsWith(`${trim(mountPath)}/`))
      .sort((a, b) => b.mountPath.length - a.mountPath.length)[0];
  }

  info(path: string): FilesystemInfo {
    const mount = this.mountOf(path);
    if (!mount) return { ...IMAGE, mountPoint: path === "/" };
    return mount.info(path.slice(trim(mount.mountPath).length) || "/");
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

  /** Why nothing may be made, renamed or removed in this directory. */
  writeError(directory: string): string | undefined {
    if (this.readOnly(directory)) return "Read-only file system";
    if (!this.exists(directory)) return "No such file or directory";
    if (!this.isDirectory(directory)) return "Not a directory";
    return this.may(directory, "w") ? undefined : "Permission denied";
  }

  /** Why this file may not be read. */
  readError(path: string): string | undefined {
    if (!this.exists(path)) return this.reachable(path) ? "No such file or directory" : "Permission denied";
    return this.may(path, "r") ? undefined : "Permission denied";
  }

  readOnly(path: string): boolean {
    return this.mountOf(path)?.readOnly ?? this.readOnlyRoot;
  }

  /** What is left in a mount, for the volume to keep. */
  pack(mount: SandboxMount): Record<string, VolumeFile> {
    const top = trim(mount.mountPath);
    const inside = [top, ...this.#below(top)].filter((path) => this.mountOf(path) === mount);
    return Object.fromEntries(
      inside.map((path) => {
        const { uid, gid, mode, directory, content } = this.node(path);
        const key = path === top ? "/" : `/${posix.relative(top, path)}${directory ? "/" : ""}`;
        return [key, { content, uid, gid, mode: mode.toString(8).padStart(4, "0") }];
      }),
    );
  }
}

export function allowed(meta: Meta, identity: Identity, access: Access): boolean {
  if (can(identity, "DAC_OVERRIDE")) {
    return access !== "x" || meta.directory || (meta.mode & 0o111) !== 0;
  }
  const shift = meta.uid === identity.uid ? 6 : identity.groups.includes(meta.gid) ? 3 : 0;
  return ((meta.mode >> shift) & BITS[access]) !== 0;
}

function trim(path: string): string {
  return path === "/" ? path : path.replace(/\/+$/, "");
}
