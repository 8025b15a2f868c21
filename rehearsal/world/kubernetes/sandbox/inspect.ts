/** The commands that only look: stat, df, mountpoint, ls, id. Output after coreutils, which busybox follows. */
import { posix } from "node:path";
import type { Identity } from "../pods/privileges.ts";
import { octal, type ContainerFs, type FilesystemInfo, trim } from "./filesystem.ts";
import { modeText } from "./modes.ts";
import { splitOptions, type Answer, fail, ok } from "./answers.ts";

export function stat(fs: ContainerFs, args: string[], cwd: string): Answer {
  const { flags, values, rest } = splitOptions(args, ["c", "format", "printf"]);
  const format = values.get("c") ?? values.get("format") ?? values.get("printf");
  const filesystem = flags.has("f") || flags.has("file-system");
  let out = "";
  let err = "";
  for (const name of rest) {
    const path = fs.path(name, cwd);
    if (!fs.exists(path)) err += `stat: cannot stat '${name}': No such file or directory\n`;
    else if (!fs.reachable(path)) err += `stat: cannot stat '${name}': Permission denied\n`;
    else {
      const fill = filesystem ? fsFields(infoOf(fs, path), path) : fileFields(fs, path);
      const shown = format ?? (filesystem ? "File: %n Type: %T Size: %S Blocks: %b Free: %f" : FILE_FORMAT);
      out += `${shown.replace(/%([a-zA-Z%])/g, (whole, key: string) => (key === "%" ? "%" : (fill[key] ?? whole)))}\n`;
    }
  }
  return { code: err ? 1 : 0, out, err };
}

const FILE_FORMAT = "  File: %n\n  Size: %s\tDevice: %d\nAccess: (%a/%A)  Uid: (%u/%U)   Gid: (%g/%G)";

function fileFields(fs: ContainerFs, path: string): Record<string, string> {
  const meta = fs.node(path);
  const info = infoOf(fs, path);
  return {
    a: octal(meta.mode).replace(/^0(?=\d{3})/, ""),
    A: modeText(meta),
    u: String(meta.uid),
    U: userName(meta.uid),
    g: String(meta.gid),
    G: userName(meta.gid),
    s: meta.directory ? "4096" : String(fs.read(path).length),
    n: path,
    F: meta.directory ? "directory" : "regular file",
    d: String(deviceNumber(info.device)),
    D: deviceNumber(info.device).toString(16),
    m: mountPointOf(fs, path),
    i: String(deviceNumber(path)),
    h: "1",
    f: ((meta.directory ? 0o40000 : 0o100000) | meta.mode).toString(16),
  };
}

function fsFields(info: FilesystemInfo, path: string): Record<string, string> {
  const blocks = Math.floor(info.sizeBytes / 4096);
  const free = Math.floor((info.sizeBytes - info.usedBytes) / 4096);
  return {
    n: path,
    T: info.type,
    S: "4096",
    s: "4096",
    b: String(blocks),
    f: String(free),
    a: String(free),
    i: deviceNumber(info.device).toString(16),
  };
}

export function df(fs: ContainerFs, args: string[], cwd: string): Answer {
  const { flags, values, rest } = splitOptions(args, ["B", "block-size", "output"]);
  const unit = flags.has("m") ? 1024 ** 2 : (unitOf(values.get("B") ?? values.get("block-size")) ?? 1024);
  const size = (bytes: number) => (flags.has("h") ? human(bytes) : String(Math.floor(bytes / unit)));
  const targets = rest.length > 0 ? rest : ["/", ...fs.mounts.map(({ mountPath }) => mountPath)];
  const columns = values.get("output")?.split(",");
  const head = columns
    ? columns.map((name) => DF_TITLES[name] ?? name).join(" ")
    : `Filesystem ${flags.has("T") ? "Type " : ""}${unit === 1024 ? "1024-blocks" : `${unit}-blocks`} Used Available Capacity Mounted on`;
  let out = `${head}\n`;
  let err = "";
  for (const name of targets) {
    const path = fs.path(name, cwd);
    if (!fs.exists(path)) {
      err += `df: ${name}: No such file or directory\n`;
      continue;
    }
    const info = infoOf(fs, path);
    const fields: Record<string, string> = {
      source: info.device,
      fstype: info.type,
      size: size(info.sizeBytes),
      used: size(info.usedBytes),
      avail: size(info.sizeBytes - info.usedBytes),
      pcent: `${info.sizeBytes ? Math.ceil((info.usedBytes / info.sizeBytes) * 100) : 0}%`,
      target: mountPointOf(fs, path),
    };
    const shown = columns ?? [
      "source",
      ...(flags.has("T") ? ["fstype"] : []),
      "size",
      "used",
      "avail",
      "pcent",
      "target",
    ];
    out += `${shown.map((column) => fields[column] ?? "-").join(" ")}\n`;
  }
  return { code: err ? 1 : 0, out, err };
}

const DF_TITLES: Record<string, string> = {
  source: "Filesystem",
  fstype: "Type",
  size: "1K-blocks",
  used: "Used",
  avail: "Avail",
  pcent: "Use%",
  target: "Mounted on",
};

export function mountpoint(fs: ContainerFs, args: string[], cwd: string): Answer {
  const { flags, rest } = splitOptions(args, []);
  const [name = ""] = rest;
  const path = fs.path(name, cwd);
  if (!fs.exists(path)) return fail(`mountpoint: ${name}: No such file or directory`);
  const info = infoOf(fs, path);
  const mounted = info.mountPoint;
  if (flags.has("d") && mounted) return ok(`${deviceNumber(info.device)}:0\n`);
  if (flags.has("q")) return { code: mounted ? 0 : 1, out: "", err: "" };
  return { code: mounted ? 0 : 1, out: `${name} is ${mounted ? "" : "not "}a mountpoint\n`, err: "" };
}

export function ls(fs: ContainerFs, args: string[], cwd: string): Answer {
  const { flags, rest } = splitOptions(args, []);
  let out = "";
  let err = "";
  const long = flags.has("l") || flags.has("n");
  const line = (path: string, name: string) => {
    if (!long) return `${name}\n`;
    const meta = fs.node(path);
    const owner = (id: number) => (flags.has("n") ? String(id) : userName(id));
    const size = meta.directory ? 4096 : fs.read(path).length;
    return `${modeText(meta)} 1 ${owner(meta.uid)} ${owner(meta.gid)} ${size} Jan  1 00:00 ${name}\n`;
  };
  for (const name of rest.length > 0 ? rest : ["."]) {
    const path = fs.path(name, cwd);
    if (!fs.exists(path)) err += `ls: ${name}: No such file or directory\n`;
    else if (!fs.isDirectory(path) || flags.has("d")) out += line(path, name);
    else if (!fs.may(path, "r")) err += `ls: can't open '${name}': Permission denied\n`;
    else {
      const hidden = flags.has("a") || flags.has("A");
      const names = fs.list(path);
      for (const entry of names.filter((each) => hidden || !each.startsWith(".")))
        out += line(posix.join(path, entry), entry);
    }
  }
  return { code: err ? 1 : 0, out, err };
}

export function id(identity: Identity, args: string[]): Answer {
  const { flags } = splitOptions(args, []);
  const name = (value: number) => (flags.has("n") ? userName(value) : String(value));
  if (flags.has("u")) return ok(`${name(identity.uid)}\n`);
  if (flags.has("g")) return ok(`${name(identity.gid)}\n`);
  if (flags.has("G")) return ok(`${identity.groups.map(name).join(" ")}\n`);
  return ok(`uid=${identity.uid} gid=${identity.gid} groups=${identity.groups.join(",")}\n`);
}

/** /proc/mounts as the container sees it. */
export function mountTable(fs: ContainerFs): string {
  const lines = ["overlay / overlay rw,relatime 0 0", "proc /proc proc rw,nosuid,nodev,noexec,relatime 0 0"];
  for (const mount of fs.mounts) {
    const info = mount.info("/");
    lines.push(
      `${info.device} ${trim(mount.mountPath)} ${info.type} ${mount.readOnly ? "ro" : "rw"},relatime 0 0`,
    );
  }
  return `${lines.join("\n")}\n`;
}

export function infoOf(fs: ContainerFs, path: string): FilesystemInfo {
  const mount = fs.mountOf(path);
  if (mount) return mount.info(path.slice(trim(mount.mountPath).length) || "/");
  return {
    device: "overlay",
    sizeBytes: 32 * 1024 ** 3,
    usedBytes: 0,
    type: "overlayfs",
    mountPoint: path === "/",
  };
}

function mountPointOf(fs: ContainerFs, path: string): string {
  for (let at = path; at !== "/"; at = at.slice(0, at.lastIndexOf("/")) || "/") {
    if (infoOf(fs, at).mountPoint) return at;
  }
  return "/";
}

/** A number that is the same for the same device, and differs for another. */
function deviceNumber(device: string): number {
  return [...device].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 65_521, 7) + 64_768;
}

export function userName(uid: number): string {
  return uid === 0 ? "root" : uid === 65534 ? "nobody" : String(uid);
}

function unitOf(text: string | undefined): number | undefined {
  if (!text) return undefined;
  const units: Record<string, number> = { K: 1024, M: 1024 ** 2, G: 1024 ** 3 };
  return units[text.toUpperCase()] ?? (Number(text) || undefined);
}

function human(bytes: number): string {
  const power = Math.min(4, Math.floor(Math.log2(Math.max(bytes, 1)) / 10));
  return `${(bytes / 1024 ** power).toFixed(1)}${"BKMGT"[power] ?? ""}`;
}
