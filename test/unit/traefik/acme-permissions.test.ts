import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { acmePermissionsScript } from "../../../src/traefik/acme-permissions.ts";
import { ScriptFolder, SHELLS } from "../../components/support/shell.ts";

const ACCOUNT = '{\n  "letsencrypt": { "Account": { "Email": "homelab@example.com" } }\n}\n';
const isRoot = process.getuid?.() === 0;

describe.each(SHELLS)("the script under $name", ({ command }) => {
  let folder: ScriptFolder;
  let file: string;

  beforeEach(() => {
    folder = new ScriptFolder();
    mkdirSync(join(folder.path, "data"));
    file = join(folder.path, "data/acme.json");
    // Only root may give files away; for anybody else the request itself is what can be seen.
    folder.replace("chown", isRoot ? 'exec /bin/chown "$@"' : "exit 0");
    folder.replace("date", "echo 1767225600");
  });
  afterEach(() => folder.remove());

  const run = (uid = 0) => folder.run(acmePermissionsScript(file, uid), command);
  const mode = () => (statSync(file).mode & 0o777).toString(8);
  const left = () => readdirSync(join(folder.path, "data"));

  function write(text: string | Buffer, fileMode = 0o600): void {
    writeFileSync(file, text);
    chmodSync(file, fileMode);
  }

  test("leaves an empty volume alone: Traefik makes the file itself", () => {
    expect(run()).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(left()).toEqual([]);
    expect(folder.used()).toEqual([]);
  });

  test.each(["600", "660", "644", "777", "400"])("makes mode 0%s 0600 and keeps the content", (octal) => {
    write(ACCOUNT, Number.parseInt(octal, 8));
    expect(run()).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(mode()).toBe("600");
    expect(readFileSync(file, "utf8")).toBe(ACCOUNT);
    expect(left()).toEqual(["acme.json"]);
    expect(folder.used()).toEqual([`chown 0:0 ${file}`]);
  });

  test("gives the file to Traefik's user and group", () => {
    write(ACCOUNT, 0o660);
    if (isRoot) chownSync(file, 1000, 1000);
    expect(run(65532)).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(folder.used()).toEqual([`chown 65532:65532 ${file}`]);
    if (isRoot) expect([statSync(file).uid, statSync(file).gid]).toEqual([65532, 65532]);
  });

  test.each([
    ["{}", "an object without anything"],
    [" \t\r\n{ }\n\n", "white space around it"],
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

  test("moves a directory of that name aside", () => {
    mkdirSync(file);
    expect(run().code).toBe(0);
    expect(left()).toEqual(["acme.json.spoilt-1767225600"]);
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

  test("fails when the file may not be given away, so that the pod says why", () => {
    folder.replace("chown", 'echo "chown: $2: Operation not permitted" >&2; exit 1');
    write(ACCOUNT, 0o660);
    expect(run()).toEqual({
      code: 1,
      stdout: "",
      stderr: `chown: ${file}: Operation not permitted\n`,
    });
    expect(existsSync(file)).toBe(true);
  });
});
