import { describe, expect, test } from "vitest";
import { Turns, type Turn, type Verdict } from "../../../src/hooks/turns.ts";

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
  const turn = new Turns();
  const gate = async (name: string, about: Turn) => {
    if (about.first) return beforeFirst(name, about);
    log.push(`before ${name}`);
    await beforeNext(name);
    return "go" as const;
  };
  const acquire = (name: string) =>
    turn
      .take(name, (about) => gate(name, about))
      .then(
        () => log.push(`turn of ${name}`),
        (error: Error) => log.push(`${name} refused: ${error.message}`),
      );
  return { turn, log, acquire };
}

describe("taking turns", () => {
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

    turn.give();
    await settle();
    expect(log).toEqual(["turn of cp-1", "before cp-2", "turn of cp-2"]);

    turn.give();
    await settle();
    expect(log.slice(3)).toEqual(["before worker-1", "turn of worker-1"]);
  });

  test("checks before one that asks only after the one before it is done", async () => {
    const { turn, log, acquire } = observed();
    await acquire("cp-1");
    turn.give();
    await acquire("cp-2");
    expect(log).toEqual(["turn of cp-1", "before cp-2", "turn of cp-2"]);
  });

  test("keeps the turn while the check before it runs", async () => {
    let healthy = () => {};
    const { turn, log, acquire } = observed(
      (name) => new Promise((resolve) => (healthy = name === "cp-2" ? resolve : healthy)),
    );
    await acquire("cp-1");
    turn.give();
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
    turn.give();
    void acquire("cp-3");
    await settle();
    expect(log.filter((line) => line.startsWith("turn of"))).toHaveLength(2);
    turn.give();
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
    turn.give();
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
      turn.give();
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
      turn.give();
      await settle();
      turn.give();
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
    turn.give();
    await acquire("cp-1");
    expect(log).toEqual(["turn of cp-1"]);
  });
});

describe("acting in a turn", () => {
  /** Acts that end when they are told to. */
  function acting() {
    const turns = new Turns();
    const log: string[] = [];
    const ends = new Map<string, (error?: Error) => void>();
    const run = (name: string, rank = 0) =>
      turns
        .run(name, rank, () => {
          log.push(name);
          return new Promise((resolve, reject) =>
            ends.set(name, (error) => (error ? reject(error) : resolve())),
          );
        })
        .catch((error: Error) => void log.push(error.message));
    const end = async (name: string, error?: Error) => {
      await settle();
      ends.get(name)!(error);
      await settle();
    };
    return { turns, log, run, end };
  }

  test("one after the other, of those who wait the lowest rank first, and as they came among equals", async () => {
    const { log, run, end } = acting();
    for (const [name, rank] of [
      ["worker-2", 4],
      ["worker-1", 3],
      ["cp-2", 1],
      ["cp-1", 1],
    ] as const)
      void run(name, rank);
    for (const name of ["worker-2", "cp-2", "cp-1", "worker-1"]) {
      await settle();
      expect(log.at(-1)).toBe(name);
      await end(name);
    }
    expect(log).toHaveLength(4);
  });

  test("a failure is its own, and everybody else is left as it is", async () => {
    const { log, run, end } = acting();
    void run("cp-1");
    void run("cp-2");
    await end("cp-1", new Error("no room"));
    await run("worker-1");
    expect(log).toEqual([
      "cp-1",
      "no room",
      "cp-2 was left as it is, because the upgrade of cp-1 failed",
      "worker-1 was left as it is, because the upgrade of cp-1 failed",
    ]);
  });

  test("what comes after one that acted is not the first, whatever it waits for", async () => {
    const { turns, run, end } = acting();
    void run("cp-1");
    await end("cp-1");
    let first: boolean | undefined;
    await turns.take("cp-2", (turn) => {
      first = turn.first;
      return Promise.resolve("go");
    });
    expect(first).toBe(false);
  });
});
