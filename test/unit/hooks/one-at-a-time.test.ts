import { describe, expect, test } from "vitest";
import { OneAtATime, type Turn, type Verdict } from "../../../src/hooks/one-at-a-time.ts";

/** Lets everything that is ready to run do so; no clock is involved. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

/** Records who got a turn and who was turned away. */
function observed(
  beforeNext: (name: string) => Promise<void> = async () => {},
  beforeFirst: (name: string, turn: Turn) => Promise<Verdict> = () => Promise.resolve("go"),
) {
  const log: string[] = [];
  const turn = new OneAtATime(async (name, turn) => {
    if (turn.first) return beforeFirst(name, turn);
    log.push(`before ${name}`);
    await beforeNext(name);
    return "go";
  });
  const acquire = (name: string) =>
    turn.acquire(name).then(
      () => log.push(`turn of ${name}`),
      (error: Error) => log.push(`${name} refused: ${error.message}`),
    );
  return { turn, log, acquire };
}

describe("OneAtATime", () => {
  test("gives the first its turn at once", async () => {
    const { log, acquire } = observed();
    await acquire("cp-1");
    expect(log).toEqual(["turn of cp-1"]);
  });

  test("lets the others wait, in the order of their asking, and checks before each of them", async () => {
    const { turn, log, acquire } = observed();
    void acquire("cp-1");
    void acquire("cp-2");
    void acquire("worker-1");
    await settle();
    expect(log).toEqual(["turn of cp-1"]);

    turn.release();
    await settle();
    expect(log).toEqual(["turn of cp-1", "before cp-2", "turn of cp-2"]);

    turn.release();
    await settle();
    expect(log.slice(3)).toEqual(["before worker-1", "turn of worker-1"]);
  });

  test("checks before one that asks only after the one before it is done", async () => {
    const { turn, log, acquire } = observed();
    await acquire("cp-1");
    turn.release();
    await acquire("cp-2");
    expect(log).toEqual(["turn of cp-1", "before cp-2", "turn of cp-2"]);
  });

  test("keeps the turn while the check before it runs", async () => {
    let healthy = () => {};
    const { turn, log, acquire } = observed(
      (name) => new Promise((resolve) => (healthy = name === "cp-2" ? resolve : healthy)),
    );
    await acquire("cp-1");
    turn.release();
    void acquire("cp-2");
    void acquire("cp-3");
    await settle();
    expect(log).toEqual(["turn of cp-1", "before cp-2"]);
    healthy();
    await settle();
    expect(log).toEqual(["turn of cp-1", "before cp-2", "turn of cp-2"]);
  });

  test("two who ask at the moment of a release do not get it both", async () => {
    const { turn, log, acquire } = observed();
    await acquire("cp-1");
    void acquire("cp-2");
    await settle();
    turn.release();
    void acquire("cp-3");
    await settle();
    expect(log.filter((line) => line.startsWith("turn of"))).toHaveLength(2);
    turn.release();
    await settle();
    expect(log.filter((line) => line.startsWith("turn of"))).toHaveLength(3);
  });

  test("a failed update leaves all the others as they are, those who wait and those who come", async () => {
    const { turn, log, acquire } = observed();
    await acquire("cp-1");
    void acquire("cp-2");
    void acquire("worker-1");
    await settle();
    turn.fail("the update of cp-1 failed");
    await settle();
    await acquire("worker-2");
    expect(log).toEqual([
      "turn of cp-1",
      "cp-2 refused: cp-2 was left as it is, because the update of cp-1 failed",
      "worker-1 refused: worker-1 was left as it is, because the update of cp-1 failed",
      "worker-2 refused: worker-2 was left as it is, because the update of cp-1 failed",
    ]);
  });

  test("names the first failure, not what followed from it", async () => {
    const { turn, log, acquire } = observed();
    await acquire("cp-1");
    turn.fail("the update of cp-1 failed");
    turn.fail("the update of cp-2 failed");
    await acquire("cp-3");
    expect(log.at(-1)).toBe("cp-3 refused: cp-3 was left as it is, because the update of cp-1 failed");
  });

  test("an unhealthy cluster stops the next with its own reason, and the rest by name of what was done", async () => {
    const { turn, log, acquire } = observed(() => Promise.reject(new Error("etcd has no quorum")));
    await acquire("cp-1");
    turn.release();
    void acquire("cp-2");
    void acquire("cp-3");
    await settle();
    expect(log).toEqual([
      "turn of cp-1",
      "before cp-2",
      "cp-2 refused: etcd has no quorum",
      "cp-3 refused: cp-3 was left as it is, because the cluster was not healthy after the update of cp-1",
    ]);
  });

  test("names every node that was done before the cluster turned out unhealthy", async () => {
    const { turn, log, acquire } = observed((name) =>
      name === "worker-1" ? Promise.reject(new Error("etcd has no quorum")) : Promise.resolve(),
    );
    for (const name of ["cp-1", "cp-2"]) {
      await acquire(name);
      turn.release();
    }
    await acquire("worker-1");
    await acquire("worker-2");
    expect(log.slice(-2)).toEqual([
      "worker-1 refused: etcd has no quorum",
      "worker-2 refused: worker-2 was left as it is, because the cluster was not healthy after the update of cp-1, cp-2",
    ]);
  });

  describe("the first", () => {
    const later = (name: string, { others }: Turn) =>
      Promise.resolve<Verdict>(name === "worker-1" && others() ? "later" : "go");

    test("steps aside for those who wait, and has its turn after them", async () => {
      const { turn, log, acquire } = observed(undefined, async (name, about) => {
        await settle(); // long enough for the others to come
        return later(name, about);
      });
      void acquire("worker-1");
      void acquire("worker-2");
      void acquire("worker-3");
      await settle();
      await settle();
      await settle();
      expect(log).toEqual(["turn of worker-2"]);
      turn.release();
      await settle();
      turn.release();
      await settle();
      expect(log.slice(1)).toEqual([
        "before worker-3",
        "turn of worker-3",
        "before worker-1",
        "turn of worker-1",
      ]);
    });

    test("cannot step aside when nobody waits", async () => {
      const { log, acquire } = observed(undefined, later);
      await acquire("worker-1");
      expect(log).toEqual(["turn of worker-1"]);
    });

    test("steps aside once only, so that two do not for ever", async () => {
      const asked: string[] = [];
      const { log, acquire } = observed(undefined, async (name, { others }) => {
        asked.push(name);
        await settle();
        return others() ? "later" : "go";
      });
      void acquire("a");
      void acquire("b");
      for (let round = 0; round < 5; round++) await settle();
      expect(asked).toEqual(["a", "b", "a"]);
      expect(log).toEqual(["turn of a"]);
    });

    test("is turned away with its own reason, and the rest by its name", async () => {
      const { log, acquire } = observed(undefined, () => Promise.reject(new Error("the last copy is there")));
      await acquire("worker-1");
      await acquire("worker-2");
      expect(log).toEqual([
        "worker-1 refused: the last copy is there",
        "worker-2 refused: worker-2 was left as it is, because worker-1 must not be updated now",
      ]);
    });
  });

  test("a release that nobody's turn precedes counts for nothing", async () => {
    const { turn, log, acquire } = observed();
    turn.release();
    await acquire("cp-1");
    expect(log).toEqual(["turn of cp-1"]);
  });
});
