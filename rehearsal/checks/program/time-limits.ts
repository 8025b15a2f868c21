/**
 * The Proxmox provider counts its limits in seconds of this computer, and the world's pass many times as fast: what is given up at
 * home is long done here. So its limits are held against what the tasks took by the world's own figures.
 *
 * Which limit holds for what: terraform-provider-proxmox proxmoxtf/resource/vm/vm.go (vmCreateCustom, vmStart, vmShutdown, vmStop,
 * vmUpdate, vmDelete) and fwprovider/nodes/resource_download_file.go (Create). Their defaults are in the state with the rest. The other
 * two providers are ours, and count simulated seconds.
 */
import { IMAGE_FILE, VM } from "../../../scripts/recover/decide.ts";
import type { StateResource } from "../../engine/state.ts";
import type { TaskTime } from "../../world/proxmox/task.ts";
import { type Check, type Evidence, verdict } from "../check.ts";

type Outputs = Record<string, unknown>;

interface Limit {
  /** The input, in which the larger one holds if there are two. */
  inputs: string[];
  what: string;
  /** The task without which there is nothing to judge, and those that the limit covers with it. */
  task: string;
  with?: string[];
}

const CREATION: Limit[] = [
  {
    inputs: ["timeoutCreate"],
    what: "its creation",
    task: "qmcreate",
    with: ["resize", "qmconfig", "qmstart"],
  },
  { inputs: ["timeoutStartVm"], what: "its start", task: "qmstart" },
  { inputs: ["timeoutReboot"], what: "its reboot", task: "qmreboot" },
  { inputs: ["timeoutMigrate"], what: "its move to another host", task: "qmigrate" },
];

const END: Limit[] = [
  { inputs: ["timeoutStopVm"], what: "switching it off", task: "qmstop" },
  { inputs: ["timeoutShutdownVm"], what: "its shutdown", task: "qmshutdown" },
  {
    inputs: ["timeoutStopVm", "timeoutShutdownVm"],
    what: "its deletion",
    task: "qmdestroy",
    with: ["qmstop", "qmshutdown"],
  },
];

const DOWNLOAD: Limit[] = [{ inputs: ["uploadTimeout"], what: "its download", task: "download" }];

export function withinLimits({ states, taskTimes }: Evidence): Check {
  const judge = (resources: readonly StateResource[], type: string, limits: Limit[]) =>
    resources
      .filter((resource) => resource.type === type)
      .flatMap((resource) => overrun(resource, limits, taskTimes));
  // By what it was made with a machine is ended, also by the run that sets another limit.
  const causes = [
    ...judge(states.after, IMAGE_FILE, DOWNLOAD),
    ...judge(states.after, VM, CREATION),
    ...judge(states.before, VM, END),
  ];
  return verdict(
    "time-limits",
    causes,
    `${taskTimes.length} tasks of Proxmox took no longer than the program gives them`,
  );
}

function overrun(
  { urn, outputs = {} }: StateResource,
  limits: Limit[],
  taskTimes: readonly TaskTime[],
): string[] {
  const own = taskTimes.filter((task) => isOf(task, outputs));
  return limits.flatMap(({ inputs, what, task, with: others = [] }) => {
    if (!own.some(({ type }) => type === task)) return [];
    const took = own
      .filter(({ type }) => type === task || others.includes(type))
      .reduce((sum, { seconds }) => sum + seconds, 0);
    const [input, limit] = inputs
      .map((name) => [name, Number(outputs[name])] as const)
      .reduce((longest, next) => (next[1] > longest[1] ? next : longest));
    if (!(took > limit)) return [];
    return [
      `${urn.split("::").at(-1)}: ${what} takes ${Math.ceil(took)} s, and ${input} gives it ${limit} s`,
    ];
  });
}

/** VM ids are one space over all hosts; a file is known by its name on its host. */
function isOf({ type, subject, host }: TaskTime, outputs: Outputs): boolean {
  if (type === "download") return subject === outputs["fileName"] && host === outputs["nodeName"];
  return subject === String(outputs["vmId"]);
}
