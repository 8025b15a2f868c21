/**
 * Pod volumes: where a hostPath really leads, which mounts a container may have, and what the kubelet does to a volume's
 * files before the container starts.
 */
import type { HostPath, NodeHost } from "../../talos/contract.ts";
import type { Container, PodSpec } from "./spec.ts";
import type { SandboxMount } from "../sandbox/filesystem.ts";
import type { VolumeFile } from "../state.ts";

/**
 * A mount with propagation `Bidirectional` asks for a privileged container (API validation), and the source must be a shared
 * mount (containerd, pkg/cri/opts/spec_linux_opts.go: ensureShared).
 */
export function propagationError(host: NodeHost, pod: PodSpec, container: Container): string | undefined {
  for (const mount of container.volumeMounts ?? []) {
    if (mount.mountPropagation !== "Bidirectional") continue;
    if (!container.securityContext?.privileged) {
      return `spec.containers[0].volumeMounts.mountPropagation: Forbidden: Bidirectional mount propagation is available only to privileged containers`;
    }
    const path = pod.volumes?.find((volume) => volume.name === mount.name)?.hostPath?.path;
    const error = path === undefined ? undefined : sharedMountError(host, path);
    if (error) return `failed to generate container spec: failed to generate spec: ${error}`;
  }
  return undefined;
}

/**
 * What the kubelet must see: on Talos it lives in a mount namespace of its own, where /var/mnt is read-only and private unless
 * machine.kubelet.extraMounts brings the path in with rshared,rw (talos internal/.../services/kubelet.go).
 */
export function sharedMountError(host: NodeHost, path: string): string | undefined {
  const clean = path.replace(/(.)\/+$/, "$1");
  const mount = host.kubeletMount(clean);
  if (!mount) return `path ${JSON.stringify(clean)} is mounted on "/" but it is not a shared mount`;
  if (mount.propagation !== "rshared" && mount.propagation !== "shared") {
    return `path ${JSON.stringify(clean)} is mounted on ${JSON.stringify(mount.destination)} but it is not a shared mount`;
  }
  return mount.readonly ? `mkdir ${clean}: read-only file system` : undefined;
}

/**
 * fsGroup (kubelet, pkg/volume/volume_linux.go, SetVolumeOwnership): every file gets the group and rw for it, every directory also
 * x and the setgid bit. `OnRootMismatch` skips all of it when the volume's own directory already fits.
 */
export function applyFsGroup(
  files: Record<string, VolumeFile>,
  fsGroup: number | undefined,
  policy = "Always",
): Record<string, VolumeFile> {
  if (fsGroup === undefined) return files;
  const root = files["/"] ?? ROOT_DIRECTORY;
  const rootFits = root.gid === fsGroup && (parseInt(root.mode, 8) & 0o2770) === 0o2770;
  if (policy === "OnRootMismatch" && rootFits) return files;
  return Object.fromEntries(
    Object.entries({ "/": root, ...files }).map(([path, file]) => {
      const bits = path.endsWith("/") ? 0o2770 : 0o660;
      const mode = (parseInt(file.mode, 8) | bits).toString(8).padStart(4, "0");
      return [path, { ...file, gid: fsGroup, mode }];
    }),
  );
}

/** The top directory of a new ext4 or xfs filesystem. */
export const ROOT_DIRECTORY: VolumeFile = { content: "", uid: 0, gid: 0, mode: "0755" };

/** A hostPath mount for the sandbox: answers come from the node at the moment they are asked. */
export function hostPathMount(
  host: NodeHost,
  hostPath: string,
  mount: { mountPath: string; subPath?: string; readOnly?: boolean; mountPropagation?: string },
): SandboxMount {
  const source = join(hostPath, mount.subPath ?? "");
  // Without propagation the container keeps the mounts of the moment it started (mount_namespaces(7)).
  const live = mount.mountPropagation === "HostToContainer" || mount.mountPropagation === "Bidirectional";
  const atStart = host.resolve(source);
  const seen = new Map<string, HostPath>([[source, atStart]]);
  const lookup = (path: string): HostPath => {
    const on = live ? host.resolve(path) : (seen.get(path) ?? host.resolve(path));
    seen.set(path, on);
    return on;
  };
  return {
    mountPath: mount.mountPath,
    readOnly: mount.readOnly ?? false,
    files: { "/": ROOT_DIRECTORY, ...directoriesBelow(host, source), ...filesBelow(atStart, source) },
    info: (path) => {
      const target = join(source, path);
      const on = lookup(target);
      return {
        device: `/dev/disk/${on.diskId}-${on.mountPoint.split("/").pop() ?? ""}`,
        sizeBytes: on.sizeBytes,
        usedBytes: 0,
        type: on.filesystem,
        // The bind mount of a hostPath is itself a mount point, whatever lies below it.
        mountPoint: path === "/" || on.mountPoint === target,
      };
    },
  };
}

/** Directories that are there whether something is mounted on them or not. */
function directoriesBelow(host: NodeHost, source: string): Record<string, VolumeFile> {
  const below = (host.directories?.() ?? []).filter((path) => path.startsWith(`${source}/`));
  return Object.fromEntries(below.map((path) => [`${path.slice(source.length)}/`, ROOT_DIRECTORY]));
}

function filesBelow(on: HostPath, source: string): Record<string, VolumeFile> {
  const prefix = relativeTo(on.mountPoint, source);
  return Object.fromEntries(
    Object.entries(on.files).flatMap(([path, content]) => {
      const clean = path.replace(/^\/+/, "");
      const inside =
        prefix === "" ? clean : clean.startsWith(`${prefix}/`) ? clean.slice(prefix.length + 1) : "";
      return inside ? [[`/${inside}`, { content, uid: 0, gid: 0, mode: "0644" }] as const] : [];
    }),
  );
}

/** `/var/mnt/longhorn`, `/var/mnt/longhorn/replicas` -> `replicas`. */
export function relativeTo(mountPoint: string, path: string): string {
  const top = mountPoint.replace(/\/+$/, "");
  return path.startsWith(`${top}/`) ? path.slice(top.length + 1).replace(/\/+$/, "") : "";
}

function join(base: string, path: string): string {
  return `${base}/${path}`.replace(/\/{2,}/g, "/").replace(/(.)\/+$/, "$1");
}
