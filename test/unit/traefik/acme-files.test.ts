import {
  chmodSync,
  chownSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { acmeFilesScript } from "../../../src/traefik/acme-files.ts";
import { ScriptFolder, SHELLS } from "../../components/support/shell.ts";

const STAGING = "https://acme-staging-v02.api.letsencrypt.org/directory";

/** As Traefik writes it: two blanks deep, with HTML's own characters escaped. */
function account(
  uri: string | undefined,
  resolver = "letsencrypt",
  email = 'me{+\\"[@your-domain.net',
): string {
  const Registration = uri === undefined ? null : { body: { status: "valid", contact: [email] }, uri };
  const Certificates = [
    { domain: { main: "a.b" }, certificate: "QUJD", key: "REVG", Store: "default" },
    { domain: { main: "" }, certificate: "QUJD", key: "REVG", Store: "default" },
  ];
  const stored = {
    [resolver]: { Account: { Email: email, Registration, PrivateKey: "QUJD" }, Certificates },
  };
  return JSON.stringify({ other: { Account: null, Certificates: null }, ...stored }, null, 2);
}

const ACCOUNT = account("https://acme-staging-v02.api.letsencrypt.org/acme/acct/1");
const isRoot = process.getuid?.() === 0;

describe.each(SHELLS)("the script under $name", ({ command }) => {
  let folder: ScriptFolder;
  let data: string;
  let file: string;

  beforeEach(() => {
    folder = new ScriptFolder();
    data = join(folder.path, "data");
    mkdirSync(data);
    file = join(data, "acme-staging.json");
    // Only root may give files away; for anybody else the request itself is what can be seen.
    folder.replace("chown", isRoot ? 'exec /bin/chown "$@"' : "exit 0");
    folder.replace("date", "echo 1767225600");
  });
  afterEach(() => folder.remove());

  const run = (uid = 0, directory = STAGING) =>
    folder.run(acmeFilesScript({ directory, resolver: "letsencrypt", uid, folder: data }), command);
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
    expect(left()).toEqual(["acme-staging.json"]);
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
    expect(left()).toEqual(["acme-staging.json"]);
    expect(readFileSync(file, "utf8")).toBe(text);
    expect(mode()).toBe("600");
  });

  test.each<[string, string | Buffer]>([
    ["a text", "not json\n"],
    ["a list", "[]"],
    ["a file cut short", ACCOUNT.slice(0, 40)],
    ["two objects", "{}{}"],
    ["an object and more", '{"a": {}}, 1'],
    ["brackets that cross", '{"a": [{]}}'],
    ["a bracket too many", '{"a": 1}}'],
    ["a string that is open", '{"a": "}'],
    ["a string that only seems to end", '{"a": "\\\\\\"}'],
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
      stderr: `${file} is no whole JSON object; moved to ${file}.spoilt-1767225600\n`,
    });
    expect(left()).toEqual(["acme-staging.json.spoilt-1767225600"]);
    expect(readFileSync(`${file}.spoilt-1767225600`)).toEqual(Buffer.from(content));
  });

  test("keeps what was moved aside in the same second before", () => {
    for (const text of ["one", "two", "three"]) {
      write(text);
      expect(run().code).toBe(0);
    }
    const aside = "acme-staging.json.spoilt-1767225600";
    expect(left().sort()).toEqual([aside, `${aside}+`, `${aside}++`]);
    expect(readFileSync(join(data, `${aside}+`), "utf8")).toBe("two");
  });

  test("fails on a directory of that name, says so and moves nothing", () => {
    mkdirSync(file);
    const { code, stdout, stderr } = run();
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(/^cat: .*: Is a directory\n$/);
    expect(left()).toEqual(["acme-staging.json"]);
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
    expect(left()).toEqual(["acme-staging.json"]);
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
    expect(left()).toEqual(["acme-staging.json"]);
  });

  test.each([
    ["directory", "*", () => data],
    ["file", "*/acme-staging.json", () => file],
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

  test("moves a file aside wherever it was cut off, after a brace as well", () => {
    for (let length = 1; length < ACCOUNT.length; length += 1) {
      if (!/[{}[\]",\\]/.test(ACCOUNT[length - 1]!)) continue;
      write(ACCOUNT.slice(0, length));
      expect([length, run().code, left()]).toEqual([length, 0, ["acme-staging.json.spoilt-1767225600"]]);
      rmSync(join(data, "acme-staging.json.spoilt-1767225600"));
    }
  });

  test("keeps whatever is an object by JSON's own rules", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.constantFrom(0, 2), (value, indent) => {
        write(JSON.stringify(value, null, indent));
        expect(run()).toMatchObject({ code: 0, stderr: "" });
        expect(left()).toEqual(["acme-staging.json"]);
      }),
      { numRuns: 50 },
    );
  });

  describe("gives acme.json, the one file of former releases,", () => {
    let former: string;
    beforeEach(() => {
      former = join(data, "acme.json");
    });
    const writeFormer = (text: string) => writeFileSync(former, text, { mode: 0o660 });
    const contents = () =>
      Object.fromEntries(left().map((name) => [name, readFileSync(join(data, name), "utf8")]));

    test.each([
      ["staging", "https://acme-staging-v02.api.letsencrypt.org/acme/acct/1", "acme-staging.json"],
      ["production", "https://acme-v02.api.letsencrypt.org/acme/acct/77", "acme-production.json"],
    ])("to %s, whose account it holds, whichever authority is in use", (_, uri, name) => {
      for (const directory of [STAGING, "https://acme-v02.api.letsencrypt.org/directory"]) {
        const text = account(uri);
        writeFormer(text);
        expect(run(0, directory)).toEqual({
          code: 0,
          stdout: `${former} holds the account at ${uri}; moved to ${join(data, name)}\n`,
          stderr: "",
        });
        expect(contents()).toEqual({ [name]: text });
        expect((statSync(join(data, name)).mode & 0o777).toString(8)).toBe("600");
        rmSync(join(data, name));
      }
    });

    test("to the authority in use, when it is another one", () => {
      const text = account("https://ca.home.arpa:9000/acme/acme/account/x1");
      writeFormer(text);
      expect(run(0, "https://ca.home.arpa:9000/acme/acme/directory").stderr).toBe("");
      expect(left()).toEqual([expect.stringMatching(/^acme-ca\.home\.arpa-[0-9a-f]{8}\.json$/) as string]);
    });

    test.each([
      [
        "of an authority that nobody names",
        account("https://ca.elsewhere.net/acct/1"),
        "belongs to no authority",
      ],
      [
        "with a name that only begins alike",
        account("https://acme-v02.api.letsencrypt.org.x.net/1"),
        "belongs to no",
      ],
      [
        "with an account of another resolver",
        account("https://acme-v02.api.letsencrypt.org/1", "le"),
        "belongs to no",
      ],
      ["without an account", account(undefined), "belongs to no authority that is known here"],
      ["that was cut off", ACCOUNT.slice(0, 90), "is no whole JSON object"],
    ])("to nobody: one %s stays as it is", (_, text, words) => {
      writeFormer(text);
      const { code, stderr } = run();
      expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining(words) as string });
      expect(stderr).toContain("left as it is, and not used");
      expect(contents()).toEqual({ "acme.json": text });
    });

    test("to nobody who has a file already", () => {
      writeFormer(ACCOUNT);
      write("{}");
      expect(run()).toMatchObject({
        code: 0,
        stderr: `${file} is there already; ${former} is left as it is, and not used\n`,
      });
      expect(contents()).toEqual({ "acme.json": ACCOUNT, "acme-staging.json": "{}" });
    });

    test("and says nothing of an empty one", () => {
      writeFormer("");
      expect(run()).toEqual({ code: 0, stdout: "", stderr: "" });
      expect(left()).toEqual(["acme.json"]);
    });
  });

  test("makes the files of other authorities Traefik's own as well, and looks into none of them", () => {
    const other = join(data, "acme-production.json");
    writeFileSync(other, "{", { mode: 0o660 });
    expect(run(65532)).toEqual({ code: 0, stdout: "", stderr: "" });
    expect((statSync(other).mode & 0o777).toString(8)).toBe("600");
    expect(folder.used()).toEqual([`chown 65532:65532 ${data}`, `chown 65532:65532 ${other}`]);
  });
});
