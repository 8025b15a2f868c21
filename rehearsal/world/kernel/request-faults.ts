/**
 * Faults as data: what goes wrong, where, how often. An operation's key is stable from run to run: it names who is asked, for
 * what, and about which resource or machine, e.g. `talos create lab-talos-cp-1-config`, `proxmox POST /nodes/pve/qemu 126`
 * or `proxmox task qmstart:126`.
 */
export const FAULT_KINDS = ["fail", "hang", "lose-reply", "kill"] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

/** What each kind stands for, in reports and for whoever writes one. */
export const FAULT_MEANING: Record<FaultKind, { what: string; standsFor: string }> = {
  fail: {
    what: "the operation is answered with an error and does not happen",
    standsFor:
      "an API that refuses or is overloaded: a lock time-out in Proxmox (HTTP 500), an API server that restarts",
  },
  hang: {
    what: "the operation does not happen, and the answer is a time-out, as much simulated time later",
    standsFor:
      "a host that swaps or a cable that was pulled: pveproxy's 596, a gRPC deadline, a task that gives up",
  },
  "lose-reply": {
    what: "the operation happens, and the caller gets a broken connection",
    standsFor: "a proxy, VPN or Wi-Fi that drops the connection between the request and its answer",
  },
  kill: {
    what: "the operation happens, and the Pulumi CLI gets SIGKILL while it is in flight",
    standsFor: "the out-of-memory killer, a closed laptop, a CI job cancelled the hard way",
  },
};

export interface Fault {
  /** An operation's key. */
  at: string;
  kind: FaultKind;
  /** How many operations with that key meet it, from the first on. */
  times: number;
}

/** An operation that passed, as a recording run lists them. */
export interface Passed {
  key: string;
  /** Whether it may change something; what only looks cannot lose more than its answer. */
  changes: boolean;
  /** How many times it passed. */
  times: number;
}

/** How each place where faults are put in speaks to its caller. */
export interface Manner {
  changes: boolean;
  /** The error of an operation that failed at once. */
  failed(): unknown;
  /** The error after `patience` in simulated seconds. */
  timedOut(): unknown;
  patience: number;
  /** The error by which the caller learns that the connection broke. */
  broken(): unknown;
  /** Aborted when the caller goes away. */
  signal?: AbortSignal;
  sleep(seconds: number): Promise<void>;
}

/** Stands around every operation that the homelab is asked for. */
export type Interceptor = <Result>(
  key: string,
  manner: Manner,
  work: () => Promise<Result>,
) => Promise<Result>;

export const undisturbed: Interceptor = (_key, _manner, work) => work();
