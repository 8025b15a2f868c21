import { chmodSync, chownSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { bootstrap } from "../../../scripts/bootstrap/main.mjs";
import { whyNotOurs } from "../../../scripts/bootstrap/tools/ours.mjs";
import { toolchainFile } from "../../../scripts/bootstrap/settings.mjs";
import { readToolchain } from "../../../rehearsal/toolchain.ts";
import { fakeMachine, scratch, script } from "./fakes.js";

const isRoot = process.getuid?.() === 0;
/** The user "nobody" of most systems. */
const NOBODY = 65534;
const unix = describe.skipIf(process.platform === "win32");
if (!isRoot)
  console.log("Not run by root: what belongs to another user cannot be planted, so those tests are skipped.");

unix("a folder", () => {
  const folder = () => {
    const home = scratch();
    const deep = path.join(home, "a", "b");
    mkdirSync(deep, { recursive: true, mode: 0o755 });
    return { home, deep, middle: path.join(home, "a") };
  };

  it("that only this user can write in is ours", () => {
    const { home, deep } = folder();
    expect(whyNotOurs(deep, home)).toBeUndefined();
  });

  it.each([0o777, 0o757])("that others may write in is not: %o", (mode) => {
    const { home, deep, middle } = folder();
    chmodSync(deep, mode);
    expect(whyNotOurs(deep, home)).toBe(`others may write in ${deep}`);
    chmodSync(deep, 0o755);
    chmodSync(middle, mode);
    expect(whyNotOurs(deep, home)).toBe(`others may write in ${middle}`);
  });

  it("may be in one where everybody owns what is theirs", () => {
    const { home, deep, middle } = folder();
    chmodSync(middle, 0o1777);
    expect(whyNotOurs(deep, home)).toBeUndefined();
    chmodSync(deep, 0o1777);
    expect(whyNotOurs(deep, home)).toBe(`others may write in ${deep}`);
  });

  it.skipIf(!isRoot)("that a group may write in is not, unless it is the user's own", () => {
    const { home, deep } = folder();
    chmodSync(deep, 0o775);
    expect(whyNotOurs(deep, home)).toBeUndefined();
    chownSync(deep, 0, 100);
    expect(whyNotOurs(deep, home)).toBe(`others may write in ${deep}`);
  });

  it.skipIf(!isRoot)("of another user is not", () => {
    const { home, deep, middle } = folder();
    chownSync(middle, NOBODY, NOBODY);
    expect(whyNotOurs(deep, home)).toBe(`${middle} belongs to another user (number ${NOBODY})`);
  });
});

unix("the cache", () => {
  it("is made for its owner alone", async () => {
    const { context } = fakeMachine();
    await bootstrap(context);
    expect(statSync(context.cache).mode & 0o777).toBe(0o700);
  });

  it.skipIf(!isRoot)("is refused where another user has planted a CLI", async () => {
    const { context, go, root } = fakeMachine();
    const { toolchain } = await bootstrap(context);
    go.builds();
    const entry = path.dirname(path.dirname(toolchain.pulumi));
    script(toolchain.pulumi, `touch ${path.join(root, "ran")}`, "echo v3.245.0");
    for (const folder of [entry, path.dirname(entry), context.cache]) {
      chownSync(folder, NOBODY, NOBODY);
      await expect(bootstrap(context)).rejects.toThrow(
        /^The (cache folder|program) .* is not used: .* belongs to another user .*\n(Remove it if nobody needs it, or set HOMELAB_CACHE|Remove it)/,
      );
      chownSync(folder, 0, 0);
    }
    expect(() => readFileSync(path.join(root, "ran"))).toThrow();
  });

  it("is refused where everybody may write in it", async () => {
    const { context } = fakeMachine();
    mkdirSync(context.cache);
    chmodSync(context.cache, 0o777);
    await expect(bootstrap(context)).rejects.toThrow(
      /^The cache folder .* is not used: others may write in .*, and what is in it would be run as you\.\nRemove it if nobody/,
    );
  });
});

describe("the record of the toolchain", () => {
  it.each(["", "null", "{}", "[]", '{"files":null}', '{"pulumi":1}', '{"pulumi":"x","files":[1]}'])(
    "that holds %j is damaged: it is made again, and a rehearsal says so",
    async (text) => {
      const { context, root } = fakeMachine();
      const { toolchain } = await bootstrap(context);
      writeFileSync(toolchainFile(root), text);
      await expect(readToolchain(root)).rejects.toThrow(
        `${toolchainFile(root)} is damaged: run \`npm run bootstrap\` first.`,
      );
      expect(await bootstrap(context)).toEqual({ news: true, toolchain });
      expect((await readToolchain(root)).pulumi).toBe(toolchain.pulumi);
    },
  );

  it("is missed in words", async () => {
    await expect(readToolchain(scratch())).rejects.toThrow(
      "The Pulumi CLI and its plugins are not set up yet: run `npm run bootstrap` first.",
    );
  });

  it.skipIf(!isRoot)("that another user wrote, or that names their program, is refused", async () => {
    const { context, root } = fakeMachine();
    const { toolchain } = await bootstrap(context);
    chownSync(toolchainFile(root), NOBODY, NOBODY);
    await expect(readToolchain(root)).rejects.toThrow(
      /^The record of the toolchain, .* belongs to another user/,
    );
    await expect(bootstrap(context)).rejects.toThrow(
      /^The record of the toolchain, .* belongs to another user/,
    );
    chownSync(toolchainFile(root), 0, 0);
    const planted = script(path.join(scratch(), "pulumi"), "echo v3.245.0");
    chownSync(planted, NOBODY, NOBODY);
    writeFileSync(toolchainFile(root), JSON.stringify({ ...toolchain, pulumi: planted }));
    await expect(readToolchain(root)).rejects.toThrow(
      /^The program .*pulumi is not used: .* belongs to another user/,
    );
  });
});
