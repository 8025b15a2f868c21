import type * as proxmoxve from "@muhlba91/pulumi-proxmoxve";
import { expect, test } from "vitest";
import type { InProgramContext } from "../../../src/hook-context.ts";
import { refuseTakenVmId, takenVmId, type ExistingVm } from "../../../src/proxmox/vm-id-guard.ts";
import { lab, nodeOf } from "../../components/support/homelabs.ts";

const node = nodeOf(lab(), "worker-1");
const vm = (vmId: number): ExistingVm => ({ vmId, name: "nas", nodeName: "pve2" });

test.each([
  ["no machine at all", []],
  ["machines with other ids", [vm(126), vm(1270), vm(12)]],
])("an id is free among %s", (_, existing) => {
  expect(takenVmId(node, existing)).toBeUndefined();
});

test("an id is taken by whoever has it, on any host; the message says who and what to do", () => {
  expect(takenVmId(node, [vm(126), vm(127)])).toBe(
    'VM id 127 of node "worker-1" is already taken by "nas" on pve2, and nothing was created. ' +
      "Give the node another id (homelab:nodes[].vmId), or, if that machine is what an interrupted run left behind, " +
      "delete it in Proxmox and run again.",
  );
});

test("Proxmox is asked in the program's context: outside it, a hook has lost the engine", async () => {
  const provider = {} as proxmoxve.Provider;
  const answering = (vms: ExistingVm[]) => (() => Promise.resolve({ vms })) as InProgramContext;
  await expect(refuseTakenVmId(node, provider, answering([vm(126)]))).resolves.toBeUndefined();
  await expect(refuseTakenVmId(node, provider, answering([vm(127)]))).rejects.toThrow(
    new Error(takenVmId(node, [vm(127)])),
  );
  const broken = (() => Promise.reject(new Error("401 no ticket"))) as InProgramContext;
  await expect(refuseTakenVmId(node, provider, broken)).rejects.toThrow(new Error("401 no ticket"));
});
