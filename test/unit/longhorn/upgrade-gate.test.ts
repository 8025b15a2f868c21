import { describe, expect, test } from "vitest";
import { passUpgradeGate } from "../../../src/longhorn/upgrade-gate.ts";
import type { Storage, StorageVolume } from "../../../src/observe/picture.ts";
import { lab } from "../../components/support/homelabs.ts";
import { FakeClock } from "../talos/upgrade/support/fake-cluster.ts";

const TIMEOUTS = lab().upgrade.timeouts;

function volume(changes: Partial<StorageVolume> = {}): StorageVolume {
  return {
    name: "pvc-1",
    claim: "traefik/data",
    state: "attached",
    robustness: "healthy",
    copies: 2,
    ...changes,
  };
}

/** @param answers One for each look, the last one for all further ones; a text is an error. */
async function gate(...answers: (StorageVolume[] | string)[]) {
  const lines: string[] = [];
  let looks = 0;
  const storage = (): Promise<Storage> => {
    const answer = answers[Math.min(looks++, answers.length - 1)]!;
    return typeof answer === "string"
      ? Promise.reject(new Error(answer))
      : Promise.resolve({ volumes: answer, replicas: [] });
  };
  const clock = new FakeClock();
  const passed = passUpgradeGate({
    reader: { storage },
    from: "1.11.3",
    to: "1.12.1",
    nodes: lab().nodes,
    timeouts: TIMEOUTS,
    log: (line) => void lines.push(line),
    clock,
  });
  const error = await passed.then(
    () => undefined,
    (reason: Error) => reason.message,
  );
  return { error, lines, waited: clock.now() };
}

describe("an upgrade of Longhorn", () => {
  test.each([
    ["no volume", []],
    ["whole ones", [volume(), volume({ name: "pvc-2" })]],
    ["a detached one, of which nothing is known", [volume({ state: "detached", robustness: "unknown" })]],
  ])("goes on with %s", async (_, volumes) => {
    expect(await gate(volumes)).toEqual({ error: undefined, lines: [], waited: 0 });
  });

  test("waits for a copy that is being made", async () => {
    expect(await gate([volume({ robustness: "degraded" })], [volume()])).toMatchObject({
      error: undefined,
      lines: ["Longhorn: waiting: volume traefik/data (pvc-1) is degraded, not healthy"],
    });
  });

  test("is refused while a volume lacks a copy or has none, and says which", async () => {
    const { error } = await gate([
      volume({ robustness: "degraded" }),
      volume({ name: "pvc-2", claim: undefined, state: "detached", robustness: "faulted" }),
    ]);
    expect(error).toBe(
      [
        "Longhorn: it was not upgraded from 1.11.3 to 1.12.1, because not every volume was whole in time (900 s, " +
          "homelab:upgrade.timeouts.healthy):",
        "  volume traefik/data (pvc-1) is degraded, not healthy",
        "  volume pvc-2 is faulted: no copy can be used",
        "Nothing was changed. Longhorn's UI says which copy is missing and why. Once that is mended, run `pulumi up` again: it " +
          "goes on here. What comes after was not touched.",
      ].join("\n"),
    );
  });

  test("is refused at once where a volume wants more copies than there are disks for", async () => {
    const { error, waited } = await gate([volume({ robustness: "degraded", copies: 3 })]);
    expect(error).toBe(
      [
        "Longhorn: it was not upgraded from 1.11.3 to 1.12.1, for which no waiting makes every volume whole:",
        "  volume traefik/data (pvc-1) is made with 3 copies, each on a node of its own, and data disks are on 2 nodes: add one, or " +
          "lower its copies to 2 in Longhorn's UI",
        "Nothing was changed. Once that is mended, run `pulumi up` again: it goes on here. What comes after was not touched.",
      ].join("\n"),
    );
    expect(waited).toBe(0);
  });

  test("is refused when nobody answers", async () => {
    expect((await gate("connection refused")).error).toContain(
      "Longhorn's volumes cannot be read: connection refused",
    );
  });
});
