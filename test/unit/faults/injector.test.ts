import { expect, test } from "vitest";
import type { Fault, Manner } from "../../../rehearsal/world/kernel/request-faults.ts";
import { FaultInjector } from "../../../rehearsal/faults/injector.ts";
import { requestKey, taskKey } from "../../../rehearsal/api/proxmox/faults.ts";
import { functionKey, resourceKey } from "../../../rehearsal/providers/faults.ts";

/** An operation that can be watched: what happened, in order. */
function operation() {
  const happened: string[] = [];
  const manner: Manner = {
    changes: true,
    patience: 30,
    failed: () => new Error("failed"),
    timedOut: () => new Error("timed out"),
    broken: () => new Error("broken"),
    sleep: async (seconds) => void happened.push(`slept ${seconds}`),
  };
  return { happened, manner, work: async () => happened.push("done") };
}

async function passing(fault: Fault, times = 1) {
  const { happened, manner, work } = operation();
  const injector = new FaultInjector({ faults: [fault], kill: async () => void happened.push("killed") });
  const answers: string[] = [];
  for (let time = 0; time < times; time++) {
    answers.push(
      await injector.intercept("talos create one", manner, work).then(
        () => "answered",
        (error: unknown) => (error as Error).message,
      ),
    );
  }
  return { happened, answers, injector };
}

const at = "talos create one";

test("a failure does not happen in the world, once", async () => {
  const { happened, answers } = await passing({ at, kind: "fail", times: 1 }, 2);
  expect(answers).toEqual(["failed", "answered"]);
  expect(happened).toEqual(["done"]);
});

test("a hang takes its patience and does not happen either", async () => {
  const { happened, answers } = await passing({ at, kind: "hang", times: 1 });
  expect(answers).toEqual(["timed out"]);
  expect(happened).toEqual(["slept 30"]);
});

test("a lost reply happens, and its caller does not learn it", async () => {
  const { happened, answers } = await passing({ at, kind: "lose-reply", times: 1 });
  expect(answers).toEqual(["broken"]);
  expect(happened).toEqual(["done"]);
});

test("a kill comes after the effect and before the answer", async () => {
  const { happened, answers } = await passing({ at, kind: "kill", times: 1 });
  expect(answers).toEqual(["broken"]);
  expect(happened).toEqual(["done", "killed"]);
});

test("times counts the operations that meet the fault", async () => {
  const { answers, injector } = await passing({ at, kind: "fail", times: 2 }, 3);
  expect(answers).toEqual(["failed", "failed", "answered"]);
  expect(injector.injected).toHaveLength(2);
});

test("other operations pass, and all are listed with how often", async () => {
  const { happened, answers, injector } = await passing(
    { at: "talos create other", kind: "kill", times: 1 },
    2,
  );
  expect(answers).toEqual(["answered", "answered"]);
  expect(happened).toEqual(["done", "done"]);
  expect(injector.injected).toEqual([]);
  expect(injector.passed()).toEqual([{ key: at, changes: true, times: 2 }]);
});

test("keys say who, what and about what, and nothing that changes from run to run", () => {
  const urn =
    "urn:pulumi:lab::homelab::homelab:talos:Cluster$talos:machine/bootstrap:Bootstrap::lab-talos-bootstrap";
  expect(resourceKey("talos", "create", urn)).toBe("talos create lab-talos-bootstrap");
  expect(functionKey("talos", "talos:machine/getDisks:getDisks", { node: "10.0.0.1" })).toBe(
    "talos invoke getDisks 10.0.0.1",
  );
  const upid = encodeURIComponent("UPID:pve:000003E9:00000001:6956B900:qmcreate:126:root@pam:");
  expect(requestKey("GET", `/nodes/pve/tasks/${upid}/status`, {})).toBe(
    "proxmox GET /nodes/pve/tasks/qmcreate:126/status",
  );
  expect(requestKey("POST", "/nodes/pve/qemu", { vmid: "126" })).toBe("proxmox POST /nodes/pve/qemu 126");
  expect(requestKey("DELETE", "/nodes/pve/qemu/126/", {})).toBe("proxmox DELETE /nodes/pve/qemu/126");
  expect(taskKey({ type: "qmstart", subject: "126", host: "pve", run: async () => [] })).toBe(
    "proxmox task qmstart:126",
  );
});
