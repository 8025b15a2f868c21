import { describe, expect, test } from "vitest";
import { passEvacuatedGate, passWholeGate } from "../../../src/longhorn/copies-gate.ts";
import type { Storage, StorageVolume } from "../../../src/observe/picture.ts";
import { lab } from "../../components/support/homelabs.ts";
import { FakeClock } from "../talos/upgrade/support/fake-cluster.ts";

const volume = (robustness: string, changes: Partial<StorageVolume> = {}): StorageVolume => ({
  name: "pvc-1",
  claim: "traefik/data",
  state: robustness === "unknown" ? "detached" : "attached",
  robustness,
  copies: 2,
  ...changes,
});

/** An answer of Longhorn's, one for each look, the last one for all further ones; a text is an error. */
type Answer = (Partial<Storage> & { known?: boolean }) | string;

function reader(answers: Answer[]) {
  let looks = 0;
  const answer = () => answers[Math.min(looks, answers.length - 1)]!;
  return {
    storage: (): Promise<Storage> => {
      const now = answer();
      looks += 1;
      if (typeof now === "string") return Promise.reject(new Error(now));
      return Promise.resolve({ volumes: now.volumes ?? [], replicas: now.replicas ?? [] });
    },
    objects: () => {
      const now = answer();
      const known = typeof now === "string" || (now.known ?? true);
      return Promise.resolve({ knownToLonghorn: () => Promise.resolve(known) });
    },
  };
}

async function pass(gate: typeof passWholeGate | typeof passEvacuatedGate, ...answers: Answer[]) {
  const lines: string[] = [];
  const clock = new FakeClock();
  const error = await gate({
    reader: reader(answers),
    node: "worker-1",
    nodes: lab().nodes,
    timeouts: lab().upgrade.timeouts,
    log: (line) => void lines.push(line),
    clock,
  }).then(
    () => undefined,
    (reason: Error) => reason.message,
  );
  return { error, lines, waited: clock.now() / 1000 };
}

describe("every copy is whole", () => {
  test.each([
    ["no volume", []],
    ["healthy and detached ones", [volume("healthy"), volume("unknown")]],
  ])("with %s", async (_, volumes) => {
    expect(await pass(passWholeGate, { volumes })).toEqual({ error: undefined, lines: [], waited: 0 });
  });

  test.each([
    [
      "a degraded one",
      [volume("healthy"), volume("degraded")],
      "traefik/data (pvc-1) is degraded, not healthy",
    ],
    ["a faulted one", [volume("faulted")], "volume traefik/data (pvc-1) is faulted: no copy can be used"],
  ])("not with %s: it is waited for, and named in the end", async (_, volumes, told) => {
    const { error, lines, waited } = await pass(passWholeGate, { volumes });
    expect(error).toMatch(
      /^Longhorn: there are volumes without all their copies \(3600 s, homelab:upgrade\.timeouts\.volumes\):/,
    );
    expect(error).toContain(told);
    expect(error).toContain("must be removed and added again there");
    expect(lines).toHaveLength(1);
    expect(waited).toBe(3600);
  });

  test("once it has healed", async () => {
    const { error } = await pass(
      passWholeGate,
      { volumes: [volume("degraded")] },
      { volumes: [volume("healthy")] },
    );
    expect(error).toBeUndefined();
  });

  test("never with more copies than there are disks for, which is said at once", async () => {
    const { error, waited } = await pass(passWholeGate, { volumes: [volume("degraded", { copies: 3 })] });
    expect(error).toContain(
      "Longhorn: no waiting makes every volume whole:\n  volume traefik/data (pvc-1) is made with 3 copies",
    );
    expect(waited).toBe(0);
  });

  test("not when nobody answers", async () => {
    expect((await pass(passWholeGate, "connection refused")).error).toContain(
      "Longhorn's volumes cannot be read: connection refused",
    );
  });
});

describe("a node is evacuated", () => {
  const on = (...nodes: string[]) => nodes.map((node) => ({ volume: "pvc-1", node, healthy: true }));
  const volumes = [volume("healthy")];

  test("when none of the copies is on it", async () => {
    expect((await pass(passEvacuatedGate, {})).error).toBeUndefined();
    expect(
      (await pass(passEvacuatedGate, { volumes, replicas: on("cp-1", "worker-2") })).error,
    ).toBeUndefined();
  });

  test("once the last one has moved, and meanwhile it says which are left", async () => {
    const { error, lines } = await pass(
      passEvacuatedGate,
      { volumes, replicas: on("cp-1", "worker-1") },
      { volumes, replicas: on("cp-1", "worker-2") },
    );
    expect(error).toBeUndefined();
    expect(lines).toEqual(["worker-1: waiting: a copy of volume traefik/data (pvc-1) is still on it"]);
  });

  test("not while one is on it, be it of no use", async () => {
    const [replica] = on("worker-1");
    const { error, waited } = await pass(passEvacuatedGate, {
      volumes,
      replicas: [{ ...replica!, healthy: false }],
    });
    expect(error).toBe(
      [
        "worker-1: its copies did not move to other nodes in time (3600 s, homelab:upgrade.timeouts.volumes):",
        "  a copy of volume traefik/data (pvc-1) is still on it",
        "It goes on moving them, and nothing was deleted. The other nodes may be too few or too full for them. Once that is mended, " +
          "run `pulumi up` again: it goes on here. What comes after was not touched.",
      ].join("\n"),
    );
    expect(waited).toBe(3600);
  });

  test("not when nobody answers, nor when Longhorn does not know it", async () => {
    expect((await pass(passEvacuatedGate, "HTTP 500")).error).toContain(
      "Longhorn's copies cannot be read: HTTP 500",
    );
    expect((await pass(passEvacuatedGate, { known: false })).error).toContain("Longhorn does not know it");
  });
});
