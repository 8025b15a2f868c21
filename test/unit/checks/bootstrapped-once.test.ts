/** One bootstrap in a cluster's life; the lives of those before it do not count. */
import { expect, test } from "vitest";
import type { Evidence } from "../../../rehearsal/checks/check.ts";
import { bootstrappedOnce } from "../../../rehearsal/checks/cluster/nodes.ts";
import type { WorldEvent } from "../../../rehearsal/world/kernel/record.ts";

const event = (secrets: string): WorldEvent => ({
  at: 0,
  kind: "bootstrap",
  subject: "cp-1",
  text: "bootstrapped",
  severity: "info",
  detail: { secrets },
});

function judged(...secrets: string[]): string {
  const machines = { 126: { facts: { clusterId: "now" } }, 200: { facts: { clusterId: "another" } } };
  const world = {
    state: { events: secrets.map(event), machines, clusters: { only: { bootstrappedAt: 1 } } },
  };
  const config = { nodes: [{ vmId: 126, role: "controlplane" }] };
  return bootstrappedOnce({ world, config } as unknown as Evidence).detail;
}

test("a cluster that was destroyed and made again is another one", () => {
  expect(judged("before", "now")).not.toContain("times");
});

test.each([
  ["twice", ["now", "now"]],
  ["twice after one that was destroyed", ["before", "now", "now"]],
])("%s is found", (_name, secrets) => {
  expect(judged(...secrets)).toContain("etcd was bootstrapped 2 times");
});
