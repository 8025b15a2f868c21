import { describe, expect, test } from "vitest";
import { runInSandbox } from "../../../../rehearsal/world/kubernetes/sandbox/run.ts";
import { BARE_ROOT, file, NOBODY, ROOT, run, volume } from "./sandbox-support.ts";

describe("who may do what", () => {
  test("root with the capabilities changes owner and mode", async () => {
    const mount = volume({ "/a": file("x", "0660", 65532) });
    expect(
      await run("chown 0:0 /data/a && chmod 0600 /data/a && stat -c '%a %u %g' /data/a", mount),
    ).toMatchObject({ code: 0, output: "600 0 0" });
    expect(mount.files["/a"]).toEqual(file("x", "0600"));
  });

  test.each(["chmod 600 /data/a", "chown 0:0 /data/a"])(
    "root without capabilities on another's file: %s",
    async (script) => {
      const result = await run(script, volume({ "/a": file("x", "0660", 65532) }), BARE_ROOT);
      expect(result).toMatchObject({
        code: 1,
        output: `${script.split(" ")[0]}: /data/a: Operation not permitted`,
      });
    },
  );

  test("an owner needs no capability for chmod", async () => {
    const mount = volume({ "/a": file("x", "0660", 65532) });
    expect((await run("chmod 600 /data/a", mount, NOBODY)).code).toBe(0);
    expect(mount.files["/a"]?.mode).toBe("0600");
  });

  test("a stranger cannot read 0600, nor rename in a directory of root's", async () => {
    const mount = volume({ "/a": file("x", "0600") });
    expect((await run("cat /data/a", mount, NOBODY)).output).toBe(
      "cat: can't open '/data/a': Permission denied",
    );
    expect((await run("mv /data/a /data/b", mount, NOBODY)).output).toContain("Permission denied");
    expect(mount.files).toEqual({ "/": file("", "0755"), "/a": file("x", "0600") });
  });

  test("mv keeps owner and mode", async () => {
    const mount = volume({ "/a": file("x", "0660", 65532) });
    await run("mv /data/a /data/b", mount);
    expect(mount.files).toEqual({ "/": file("", "0755"), "/b": file("x", "0660", 65532) });
  });

  test("a read-only mount stays as it is", async () => {
    const mount = volume({ "/a": file("x", "0600") }, true);
    expect((await run("chmod 640 /data/a", mount)).output).toContain("Read-only file system");
    expect((await run("mv /data/a /data/b", mount)).code).toBe(1);
    expect(mount.files["/a"]).toEqual(file("x", "0600"));
  });
});

describe("what a script sees", () => {
  test("pipes, tests, arithmetic, set -e", async () => {
    const script = `set -eu; n=0; for f in /data/*; do n=$((n + 1)); done
      [ -s /data/a ] && cat /data/a | grep -Eo 'x' && echo "$n $(cat /data/a | tail -n 1)"; false; echo never`;
    expect(await run(script, volume({ "/a": file("{x}", "0644") }))).toMatchObject({
      code: 1,
      output: "x\n1 {x}",
    });
  });

  test("df tells of the volume, and which path is a mount point", async () => {
    const script = `for dir in /data /tmp; do df -k $dir | tail -n 1; done`;
    expect((await run(script, volume())).output.split("\n")).toEqual([
      "/dev/sdb 1048576 0 1048576 0% /data",
      "overlay 33554432 0 33554432 0% /",
    ]);
  });

  test("a container's command may be a program by its path, or one without a shell", async () => {
    const start = (...command: string[]) =>
      runInSandbox({ command, identity: ROOT, mounts: [], sleep: () => Promise.resolve() });
    expect(await start("/bin/sh", "-c", "echo hi")).toMatchObject({ code: 0, output: "hi" });
    expect(await start("false")).toMatchObject({ code: 1, output: "" });
    expect(await start("bash", "-c", "true")).toMatchObject({
      code: 127,
      output: "sh: the rehearsal does not know `bash`",
    });
  });

  test("sleeping costs simulated time only", async () => {
    const slept: number[] = [];
    await run("sleep 3600; sleep 0.5", volume(), ROOT, {
      sleep: (seconds) => Promise.resolve(void slept.push(seconds)),
    });
    expect(slept).toEqual([3600, 0.5]);
  });

  test("a script that never ends is ended", async () => {
    expect(await run("while :; do :; done", volume(), ROOT, { limitMs: 300 })).toMatchObject({
      timedOut: true,
    });
  });

  test("many at once do not wait for each other", async () => {
    const all = await Promise.all(Array.from({ length: 6 }, () => run("stat -c %a /data", volume())));
    expect(all.map(({ output }) => output)).toEqual(Array.from({ length: 6 }, () => "755"));
  });
});
