import type { EngineEvent } from "@pulumi/pulumi/automation/index.js";
import { describe, expect, test } from "vitest";
import { criticalPath, OperationLog, uncoloured } from "../../../rehearsal/engine/operations.ts";

function urn(name: string): string {
  return `urn:pulumi:lab::homelab::some:type:Type::${name}`;
}

function run(
  steps: [at: number, event: "pre" | "end" | "failed", name: string, type?: string][],
): OperationLog {
  let now = 0;
  const log = new OperationLog(() => now);
  for (const [at, event, name, type = "some:type:Type"] of steps) {
    now = at;
    const metadata = { op: "create", urn: urn(name), type };
    const key = { pre: "resourcePreEvent", end: "resOutputsEvent", failed: "resOpFailedEvent" }[event];
    log.receive({ sequence: 0, timestamp: 0, [key]: { metadata } });
  }
  return log;
}

describe("the log of operations", () => {
  test("has start, end and success of each, and leaves out what has no effect", () => {
    const log = run([
      [1, "pre", "a"],
      [3, "pre", "b"],
      [4, "end", "a"],
      [5, "failed", "b"],
    ]);
    log.receive({
      resourcePreEvent: { metadata: { op: "same", urn: urn("c"), type: "x" } },
    } as unknown as EngineEvent);
    expect(log.operations.map(({ name, start, end, ok }) => ({ name, start, end, ok }))).toEqual([
      { name: "a", start: 1, end: 4, ok: true },
      { name: "b", start: 3, end: 5, ok: false },
    ]);
  });

  test("collects errors without colours, and the summary", () => {
    const log = new OperationLog(() => 0);
    log.receive({
      diagnosticEvent: { severity: "error", message: "<{%red%}>no<{%reset%}>\n", color: "raw" },
    } as EngineEvent);
    log.receive({ diagnosticEvent: { severity: "warning", message: "hm", color: "raw" } } as EngineEvent);
    log.receive({ summaryEvent: { resourceChanges: { create: 2 } } } as unknown as EngineEvent);
    expect(log.errors).toEqual(["no"]);
    expect(log.changes).toEqual({ create: 2 });
    expect(uncoloured("\u001b[31mred\u001b[0m ")).toBe("red");
  });
});

describe("the critical path", () => {
  test("follows whichever dependency ended last, through components and providers", () => {
    const log = run([
      [0, "pre", "image"],
      [5, "end", "image"],
      [0, "pre", "secrets"],
      [1, "end", "secrets"],
      [1, "pre", "provider", "pulumi:providers:talos"],
      [9, "end", "provider", "pulumi:providers:talos"],
      [5, "pre", "machine"],
      [8, "end", "machine"],
      [8, "pre", "component", "homelab:talos:Cluster"],
      [8, "end", "component", "homelab:talos:Cluster"],
      [8, "pre", "config"],
      [12, "end", "config"],
      [8, "pre", "elsewhere"],
      [10, "end", "elsewhere"],
    ]);
    log.addDependencies([
      { urn: urn("machine"), type: "t", dependencies: [urn("image")] },
      { urn: urn("component"), type: "t", dependencies: [urn("machine"), urn("secrets")] },
      { urn: urn("config"), type: "t", parent: urn("component"), provider: `${urn("provider")}::id` },
    ]);
    expect(criticalPath(log.operations).map(({ name }) => name)).toEqual(["image", "machine", "config"]);
    expect(criticalPath([])).toEqual([]);
  });
});
