/** What a script may try against the workstation that rehearses. Nothing of it is read, written, started or told. */
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { NOBODY, ROOT, run, volume } from "./sandbox-support.ts";

const SECRET = "of-the-workstation";
/** Is in this process's environment for as long as a script runs. */
const VARIABLE = "SANDBOX_TEST_OF_THE_WORKSTATION";

let outside: string;

beforeEach(() => {
  outside = mkdtempSync(join(tmpdir(), "outside-"));
  writeFileSync(join(outside, "secret"), `${SECRET}\n`);
  writeFileSync(join(outside, "script"), `echo ${SECRET}; echo x > ${outside}/written`, { mode: 0o755 });
  process.env[VARIABLE] = SECRET;
});
afterEach(() => {
  rmSync(outside, { recursive: true });
  delete process.env[VARIABLE];
});

/** The path of a file outside, without a literal slash; `$s` is one. */
const hidden = (name = "") => `${outside}${name && "/"}${name}`.replaceAll("/", "${s}");

/** Runs a script in which `@name@` stands for the path of a file outside; what it left there and said. */
async function attempt(script: string, identity = ROOT) {
  const filled = `s=/; ${script.replace(/@(\w*)@/g, (_, name: string) => hidden(name))}`;
  const result = await run(filled, volume(), identity, { limitMs: 3000 });
  return result;
}

function untouched(): void {
  expect(readdirSync(outside).sort()).toEqual(["script", "secret"]);
  expect(readFileSync(join(outside, "secret"), "utf8")).toBe(`${SECRET}\n`);
}

test.each([
  ["a path in pieces", "cat @secret@"],
  ["a path from printf", 'cat "$(printf "\\057")"${s}@secret@'],
  ["another shell", "${s}bin${s}sh -c 'cat \"$1\"' sh @secret@"],
  ["a program by its own path", "${s}bin${s}cat @secret@; ${s}usr${s}bin${s}head -n 1 @secret@"],
  ["source", ". @script@"],
  ["running a file", "@script@"],
  ["a shell with a file", "sh @script@"],
  ["exec", "exec @script@"],
  ["exec of a program", "exec ${s}bin${s}cat @secret@"],
  ["command -p", "command -p cat @secret@"],
  ["another PATH", "PATH=${s}bin:${s}usr${s}bin:@@; export PATH; cat @secret@; script"],
  ["eval", 'eval "cat @secret@"'],
  ["a redirection of input", "cat < @secret@; read -r line < @secret@; echo $line"],
  ["a redirection of output", "echo x > @written@; echo x >> @secret@; : > @secret@"],
  ["a permanent redirection", "exec 3> @written@; echo x >&3; exec < @secret@; cat"],
  ["reading and writing at once", "exec 3<> @written@; echo x >&3"],
  ["a here-document to a file", "cat > @written@ <<END\nx\nEND"],
  ["a here-document with a substitution", "cat <<END\n$(cat @secret@)\nEND"],
  ["a substitution of a file", 'echo "$(< @secret@)" `cat @secret@`'],
  ["a pattern", "cat @@${s}* ${s}tmp${s}*${s}secret; echo ${s}*${s}*${s}se?ret"],
  ["cd and a relative path", "cd @@ && cat secret && echo x > written"],
  ["a relative path", "cat ..${s}..${s}..${s}..${s}..@secret@; echo x > ..${s}..${s}..${s}..${s}..@written@"],
  ["the root of a process", "cat ${s}proc${s}self${s}root@secret@ ${s}proc${s}1${s}root@secret@"],
  [
    "the environment of a process",
    "cat ${s}proc${s}self${s}environ ${s}proc${s}$PPID${s}environ | tr '\\0' '\\n'",
  ],
  ["its own environment", "env; set; export -p; echo $" + VARIABLE],
  ["a trap", "trap 'cat @secret@; echo x > @written@' EXIT"],
  ["a function of a command's name", "cat() { command -p cat @secret@; }; cat"],
  ["xargs", "echo @secret@ | xargs cat; echo @script@ | xargs sh"],
  ["env and timeout", "env PATH=${s}bin cat @secret@; timeout 5 ${s}bin${s}cat @secret@"],
  ["copying in and out", "cp @secret@ ${s}data${s}x; cat ${s}data${s}x; cp ${s}data${s}x @written@"],
  ["moving and removing", "mv @secret@ ${s}data${s}x; rm -rf @@ @secret@; rm -rf ${s}tmp${s}outside-*"],
  ["a copied program", "cp ${s}bin${s}cat ${s}data${s}c; ${s}data${s}c @secret@"],
  ["tee", "echo x | tee @written@ @secret@"],
  [
    "sed's own way to write and to run",
    "echo x | sed 'w @written@'; echo x | sed \"1e cat @secret@\"; sed -i d @secret@",
  ],
  ["awk's own way to run", 'awk "BEGIN { system(\\"cat @secret@\\") }"'],
  ["find", "find @@ -exec cat {} +"],
  ["a symbolic link", "ln -s @secret@ ${s}data${s}l; cat ${s}data${s}l"],
])("by %s", async (_, script) => {
  for (const identity of [ROOT, NOBODY]) {
    expect((await attempt(script, identity)).output).not.toContain(SECRET);
    untouched();
  }
});

test("a program named in pieces is the container's own", async () => {
  expect(await attempt("${s}usr${s}bin/id -u; ${s}bin/hostname", NOBODY)).toMatchObject({
    code: 0,
    output: "65532\npod",
  });
});

test("what the workstation has and small images lack is not there", async () => {
  for (const program of [
    "node",
    "python3",
    "perl",
    "awk",
    "ln",
    "find",
    "dd",
    "mknod",
    "mount",
    "kill",
    "chroot",
    "unshare",
  ])
    expect(await attempt(`${program} -x`)).toMatchObject({ code: 127, output: `sh: ${program}: not found` });
});

test("descriptors that the script did not open lead nowhere", async () => {
  for (const fd of [3, 5, 9])
    expect(await attempt(`echo x >&${fd}`)).toMatchObject({
      code: 1,
      output: `sh: ${fd}: Bad file descriptor`,
    });
});

test("files that every machine has are the container's", async () => {
  const result = await attempt(
    "cat ${s}etc/passwd ${s}etc/hostname; ls ${s}etc; ls ${s}proc; echo ${s}home/* ${s}",
  );
  expect(result.output.split("\n")).toEqual([
    "cat: can't open '/etc/passwd': No such file or directory",
    "cat: can't open '/etc/hostname': No such file or directory",
    "mtab",
    "mounts",
    "self",
    "/home/* /",
  ]);
  await attempt("rm -rf ${s}*");
  expect(existsSync("/etc")).toBe(true);
});

describe("what would take the workstation's time or memory", () => {
  const limited = (script: string, limitMs = 500) => run(script, volume(), ROOT, { limitMs });
  const killed = { code: 137 };

  test.each([
    ["an endless loop", "while :; do :; done"],
    ["an endless loop of nothing but tests", "until false; do false || false; done"],
    ["an endless loop behind a pipe", "echo x | while :; do :; done"],
    ["one in the background that is waited for", "while :; do :; done & wait"],
    ["one in the exit trap", "trap 'while :; do :; done' EXIT"],
  ])("%s is ended", async (_, script) => {
    expect(await limited(script)).toMatchObject({ ...killed, timedOut: true, output: "(it did not end)" });
  });

  test.each([
    ["a fork bomb", "f() { f | f & }; f; while :; do :; done", "deep"],
    ["many jobs", "while :; do sleep 1000 & done", "jobs in the background"],
    ["endless recursion", "f() { f; }; f", "deep"],
    ["a script that calls itself", "echo 'sh /data/x' > /data/x; sh /data/x", "deep"],
    ["a value that doubles", "x=xxxxxxxx; while :; do x=$x$x; done", "128 MiB"],
    [
      "values without end",
      'n=0; x=$(seq 100000); while :; do n=$((n + 1)); eval "v$n=\\$x"; done',
      "128 MiB",
    ],
    ["a file without end", 'x=$(seq 100000); while :; do echo "$x" >> /data/x; done', "128 MiB"],
    ["a pipe without end", 'x=$(seq 100000); while :; do echo "$x"; done | head -n 1', "128 MiB"],
    ["output without end", 'x=$(seq 100000); while :; do echo "$x"; done', "128 MiB"],
    ["a wide format", "printf '%100000000d%100000000d' 1 1 | wc -c", ""],
  ])("%s is ended", async (_, script, reason) => {
    const before = process.memoryUsage().rss;
    const result = await limited(script, 10_000);
    expect(result.output.slice(-200)).toContain(reason);
    expect(result.timedOut).toBe(false);
    if (reason) expect(result.code).toBe(137);
    expect(result.output.length).toBeLessThan(70_000);
    expect(process.memoryUsage().rss - before).toBeLessThan(500 * 1024 ** 2);
  });

  test("a regular expression that never comes back is ended", async () => {
    const started = performance.now();
    const result = await limited(`x=$(printf '%060d' 0 | tr 0 a); echo "$x!" | grep -E '^(a+)+$'`, 10_000);
    expect(result).toMatchObject({ ...killed, output: "(one of its commands took more than 2 s)" });
    expect(performance.now() - started).toBeLessThan(5000);
  });

  test("thousands of words inside words are refused", async () => {
    for (const script of [
      "$(".repeat(5000),
      "(".repeat(20_000),
      `echo ${'"$('.repeat(3000)}`,
      `$((${"(".repeat(5000)}))`,
    ])
      expect((await limited(script, 5000)).code).not.toBe(0);
  });

  test("everything else goes on meanwhile", async () => {
    let turns = 0;
    const timer = setInterval(() => turns++, 5);
    await limited("while :; do :; done");
    clearInterval(timer);
    expect(turns).toBeGreaterThan(2);
  });

  test("nothing in the background outlives its container", async () => {
    const slept: number[] = [];
    const mount = volume();
    const script = `(n=0; while [ $n -lt 3000 ]; do n=$((n + 1)); done; sleep 77; echo x > @late@; echo x > /data/late) > /dev/null 2>&1 &`;
    const filled = `s=/; ${script.replace("@late@", hidden("late"))}`;
    const result = await run(filled, mount, ROOT, { sleep: (s) => Promise.resolve(void slept.push(s)) });
    expect(result).toMatchObject({ code: 0, output: "" });
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(slept).toEqual([]);
    expect(mount.files["/late"]).toBeUndefined();
    untouched();
  });
});
