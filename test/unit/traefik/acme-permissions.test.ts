import { chmodSync, chownSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { acmePermissionsScript } from "../../../src/traefik/acme-permissions.ts";
import { ScriptFolder, SHELLS } from "../../components/support/shell.ts";

const ACCOUNT = '{\n  "letsencrypt": { "Account": { "Email": "homelab@example.com" } }\n}\n';
const isRoot = process.getuid?.() === 0;

describe.each(SHELLS)("the script under $name", ({ command }) => {
  let folder: ScriptFolder;
  let data: string;
  let file: string;

  beforeEach(() => {
    folder = new ScriptFolder();
    data = join(folder.path, "data");
    mkdirSync(data);
    file = join(data, "acme.json");
    // Only root may give files away; for anybody else the request itself is what can be seen.
    folder.replace("chown", isRoot ? 'exec /bin/chown "$@"' : "exit 0");
    folder.replace("date", "echo 1767225600");
  });
  afterEach(() => folder.remove());

  const run = (uid = 0) => folder.run(acmePermissionsScript(file, uid), command);
  const mode = () => (statSync(file).mode & 0o777).toString(8);
  const left = () => readdirSync(data);

  function write(text: string | Buffer, fileMode = 0o600): void {
    writeFileSync(file, text);
    chmodSync(file, fileMode);
  }

  test("gives an empty volume to Traefik, which makes the file itself", () => {
    expect(run()).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(left()).toEqual([]);
    expect(folder.used()).toEqual([`chown 0:0 ${data}`]);
  });

  test.each(["600", "660", "644", "777", "400"])("makes mode 0%s 0600 and keeps the content", (octal) => {
    write(ACCOUNT, Number.parseInt(octal, 8));
    expect(run()).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(mode()).toBe("600");
    expect(readFileSync(file, "utf8")).toBe(ACCOUNT);
    expect(left()).toEqual(["acme.json"]);
    expect(folder.used()).toEqual([`chown 0:0 ${data}`, `chown 0:0 ${file}`]);
  });

  test("gives the directory and the file to Traefik's user and group", () => {
    write(ACCOUNT, 0o660);
    if (isRoot) for (const path of [data, file]) chownSync(path, 1000, 1000);
    expect(run(65532)).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(folder.used()).toEqual([`chown 65532:65532 ${data}`, `chown 65532:65532 ${file}`]);
    for (const path of isRoot ? [data, file] : []) {
      expect([statSync(path).uid, statSync(path).gid]).toEqual([65532, 65532]);
    }
  });

  test.each([
    ["{}", "an object without anything"],
    ["{ }\n\n", "new lines at the end"],
    [" \t\r\n{ }", "white space of every kind before it"],
    ["{ } \t\r\n", "white space of every kind after it"],
    ["", "an empty file, which Traefik starts from"],
  ])("keeps %j: %s", (text) => {
    write(text, 0o660);
    expect(run()).toMatchObject({ code: 0, stderr: "" });
    expect(left()).toEqual(["acme.json"]);
    expect(readFileSync(file, "utf8")).toBe(text);
    expect(mode()).toBe("600");
  });

  test.each<[string, string | Buffer]>([
    ["a text", "not json\n"],
    ["a list", "[]"],
    ["a file cut short", ACCOUNT.slice(0, 40)],
    ["a file without its beginning", ACCOUNT.slice(5)],
    ["a lone brace", "{"],
    ["braces the wrong way round", "}{"],
    ["nothing but white space", " \n\t\n"],
    ["zeroes, as a power cut leaves them", Buffer.alloc(4096)],
  ])("moves %s aside, never deletes it, and lets Traefik begin anew", (_, content) => {
    write(content, 0o660);
    expect(run()).toEqual({
      code: 0,
      stdout: "",
      stderr: `${file} is no JSON object; moved to ${file}.spoilt-1767225600\n`,
    });
    expect(left()).toEqual(["acme.json.spoilt-1767225600"]);
    expect(readFileSync(`${file}.spoilt-1767225600`)).toEqual(Buffer.from(content));
  });

  test("fails on a directory of that name, says so and moves nothing", () => {
    mkdirSync(file);
    const { code, stdout, stderr } = run();
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(/^cat: .*: Is a directory\n$/);
    expect(left()).toEqual(["acme.json"]);
    expect(folder.used()).toEqual([`chown 0:0 ${data}`]);
  });

  test.each([
    ["with an account in it", ACCOUNT],
    ["spoilt", "not json\n"],
    ["empty", ""],
  ])("fails on a file that cannot be read (%s), says why, and moves or changes nothing", (_, text) => {
    write(text, 0o660);
    folder.replace("cat", 'echo "cat: read error: Input/output error" >&2; exit 1');
    expect(run()).toEqual({ code: 1, stdout: "", stderr: "cat: read error: Input/output error\n" });
    expect(left()).toEqual(["acme.json"]);
    expect(readFileSync(file, "utf8")).toBe(text);
    expect(mode()).toBe("660");
    expect(folder.used()).toEqual([`chown 0:0 ${data}`, `cat ${file}`]);
  });

  test("takes a large file in its stride", () => {
    const large = `{"letsencrypt": "${"x".repeat(2_000_000)}"}`;
    write(large, 0o660);
    expect(run()).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(mode()).toBe("600");
    expect(statSync(file).size).toBe(large.length);
  });

  test("a second start changes nothing", () => {
    write(ACCOUNT, 0o660);
    run();
    expect(run()).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(mode()).toBe("600");
    expect(left()).toEqual(["acme.json"]);
  });

  test.each([
    ["directory", "*", () => data],
    ["file", "*/acme.json", () => file],
  ])("fails when the %s may not be given away, so that the pod says why", (_, refused, path) => {
    folder.replace(
      "chown",
      `case "$2" in ${refused}) echo "chown: $2: Operation not permitted" >&2; exit 1 ;; esac`,
    );
    write(ACCOUNT, 0o660);
    expect(run()).toEqual({ code: 1, stdout: "", stderr: `chown: ${path()}: Operation not permitted\n` });
    expect(readFileSync(file, "utf8")).toBe(ACCOUNT);
    expect(mode()).toBe("660");
  });
});
