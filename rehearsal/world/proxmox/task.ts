/**
 * Work that Proxmox does in the background after it has accepted a request. What it refuses at once is thrown by the
 * function that makes the task; what goes wrong later is thrown by `run`, and becomes the task's exit status.
 */
export interface Task {
  /** As in a UPID: `qmcreate`, `qmstart`, `download` ... */
  type: string;
  /** VM id or file, as in a UPID. */
  subject: string;
  host: string;
  /** Does it, in simulated time; resolves with warnings for the task's log. */
  run: () => Promise<string[]>;
}

/** A task that came to its end, and what it took in simulated seconds. */
export interface TaskTime extends Pick<Task, "type" | "subject" | "host"> {
  seconds: number;
}
