/** Starts one container of a pod in the sandbox, with its user, its mounts and its command. */
import type { NodeHost } from "../../talos/contract.ts";
import type { Cluster } from "../cluster.ts";
import { hostPathMount, propagationError, ROOT_DIRECTORY } from "./mounts.ts";
import type { Container, PodSpec } from "./spec.ts";
import { identityOf } from "./privileges.ts";
import type { FilesystemInfo, SandboxMount } from "../sandbox/filesystem.ts";
import { runInSandbox } from "../sandbox/run.ts";
import type { VolumeFile } from "../state.ts";
import { GiB } from "../../kernel/units.ts";

/** A claim's or an empty directory's files, shared by the containers of a pod. */
export interface PodVolume {
  files: Record<string, VolumeFile>;
  info: Omit<FilesystemInfo, "mountPoint">;
}

export interface ContainerRun {
  cluster: Cluster;
  host: NodeHost;
  pod: PodSpec;
  container: Container;
  /** By the name of the pod's volume; hostPaths need no entry. */
  volumes: Map<string, PodVolume>;
  /** How its scripts sleep. Default: as long as they say. */
  sleep?: (seconds: number) => Promise<void>;
  signal?: AbortSignal;
}

export type ContainerEnd = { code: number; output: string } | { notStarted: string };

export async function runContainer(run: ContainerRun): Promise<ContainerEnd> {
  const { pod, container, host, cluster } = run;
  const user = identityOf(pod, container);
  if ("reason" in user) return { notStarted: user.reason };
  const shared = propagationError(host, pod, container);
  if (shared) return { notStarted: shared };

  const mounts: { mount: SandboxMount; volume?: PodVolume; prefix: string }[] = [];
  for (const wanted of container.volumeMounts ?? []) {
    const declared = pod.volumes?.find(({ name }) => name === wanted.name);
    if (!declared) return { notStarted: `spec.containers.volumeMounts.name: Not found: "${wanted.name}"` };
    if (declared.hostPath) {
      mounts.push({ mount: hostPathMount(host, declared.hostPath.path, wanted), prefix: "" });
      continue;
    }
    const volume = volumeNamed(run.volumes, wanted.name);
    const prefix = wanted.subPath ? `/${wanted.subPath.replace(/^\/+|\/+$/g, "")}` : "";
    mounts.push({
      volume,
      prefix,
      mount: {
        mountPath: wanted.mountPath,
        readOnly: wanted.readOnly ?? false,
        files: below(volume.files, prefix),
        info: (path) => ({ ...volume.info, mountPoint: path === "/" }),
      },
    });
  }

  const command = [...(container.command ?? []), ...(container.args ?? [])];
  if (command.length === 0) return { notStarted: `container ${container.name} names no command` };
  const environment = (container.env ?? []).map(({ name, value }) => [name, value ?? ""] as const);
  const end = await runInSandbox({
    command: expand(command, Object.fromEntries(environment)),
    env: Object.fromEntries(environment),
    identity: user.identity,
    mounts: mounts.map(({ mount }) => mount),
    readOnlyRoot: container.securityContext?.readOnlyRootFilesystem ?? false,
    sleep: run.sleep ?? ((seconds) => cluster.world.clock.sleep(seconds)),
    ...(run.signal ? { signal: run.signal } : {}),
  });
  for (const { mount, volume, prefix } of mounts) {
    if (volume && !mount.readOnly)
      volume.files = { ...above(volume.files, prefix), ...placed(mount.files, prefix) };
  }
  return { code: end.code, output: end.output };
}

function volumeNamed(volumes: Map<string, PodVolume>, name: string): PodVolume {
  const known = volumes.get(name);
  if (known) return known;
  const empty: PodVolume = {
    files: { "/": { ...ROOT_DIRECTORY, mode: "0777" } },
    info: { device: "/dev/disk/ephemeral", sizeBytes: 10 * GiB, usedBytes: 0, type: "xfs" },
  };
  volumes.set(name, empty);
  return empty;
}

/** `$(NAME)` in commands and arguments (kubernetes, third_party/forked/golang/expansion). */
function expand(words: string[], env: Record<string, string>): string[] {
  return words.map((word) =>
    word.replace(/\$\(([A-Za-z_]\w*)\)/g, (whole, name: string) => env[name] ?? whole),
  );
}

function below(files: Record<string, VolumeFile>, prefix: string): Record<string, VolumeFile> {
  if (prefix === "") return { "/": ROOT_DIRECTORY, ...files };
  const inside = Object.entries(files).filter(([path]) => path.startsWith(`${prefix}/`));
  // The kubelet makes a missing subPath as root with the mode of a new directory.
  return {
    "/": ROOT_DIRECTORY,
    ...Object.fromEntries(inside.map(([path, file]) => [path.slice(prefix.length), file])),
  };
}

function above(files: Record<string, VolumeFile>, prefix: string): Record<string, VolumeFile> {
  return prefix === ""
    ? {}
    : Object.fromEntries(Object.entries(files).filter(([path]) => !path.startsWith(`${prefix}/`)));
}

function placed(files: Record<string, VolumeFile>, prefix: string): Record<string, VolumeFile> {
  return Object.fromEntries(Object.entries(files).map(([path, file]) => [`${prefix}${path}`, file]));
}
