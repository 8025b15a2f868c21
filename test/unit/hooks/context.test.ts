import { AsyncLocalStorage } from "node:async_hooks";
import * as pulumi from "@pulumi/pulumi";
import { expect, test } from "vitest";
import { programContext, valueOf } from "../../../src/hooks/context.ts";

test("a call from outside runs in the context in which the program ran, to the end", async () => {
  const storage = new AsyncLocalStorage<string>();
  const inProgram = storage.run("the program's", () => programContext());
  const seen = storage.run("the hook's", () =>
    inProgram(async () => {
      const before = storage.getStore();
      await Promise.resolve();
      return [before, storage.getStore()];
    }),
  );
  expect(await seen).toEqual(["the program's", "the program's"]);
});

test("the call's failure is the caller's", async () => {
  await expect(programContext()(() => Promise.reject(new Error("no answer")))).rejects.toThrow("no answer");
});

test("an output's value arrives bare, secret or not", async () => {
  expect(await valueOf(pulumi.secret({ key: "s3cret" }))).toEqual({ key: "s3cret" });
  expect(await valueOf(pulumi.output(["a", "b"]))).toEqual(["a", "b"]);
});
