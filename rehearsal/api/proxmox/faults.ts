/** How faults show in Proxmox's API: the keys of requests and tasks, and the errors as pveproxy and a task have them. */
import type { Manner } from "../../world/kernel/request-faults.ts";
import { ProxmoxError } from "../../world/proxmox/errors.ts";
import type { Parameters } from "../../world/proxmox/parameters.ts";
import type { Task } from "../../world/proxmox/task.ts";
import type { World } from "../../world/kernel/world.ts";

/** pveproxy gives a backend thirty seconds before it answers 596 (pve-http-server: AnyEvent.pm, proxy_request). */
const PROXY_PATIENCE = 30;
/** A storage operation under a cluster lock gives up after a minute (pve-storage: Plugin.pm, cluster_lock_storage). */
const TASK_PATIENCE = 60;

/** The server hangs up instead of answering. */
export class BrokenConnection extends Error {}

/** A task's UPID changes at every run; what it does, and to what, does not. A VM that is being made is named in the form. */
export function requestKey(method: string, path: string, parameters: Parameters): string {
  const stable = path
    .replace(/\/+$/, "")
    .replace(
      /\/tasks\/([^/]+)/,
      (_all, upid: string) => `/tasks/${decodeURIComponent(upid).split(":").slice(5, 7).join(":")}`,
    );
  const made = method === "POST" && stable.endsWith("/qemu") ? parameters["vmid"] : undefined;
  return `proxmox ${method} ${stable}${made === undefined ? "" : ` ${made}`}`;
}

export function taskKey({ type, subject }: Task): string {
  return `proxmox task ${type}:${subject}`;
}

export function requestManner(world: World, method: string): Manner {
  return {
    changes: method !== "GET",
    patience: PROXY_PATIENCE,
    sleep: (seconds) => world.clock.sleep(seconds),
    failed: () =>
      new ProxmoxError(500, "error during cfs-locked 'storage-local' operation: got lock request timeout"),
    timedOut: () => new ProxmoxError(596, "Connection timed out"),
    broken: () => new BrokenConnection(),
  };
}

export function taskManner(world: World): Manner {
  return {
    changes: true,
    patience: TASK_PATIENCE,
    sleep: (seconds) => world.clock.sleep(seconds),
    failed: () => new ProxmoxError(500, "command failed: exit code 1"),
    timedOut: () =>
      new ProxmoxError(500, "cfs-lock 'storage-local' error: got lock timeout - aborting command"),
    // The worker did its work and went without a word (pve-common: Tools.pm, upid_read_status).
    broken: () => new ProxmoxError(500, "unable to read tail (got 0 bytes)"),
  };
}
