/** chmod and chown on the simulated files: the rules of chmod(2) and chown(2). A text that comes back is what went wrong. */
import { can } from "../pods/privileges.ts";
import type { ContainerFs } from "./filesystem.ts";
import { applyMode } from "./modes.ts";

export function chmod(
  fs: ContainerFs,
  path: string,
  shown: string,
  spec: string,
  umask: number,
): string | undefined {
  const meta = fs.node(path);
  const mode = applyMode(spec, meta, umask);
  if (mode === undefined) return `invalid mode '${spec}'`;
  if (!fs.reachable(path)) return `${shown}: Permission denied`;
  if (fs.mountOf(path)?.readOnly) return `${shown}: Read-only file system`;
  // chmod(2): the caller must own the file or have CAP_FOWNER; being root alone is not enough.
  if (meta.uid !== fs.identity.uid && !can(fs.identity, "FOWNER")) return `${shown}: Operation not permitted`;
  meta.mode = mode;
  return undefined;
}

export function chown(
  fs: ContainerFs,
  name: string,
  path: string,
  shown: string,
  spec: string,
): string | undefined {
  const meta = fs.node(path);
  const [user = "", group] = name === "chgrp" ? ["", spec] : spec.split(/[:.]/, 2);
  const uid = user === "" ? meta.uid : idOf(user);
  const gid = group === undefined || group === "" ? meta.gid : idOf(group);
  if (uid === undefined) return `unknown user ${user}`;
  if (gid === undefined) return `unknown group ${group}`;
  if (!fs.reachable(path)) return `${shown}: Permission denied`;
  if (fs.mountOf(path)?.readOnly) return `${shown}: Read-only file system`;
  // chown(2): another owner needs CAP_CHOWN; the owner may give the file to a group of theirs.
  const owner = meta.uid === fs.identity.uid;
  const mayGroup = owner && (gid === meta.gid || fs.identity.groups.includes(gid));
  if (!can(fs.identity, "CHOWN") && !(uid === meta.uid && mayGroup))
    return `${shown}: Operation not permitted`;
  Object.assign(meta, { uid, gid });
  return undefined;
}

function idOf(text: string): number | undefined {
  if (/^\d+$/.test(text)) return Number(text);
  return { root: 0, nobody: 65534, nogroup: 65534 }[text];
}
