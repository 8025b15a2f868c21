import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { cached } from "../../../scripts/bootstrap/tools/cache.mjs";
import { isStale, withLock } from "../../../scripts/bootstrap/lock.mjs";
import { here } from "../../../scripts/bootstrap/processes.mjs";
import { scratch } from "./fakes.js";

function entry(cache: string, content: string) {
  let made = 0;
  return {
    made: () => made,
    get: (fails?: boolean) =>
      cached(
        { cache, say: () => {} },
        {
          kind: "thing",
          key: "k1",
          files: ["file"],
          doing: "making a thing",
          make: async (draft) => {
            made += 1;
            writeFileSync(path.join(draft, "half"), "half");
            await new Promise((resolve) => setTimeout(resolve, 50));
            if (fails) throw new Error("interrupted");
            writeFileSync(path.join(draft, "file"), content);
          },
        },
      ),
  };
}

describe("the cache", () => {
  it("makes a thing once, also for two who ask at a time", async () => {
    const cache = scratch();
    const [one, other] = [entry(cache, "one"), entry(cache, "other")];
    const [folder, same] = await Promise.all([one.get(), other.get()]);
    expect(same).toBe(folder);
    expect(one.made() + other.made()).toBe(1);
    await one.get();
    expect(one.made() + other.made()).toBe(1);
  });

  it("keeps nothing half-made", async () => {
    const cache = scratch();
    const { get } = entry(cache, "whole");
    await expect(get(true)).rejects.toThrow("interrupted");
    expect(readdirSync(path.join(cache, "thing"))).toEqual([]);
    expect(readdirSync(path.join(cache, "locks"))).toEqual([]);
    expect(readFileSync(path.join(await get(), "file"), "utf8")).toBe("whole");
  });

  it("clears away what a killed process left, and leaves alone what may be in the making", async () => {
    const cache = scratch();
    const drafts = [".draft-k1-1-1", ".draft-k2-1-1", ".draft-k3-1-1"].map((name) =>
      path.join(cache, "thing", name),
    );
    for (const draft of drafts) mkdirSync(draft, { recursive: true });
    utimesSync(drafts[2]!, new Date(0), new Date(0));
    await entry(cache, "x").get();
    expect(drafts.map((draft) => existsSync(draft))).toEqual([false, true, false]);
  });

  it("makes a thing again when part of it was removed", async () => {
    const cache = scratch();
    const { get, made } = entry(cache, "x");
    rmSync(path.join(await get(), "file"));
    await get();
    expect(made()).toBe(2);
  });

  it("says what to do when it cannot be made", async () => {
    const file = path.join(scratch(), "file");
    writeFileSync(file, "");
    await expect(entry(file, "x").get()).rejects.toThrow(/cannot be made: .*\nSet HOMELAB_CACHE/);
  });
});

describe("a lock", () => {
  const startOf = (pid: number) => ({ 1: "monday", 2: "" })[pid];
  const owner = { pid: 1, host: "here", started: "monday", token: "t" };
  it.each([
    ["a living holder", owner, 1_000, false],
    ["a living holder that slept", owner, 30_000, false],
    ["a dead holder", { ...owner, pid: 3 }, 1_000, true],
    ["a holder whose number another process has by now", { ...owner, started: "sunday" }, 1_000, true],
    ["a holder on another host, lately seen", { ...owner, host: "there" }, 1_000, false],
    ["a holder on another host, not seen for long", { ...owner, host: "there" }, 30_000, true],
    ["a living process whose start nobody knows, not seen for long", { ...owner, pid: 2 }, 30_000, true],
    ["nobody", undefined, 1_000, true],
  ])("of %s: stale is %4$s", (_, holder, age, stale) =>
    expect(isStale(holder, age, { host: "here", startOf })).toBe(stale),
  );

  it("is taken over from a killed process", async () => {
    const file = path.join(scratch(), "lock");
    writeFileSync(file, JSON.stringify({ pid: 2 ** 22 + 1, host: here(), token: "t" }));
    const work = () => Promise.resolve("done");
    expect(await withLock(file, () => {}, "working", work)).toBe("done");
    expect(existsSync(file)).toBe(false);
  });

  it("lets one work at a time, and tells the others whom they wait for", async () => {
    const folder = path.join(scratch(), "lock");
    const said: string[] = [];
    let inside = 0;
    let most = 0;
    const work = async () => {
      most = Math.max(most, ++inside);
      await new Promise((resolve) => setTimeout(resolve, 30));
      inside -= 1;
    };
    await Promise.all([1, 2, 3].map(() => withLock(folder, (line) => said.push(line), "working", work)));
    expect(most).toBe(1);
    expect(said[0]).toBe(`Waiting for another bootstrap (process ${process.pid}) that is working ...`);
  });

  it("is given back when the work fails", async () => {
    const folder = path.join(scratch(), "lock");
    const fails = () => Promise.reject(new Error("no"));
    await expect(withLock(folder, () => {}, "working", fails)).rejects.toThrow("no");
    expect(existsSync(folder)).toBe(false);
  });
});
