import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { keepSnapshot } from "../../../../src/clients/talosctl/snapshot-folder.ts";
import { outdatedSnapshots, snapshotName } from "../../../../src/clients/talosctl/snapshots.ts";

const AT = new Date("2026-11-23T10:15:00.123Z");

test("a name says cluster, node, what it runs, and when", () => {
  expect(snapshotName("lab", "cp-1", "v1.12.0", AT)).toBe("lab-cp-1-v1.12.0-20261123T101500Z.db");
});

describe("of those that are too many", () => {
  const day = (number: number, node = "cp-1", cluster = "lab") =>
    snapshotName(cluster, node, "v1.12.0", new Date(Date.UTC(2026, 0, number)));

  test("the oldest go, whichever node's", () => {
    const names = [day(4), day(1), day(3, "cp-2"), day(2)];
    expect(outdatedSnapshots(names, "lab", ["cp-1", "cp-2"], 2)).toEqual([day(1), day(2)]);
    expect(outdatedSnapshots(names, "lab", ["cp-1", "cp-2"], 4)).toEqual([]);
    expect(outdatedSnapshots([], "lab", ["cp-1"], 1)).toEqual([]);
  });

  test("those made around a pre-release count, too", () => {
    const early = snapshotName("lab", "cp-1", "v1.12.0-beta.1", new Date(Date.UTC(2025, 0, 1)));
    expect(outdatedSnapshots([early, day(1)], "lab", ["cp-1"], 1)).toEqual([early]);
  });

  test("nobody else's go: of another cluster, of a node of old, or a file by another name", () => {
    const foreign = [
      day(1, "cp-1", "lab-2"),
      day(1, "cp-9"),
      "lab-cp-1.db",
      "notes.txt",
      `${day(1)}.unfinished`,
    ];
    expect(outdatedSnapshots([...foreign, day(8), day(9)], "lab", ["cp-1"], 1)).toEqual([day(8)]);
  });
});

describe("the folder", () => {
  let root: string;
  beforeEach(() => (root = mkdtempSync(join(tmpdir(), "snapshots-"))));
  afterEach(() => rmSync(root, { recursive: true }));
  const what = { node: "cp-1", talosVersion: "v1.12.0", at: AT };
  const folder = (keep = 5) => ({ path: join(root, "a", "b"), keep, cluster: "lab", nodes: ["cp-1"] });
  const mode = (path: string) => (statSync(path).mode & 0o777).toString(8);
  const take = (file: string) => {
    writeFileSync(file, "etcd's content", { mode: 0o644 });
    return Promise.resolve();
  };

  test("is made, for its owner alone, as is the file", async () => {
    const { path, bytes } = await keepSnapshot(folder(), what, take);
    expect(path).toBe(join(root, "a/b/lab-cp-1-v1.12.0-20261123T101500Z.db"));
    expect(bytes).toBe("etcd's content".length);
    expect(mode(path)).toBe("600");
    expect(mode(join(root, "a/b"))).toBe("700");
  });

  test.each([0o755, 0o775, 0o1777])("keeps its permissions where it was there before: %o", async (before) => {
    chmodSync(root, before);
    const { path } = await keepSnapshot({ ...folder(), path: root }, what, take);
    expect(statSync(root).mode & 0o7777).toBe(before);
    expect(mode(path)).toBe("600");
  });

  test("is refused where everybody may write in it", async () => {
    chmodSync(root, 0o777);
    await expect(keepSnapshot({ ...folder(), path: root }, what, take)).rejects.toThrow(
      `everybody may write in ${root} (homelab:upgrade.snapshots.directory), and so replace a snapshot: chmod o-w, or another folder`,
    );
    expect(readdirSync(root)).toEqual([]);
  });

  test("lets nobody open the file while it is written", async () => {
    chmodSync(root, 0o755);
    const modes: string[] = [];
    await keepSnapshot({ ...folder(), path: root }, what, async (file) => {
      await take(file);
      modes.push(mode(dirname(file)));
    });
    expect(modes).toEqual(["700"]);
  });

  test("holds no half of a snapshot, and loses none for it", async () => {
    const { path } = await keepSnapshot(folder(1), what, take);
    const later = { ...what, at: new Date(AT.getTime() + 1000) };
    const failing = keepSnapshot(folder(1), later, (file) => {
      writeFileSync(file, "half");
      return Promise.reject(new Error("connection lost"));
    });
    await expect(failing).rejects.toThrow("connection lost");
    expect(readdirSync(join(root, "a/b"))).toEqual(["lab-cp-1-v1.12.0-20261123T101500Z.db"]);
    expect(existsSync(path)).toBe(true);
  });

  test("holds the last ones only", async () => {
    for (let second = 0; second < 4; second++)
      await keepSnapshot(folder(2), { ...what, at: new Date(AT.getTime() + second * 1000) }, take);
    expect(readdirSync(join(root, "a/b"))).toEqual([
      "lab-cp-1-v1.12.0-20261123T101502Z.db",
      "lab-cp-1-v1.12.0-20261123T101503Z.db",
    ]);
  });
});
