/** The second environment: three hosts, three control planes behind a VIP, three workers, two sizes of data disk. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { bench, causes, type Bench } from "../support/rehearse.ts";

let rack: Bench;

beforeAll(async () => {
  rack = await bench("rack", "all");
});

afterAll(() => rack.remove());

test("previews, comes up, and stays as it is", async () => {
  const preview = await rack.run("preview");
  expect(causes(preview)).toBe("");
  expect(preview.events).toEqual([]);

  const up = await rack.run("up");
  expect(causes(up)).toBe("");
  expect(up.ok).toBe(true);
  expect(
    new Set(up.events.filter(({ kind }) => kind === "etcd-member-joined").map(({ subject }) => subject)).size,
  ).toBe(2);

  const again = await rack.run("up");
  expect(causes(again)).toBe("");
  expect(Object.keys(again.changes)).toEqual(["same"]);
});

test("is clean after a refresh", async () => {
  const refresh = await rack.run("refresh");
  expect(causes(refresh)).toBe("");
  const preview = await rack.run("preview");
  expect(Object.keys(preview.changes)).toEqual(["same"]);
});

test("updates six nodes one after the other", async () => {
  const report = await rack.run("up", { overlays: ["network.nameservers=[10.20.0.1, 149.112.112.112]"] });
  expect(causes(report)).toBe("");
  const times = report.events.filter(({ kind }) => kind === "config-applied").map(({ at }) => at);
  expect(times).toHaveLength(6);
  expect(new Set(times).size).toBe(6);
  expect(report.events.filter(({ kind }) => kind === "boot" || kind === "etcd-quorum-lost")).toEqual([]);
});

test("is destroyed without a remainder", async () => {
  const report = await rack.run("destroy", { overlays: ["protect=false"] });
  expect(causes(report)).toBe("");
  expect(report.ok).toBe(true);
});
