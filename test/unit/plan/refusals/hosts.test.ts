import { expect, test } from "vitest";
import { hostRefusal } from "../../../../src/plan/refusals/hosts.ts";

const node = { name: "worker-1", vmId: 127, host: "pve" };

test.each([
  ["where it is written", "pve"],
  ["nowhere yet", undefined],
])("a machine that runs %s is no matter", (_, known) => {
  expect(hostRefusal("homelab:nodes[1]", node, known)).toBeUndefined();
});

test("one that runs elsewhere is followed, or moved by hand", () => {
  expect(hostRefusal("homelab:nodes[1]", node, "pve2")).toBe(
    'homelab:nodes[1].host: "worker-1" (VM 127) runs on pve2 now, and "pve" is written; write "pve2", or move it to pve by hand ' +
      "(`qm migrate 127 pve --online --with-local-disks` on pve2). If it was moved since the last run, `pulumi up --refresh` finds it " +
      "where it is. This program moves no machine, and nothing was changed",
  );
});
