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
    expect((await run("chmod go= /data/a", mount, NOBODY)).code).toBe(0);
    expect(mount.files["/a"]?.mode).toBe("0600");
  });

  test("a stranger cannot read 0600, nor write in a directory of root's, nor remove from it", async () => {
    const mount = volume({ "/a": file("x", "0600") });
    expect((await run("cat /data/a", mount, NOBODY)).output).toBe(
      "cat: can't open '/data/a': Permission denied",
    );
    expect((await run("mv /data/a /data/b", mount, NOBODY)).output).toContain("Permission denied");
    expect((await run("rm -f /data/a", mount, NOBODY)).output).toContain("Permission denied");
    expect((await run("echo y > /data/new", mount, NOBODY)).output).toContain(
      "can't create /data/new: Permission denied",
    );
    expect((await run("echo y > /data/a", mount, NOBODY)).code).toBe(1);
    expect(mount.files).toEqual({ "/": file("", "0755"), "/a": file("x", "0600") });
  });

  test("a new file belongs to who made it, with the umask's mode", async () => {
    const mount = volume({ "/": file("", "0777") });
    await run("umask 077; echo x > /data/new; cp /data/new /data/copy", mount, NOBODY);
    expect(mount.files["/new"]).toEqual(file("x\n", "0600", 65532));
    expect(mount.files["/copy"]).toEqual(file("x\n", "0600", 65532));
  });

  test("mv keeps owner and mode", async () => {
    const mount = volume({ "/a": file("x", "0660", 65532) });
    await run("mv /data/a /data/b", mount);
    expect(mount.files).toEqual({ "/": file("", "0755"), "/b": file("x", "0660", 65532) });
  });

  test("a read-only mount stays as it is", async () => {
    const mount = volume({ "/a": file("x", "0600") }, true);
    expect((await run("chmod 640 /data/a", mount)).output).toContain("Read-only file system");
    expect((await run("echo y > /data/a", mount)).code).toBe(1);
    expect(mount.files["/a"]).toEqual(file("x", "0600"));
  });
});

describe("what a script sees", () => {
  test("pipes, tests, arithmetic, set -e", async () => {
    const script = `set -eu; n=0; for f in /data/*; do n=$((n + 1)); done
      [ -s /data/a ] && head -c 1 /data/a | grep -q '{' && echo "$n $(basename /data/a) $(sed 's/x/y/' /data/a)"; false; echo never`;
    expect(await run(script, volume({ "/a": file("{x}", "0644") }))).toMatchObject({
      code: 1,
      output: "1 a {y}",
    });
  });

  test("df, mountpoint and /proc/mounts tell of the volume", async () => {
    const script = `df -k /data | tail -n 1; mountpoint -q /data && echo yes; mountpoint -q /tmp || echo no; grep -c ' /data ext4' /proc/mounts; stat -f -c %T /data`;
    expect((await run(script, volume())).output.split("\n")).toEqual([
      "/dev/sdb 1048576 0 1048576 0% /data",
      "yes",
      "no",
      "1",
      "ext4",
    ]);
  });

  test("id and whoami are the container's", async () => {
    expect((await run("id -u; whoami", volume(), NOBODY)).output).toBe("65532\n65532");
  });

  test("a program that small images lack is not found", async () => {
    expect(await run("jq . /data/a", volume())).toMatchObject({
      code: 127,
      output: expect.stringContaining("not found") as string,
    });
    const direct = await runInSandbox({
      command: ["bash", "-c", "true"],
      identity: ROOT,
      mounts: [],
      sleep: () => Promise.resolve(),
    });
    expect(direct.output).toBe('exec: "bash": executable file not found in $PATH');
  });

  test("sleeping costs simulated time only", async () => {
    const slept: number[] = [];
    await run("sleep 3600; sleep 1m", volume(), ROOT, {
      sleep: (seconds) => Promise.resolve(void slept.push(seconds)),
    });
    expect(slept).toEqual([3600, 60]);
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
