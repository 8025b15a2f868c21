/** What a script may try against the workstation that rehearses. Nothing of it is read, written, started or told. */
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
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
  ["a path from printf", 'cat "$(printf "%s" @secret@)"'],
  ["a command's name from a variable", "c=cat; $c @secret@"],
  ["a pattern", "cat @@${s}*; for f in @@${s}*; do cat $f; done"],
  ["a relative path", "cat ..${s}..${s}..${s}..${s}..@secret@"],
  ["the root of a process", "cat ${s}proc${s}self${s}root@secret@"],
  ["the environment of a process", "cat ${s}proc${s}self${s}environ"],
  ["its own environment", "echo $" + VARIABLE],
  ["moving in", "mv @secret@ ${s}data${s}x; cat ${s}data${s}x"],
  ["moving out", "mv ${s}data @written@; mv ${s}data${s}x @@"],
  ["another owner and mode", "chown 1:1 @secret@; chmod 777 @secret@"],
  ["looking at it", "stat -c %a @secret@; df -k @secret@; [ -e @secret@ ] && echo ${VARIABLE}"],
  // What is not known here, however it would be done.
  ["another shell", "${s}bin${s}sh -c 'cat \"$1\"' sh @secret@"],
  ["running a file", "@script@"],
  ["source", ". @script@"],
  ["eval", 'eval "cat @secret@"'],
  ["exec of a program", "exec ${s}bin${s}cat @secret@"],
  ["a redirection of input", "cat < @secret@"],
  ["a redirection of output", "echo x > @written@"],
  ["a permanent redirection", "exec 3> @written@; echo x >&3"],
  ["a here-document with a substitution", "cat <<END\n$(cat @secret@)\nEND"],
  ["a substitution of a file", 'echo "$(< @secret@)"'],
  ["xargs", "echo @secret@ | xargs cat"],
  ["tee", "echo x | tee @written@ @secret@"],
  ["awk's own way to run", 'awk "BEGIN { system(\\"cat @secret@\\") }"'],
])("by %s", async (_, script) => {
  for (const identity of [ROOT, NOBODY]) {
    expect((await attempt(script, identity)).output).not.toContain(SECRET);
    untouched();
  }
});

test("files that every machine has are not the container's", async () => {
  const result = await attempt("cat ${s}etc/passwd; cat ${s}etc/hostname; for f in ${s}*; do echo $f; done");
  expect(result.output.split("\n")).toEqual([
    "cat: can't open '/etc/passwd': No such file or directory",
    "cat: can't open '/etc/hostname': No such file or directory",
    "/data",
    "/tmp",
  ]);
});

describe("what would take the workstation's time or memory", () => {
  const limited = (script: string, limitMs = 500) => run(script, volume(), ROOT, { limitMs });
  const killed = { code: 137 };

  test.each([
    ["an endless loop", "while :; do :; done"],
    ["an endless loop of nothing but tests", "until false; do false || false; done"],
    ["an endless loop behind a pipe", "echo x | while :; do :; done"],
  ])("%s is ended", async (_, script) => {
    expect(await limited(script)).toMatchObject({ ...killed, timedOut: true, output: "(it did not end)" });
  });

  test.each([
    ["endless recursion", "f() { f; }; f", "deep"],
    ["recursion in pipes", "f() { f | f; }; f", "deep"],
    ["recursion in substitutions", "f() { x=$(f); }; f", "deep"],
    ["a value that doubles", "x=xxxxxxxx; while :; do x=$x$x; done", "128 MiB"],
    ["a pipe without end", `x=${"x".repeat(99_999)}; while :; do echo $x; done | tail -n 1`, "128 MiB"],
    ["output without end", `x=${"x".repeat(99_999)}; while :; do echo $x; done`, "128 MiB"],
  ])("%s is ended", async (_, script, reason) => {
    const before = process.memoryUsage().rss;
    const result = await limited(script, 10_000);
    expect(result.output.slice(-200)).toContain(reason);
    expect(result.timedOut).toBe(false);
    expect(result.code).toBe(137);
    expect(result.output.length).toBeLessThan(70_000);
    expect(process.memoryUsage().rss - before).toBeLessThan(500 * 1024 ** 2);
  });

  test("a regular expression that never comes back is ended", async () => {
    const started = performance.now();
    const result = await limited(`echo ${"a".repeat(60)}! | grep -Eo '^(a+)+$'`, 10_000);
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
});
