/**
 * Client of the helper program over Talos's machinery library (`tools/talos machinery`): one long-lived process, one
 * JSON object a line, so that configs, secrets and selectors in the rehearsal are what Talos itself would make of them.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { tmpdir } from "node:os";
import { createInterface } from "node:readline";
import { sealedEnvironment } from "./sealed-environment.ts";

/** The methods' parameters and results, as the helper documents them. */
export interface MachinerySecrets {
  machineSecrets: Record<string, unknown>;
  clientConfiguration: ClientConfiguration;
}

export interface ClientConfiguration {
  caCertificate: string;
  clientCertificate: string;
  clientKey: string;
}

export interface ConfigInspection {
  machineType: "controlplane" | "worker";
  hostname?: string;
  clusterName: string;
  clusterId: string;
  clusterEndpoint: string;
  token: string;
  /** The tag of the kubelet's image. */
  kubernetesVersion: string;
  /** The tag of a control plane's API server. */
  apiServerVersion?: string;
  installImage: string;
  allowSchedulingOnControlPlanes: boolean;
  kubeletExtraMounts: { destination: string; source: string; type: string; options: string[] }[];
  nodeLabels: Record<string, string>;
  nodeTaints: Record<string, string>;
  addresses: string[];
  vip?: string;
  userVolumes: UserVolumeSpec[];
  /** Level that the cluster's Pod Security admission enforces where a namespace says nothing. */
  podSecurityDefault?: string;
}

export interface UserVolumeSpec {
  name: string;
  volumeType: string;
  /** CEL, as written. */
  diskSelector: string;
  minSizeBytes: number;
  /** 0: all there is. */
  maxSizeBytes: number;
  grow: boolean;
  filesystem: string;
}

/** A disk as Talos's selectors see it. */
export interface SelectorDisk {
  devPath: string;
  sizeBytes: number;
  serial: string;
  wwid: string;
  model: string;
  transport: string;
  rotational: boolean;
  readonly: boolean;
  cdrom: boolean;
  busPath: string;
  symlinks: string[];
  systemDisk: boolean;
}

export interface Machinery {
  call<T>(method: string, params: Record<string, unknown>): Promise<T>;
  close(): Promise<void>;
}

/** Said by the helper itself: the input was wrong, in Talos's own words. */
export class MachineryError extends Error {}

/**
 * Starts the helper. `close` ends it; calls still open then are rejected.
 *
 * @param part Another of the program's parts that answers in this way.
 */
export function startMachinery(executable: string, part = "machinery"): Machinery {
  const child: ChildProcess = spawn(executable, [part], {
    env: sealedEnvironment(tmpdir()),
    stdio: ["pipe", "pipe", "inherit"],
  });
  const open = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>();
  let lastId = 0;
  let ended: Error | undefined;

  const end = (error: Error) => {
    ended ??= error;
    for (const { reject } of open.values()) reject(ended);
    open.clear();
  };
  child.on("error", (error) => end(new Error(`cannot start ${executable}: ${error.message}`)));
  child.on("exit", (code, signal) => end(new Error(`talos ${part} ended (${signal ?? code})`)));

  createInterface({ input: child.stdout! }).on("line", (line) => {
    const answer = JSON.parse(line) as { id: number; result?: unknown; error?: { message: string } };
    const call = open.get(answer.id);
    open.delete(answer.id);
    if (answer.error) call?.reject(new MachineryError(answer.error.message));
    else call?.resolve(answer.result as never);
  });

  return {
    call<T>(method: string, params: Record<string, unknown>): Promise<T> {
      if (ended) return Promise.reject(ended);
      const id = ++lastId;
      return new Promise<T>((resolve, reject) => {
        open.set(id, { resolve, reject });
        child.stdin!.write(`${JSON.stringify({ id, method, params })}\n`);
      });
    },
    close(): Promise<void> {
      if (ended) return Promise.resolve();
      return new Promise((resolve) => {
        child.once("exit", () => resolve());
        child.stdin!.end();
      });
    },
  };
}
