import { expect, test } from "vitest";
import type { Evidence } from "../../../rehearsal/checks/check.ts";
import { withinLimits } from "../../../rehearsal/checks/program/time-limits.ts";
import type { StateResource } from "../../../rehearsal/engine/state.ts";
import type { TaskTime } from "../../../rehearsal/world/proxmox/task.ts";

/** As the provider's defaults. */
const LIMITS = { timeoutCreate: 1800, timeoutStartVm: 1800, timeoutStopVm: 300, timeoutShutdownVm: 1800 };

function vm(limits: Record<string, number>): StateResource {
  return {
    urn: "urn:pulumi:lab::homelab::proxmoxve:index/vmLegacy:VmLegacy::cp-1-vm",
    type: "proxmoxve:index/vmLegacy:VmLegacy",
    outputs: { vmId: 126, ...LIMITS, ...limits },
  };
}

function file(uploadTimeout: number): StateResource {
  return {
    urn: "urn:pulumi:lab::homelab::proxmoxve:download/file:File::image",
    type: "proxmoxve:download/file:File",
    outputs: { nodeName: "pve1", fileName: "talos.qcow2", uploadTimeout },
  };
}

function task(type: string, seconds: number, subject = "126", host = "pve1"): TaskTime {
  return { type, subject, host, seconds };
}

function judge(before: StateResource[], after: StateResource[], taskTimes: TaskTime[]): string {
  const { ok, detail } = withinLimits({ states: { before, after }, taskTimes } as unknown as Evidence);
  return ok ? "" : detail;
}

const CREATION = [task("qmcreate", 12), task("resize", 1), task("qmstart", 2)];

test.each([
  [
    "makes it with the resize and the start",
    vm({ timeoutCreate: 14 }),
    CREATION,
    "its creation takes 15 s, and timeoutCreate gives it 14 s",
  ],
  ["starts it", vm({ timeoutStartVm: 1 }), CREATION, "its start takes 2 s, and timeoutStartVm gives it 1 s"],
  ["just fits", vm({ timeoutCreate: 15, timeoutStartVm: 2 }), CREATION, ""],
  ["is another's", vm({ timeoutCreate: 1 }), [task("qmcreate", 12, "127")], ""],
  ["only starts it again", vm({ timeoutCreate: 1 }), [task("qmstart", 2)], ""],
  [
    "fetches the file",
    file(20),
    [task("download", 48.2, "talos.qcow2")],
    "its download takes 49 s, and uploadTimeout gives it 20 s",
  ],
  ["fetches it on another host", file(20), [task("download", 48.2, "talos.qcow2", "pve2")], ""],
])("a run that %s", (_what, resource, tasks, cause) => {
  expect(judge([], [resource], tasks)).toBe(cause && `${resource.urn.split("::").at(-1)}: ${cause}`);
});

test("a machine is ended by the limits that it had before, the longer of the two for all of it", () => {
  const tasks = [task("qmshutdown", 10), task("qmdestroy", 2)];
  expect(judge([vm({ timeoutShutdownVm: 8, timeoutStopVm: 300 })], [], tasks)).toBe(
    "cp-1-vm: its shutdown takes 10 s, and timeoutShutdownVm gives it 8 s",
  );
  expect(judge([vm({ timeoutShutdownVm: 11, timeoutStopVm: 1 })], [], tasks)).toBe(
    "cp-1-vm: its deletion takes 12 s, and timeoutShutdownVm gives it 11 s",
  );
  expect(judge([], [vm({ timeoutShutdownVm: 1, timeoutStopVm: 1 })], tasks)).toBe("");
});
