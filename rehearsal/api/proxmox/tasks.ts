/**
 * Background tasks and their UPIDs. The real server lets clients poll; here the status request is held until the task
 * has ended, so that a client's polling interval, which knows nothing of scaled time, does not lengthen a rehearsal.
 */
import { dateOf, timed } from "../../world/kernel/clock.ts";
import { sentence } from "../../world/proxmox/errors.ts";
import type { Task, TaskTime } from "../../world/proxmox/task.ts";

export interface TaskStatus {
  upid: string;
  node: string;
  pid: number;
  starttime: number;
  type: string;
  id: string;
  user: string;
  status: "running" | "stopped";
  exitstatus?: string;
}

interface Entry {
  task: Task;
  number: number;
  startedAt: number;
  log: string[];
  exit?: string;
  ended: Promise<void>;
}

export class TaskList {
  readonly #entries = new Map<string, Entry>();
  #last = 0;
  /** Of those that did not fail, in the order of their ends. */
  readonly times: TaskTime[] = [];

  constructor(
    readonly user: string,
    readonly now: () => number,
    readonly onFailure: (task: Task, reason: string) => void,
    /** Does a task's work; a fault may come in between. */
    readonly perform: (task: Task, work: Task["run"]) => ReturnType<Task["run"]> = (_task, work) => work(),
  ) {}

  /** Starts it and returns its UPID. */
  start(task: Task): string {
    const number = ++this.#last;
    const startedAt = Math.floor(dateOf(this.now()).getTime() / 1000);
    const hex = (value: number): string => value.toString(16).toUpperCase().padStart(8, "0");
    const upid = `UPID:${task.host}:${hex(1000 + number)}:${hex(number)}:${hex(startedAt)}:${task.type}:${task.subject.replaceAll(":", "")}:${this.user}:`;
    const entry: Entry = { task, number, startedAt, log: [], ended: Promise.resolve() };
    entry.ended = this.perform(task, () => this.#run(task)).then(
      (warnings) => {
        entry.log = [
          ...warnings.map((warning) => `WARN: ${warning}`),
          warnings.length ? `TASK WARNINGS: ${warnings.length}` : "TASK OK",
        ];
        entry.exit = warnings.length ? `WARNINGS: ${warnings.length}` : "OK";
      },
      (error: unknown) => {
        entry.exit = sentence(error);
        entry.log = [`TASK ERROR: ${entry.exit}`];
        this.onFailure(task, entry.exit);
      },
    );
    this.#entries.set(upid, entry);
    return upid;
  }

  async #run({ type, subject, host, run }: Task): Promise<string[]> {
    const { value, seconds } = await timed(run);
    this.times.push({ type, subject, host, seconds });
    return value;
  }

  /** Undefined for a task that this server never had. */
  async status(upid: string): Promise<TaskStatus | undefined> {
    const entry = this.#entries.get(upid);
    if (!entry) return undefined;
    await entry.ended;
    const { task, number, startedAt } = entry;
    return {
      upid,
      node: task.host,
      pid: 1000 + number,
      starttime: startedAt,
      type: task.type,
      id: task.subject,
      user: this.user,
      status: "stopped",
      exitstatus: entry.exit!,
    };
  }

  log(upid: string): { n: number; t: string }[] | undefined {
    return this.#entries.get(upid)?.log.map((t, index) => ({ n: index + 1, t }));
  }

  /** Resolves when everything that was started has ended. */
  async idle(): Promise<void> {
    await Promise.all([...this.#entries.values()].map(({ ended }) => ended));
  }
}
