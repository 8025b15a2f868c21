/** The provider base under the real engine: previews with unknowns, secrets in the state, replaces, partial failures. */
import * as pulumi from "@pulumi/pulumi";
import { afterEach, describe, expect, it } from "vitest";
import {
  InitFailed,
  UNKNOWN,
  secret,
  serveProvider,
  type PropertyMap,
  type SimulatedProvider,
} from "../../../rehearsal/providers/server/index.ts";
import { openStack, type EngineStack } from "./lab.ts";

const BOX = "toy:index/box:Box";
let engine: EngineStack | undefined;
afterEach(async () => {
  await engine?.close();
  engine = undefined;
});

class Box extends pulumi.CustomResource {
  declare readonly key: pulumi.Output<string>;
  declare readonly label: pulumi.Output<string>;
  constructor(name: string, args: Record<string, unknown>, opts: pulumi.CustomResourceOptions = {}) {
    super(BOX, name, { key: undefined, label: undefined, ...args }, { version: "1.2.3", ...opts });
  }
}

/** A provider of boxes that keeps what it was asked for. */
function toy(
  calls: string[],
  create?: (inputs: PropertyMap) => Promise<{ id: string; outputs: PropertyMap }>,
): SimulatedProvider {
  return {
    name: "toy",
    version: "1.2.3",
    resources: {
      [BOX]: {
        replaceOn: ["size"],
        create: async (inputs, { preview }) => {
          calls.push(preview ? "preview" : "create");
          if (preview) return { id: "", outputs: { ...inputs, key: UNKNOWN } };
          return create
            ? await create(inputs)
            : { id: "box", outputs: { ...inputs, key: secret("s3cret-key") } };
        },
        update: (_id, { state }, news) => {
          calls.push("update");
          return Promise.resolve({ ...news, key: secret(state["key"]) });
        },
        delete: () => {
          calls.push("delete");
          return Promise.resolve();
        },
      },
    },
    functions: {
      "toy:index/echo:echo": (args) => {
        calls.push("invoke");
        return Promise.resolve({ said: args["say"], hidden: secret("s3cret-answer") });
      },
    },
  };
}

describe("a provider server under the engine", () => {
  it("keeps unknowns in a preview and secrets in the state", async () => {
    const calls: string[] = [];
    const settings = { size: 1, text: "a" };
    const program = () => {
      const first = new Box("first", { ...settings, nested: { password: pulumi.secret("s3cret-input") } });
      const second = new Box("second", { size: 1, label: first.key });
      const echo = pulumi.runtime.invokeOutput<{ said: string; hidden: string }>("toy:index/echo:echo", {
        say: second.label,
      });
      return Promise.resolve({
        key: first.key,
        label: second.label,
        said: echo.apply(({ said, hidden }) => `${said} ${hidden}`),
      });
    };
    engine = await openStack([await serveProvider(toy(calls))], program);
    await engine.stack.preview();
    expect(calls).toEqual(["preview", "preview"]);

    const { outputs } = await engine.stack.up();
    expect(outputs["key"]).toEqual({ value: "s3cret-key", secret: true });
    expect(outputs["label"]).toEqual({ value: "s3cret-key", secret: true });
    expect(outputs["said"]).toEqual({ value: "s3cret-key s3cret-answer", secret: true });
    expect(await engine.state()).not.toContain("s3cret");

    const again = await engine.stack.up();
    expect(again.summary.resourceChanges).toEqual({ same: 3 });
    settings.text = "b";
    expect((await engine.stack.up()).summary.resourceChanges).toEqual({ same: 2, update: 1 });
    settings.size = 2;
    expect((await engine.stack.up()).summary.resourceChanges).toMatchObject({ replace: 1 });
    expect((await engine.stack.refresh()).summary.resourceChanges).toEqual({ same: 3 });
    expect(await engine.state()).not.toContain("s3cret");
    await engine.stack.destroy();
    expect(engine.output.join("")).not.toContain("warning");
  });

  it("says an error in one line, without a stack", async () => {
    const program = () => Promise.resolve(void new Box("first", { size: 1 }));
    const refuse = () => Promise.reject(new Error("the shelf is full"));
    engine = await openStack([await serveProvider(toy([], refuse))], program);
    const said = await engine.failure();
    expect(said).toContain("the shelf is full");
    expect(said).not.toMatch(/\bat .*\.ts/);
  });

  it("keeps a resource that exists but did not come to life, and updates it at the next run", async () => {
    const calls: string[] = [];
    const program = () =>
      Promise.resolve(void new Box("first", { size: 1, password: pulumi.secret("s3cret-input") }));
    const half = (inputs: PropertyMap) =>
      Promise.reject(new InitFailed("box-7", { ...inputs, key: secret("s3cret-key") }, ["not ready"]));
    engine = await openStack([await serveProvider(toy(calls, half))], program);
    expect(await engine.failure()).toContain("not ready");
    expect(await engine.state()).toContain("box-7");
    expect(await engine.state()).not.toContain("s3cret");
    expect((await engine.stack.up()).summary.resourceChanges).toEqual({ same: 1, update: 1 });
    expect(calls.filter((call) => call !== "preview")).toEqual(["create", "update"]);
  });
});
