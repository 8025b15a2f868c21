import { describe, expect, test } from "vitest";
import {
  differences,
  masked,
  maskedConfig,
  normal,
  normalState,
} from "../../../rehearsal/faults/normal-form.ts";
import { SIGNATURE } from "../../../rehearsal/providers/server/values.ts";

const schematic = "88d1f7a5c4f1d3aba7df787c448c1d3d008ed29cfb34af53fa0df4336a56040b";

describe("the normal form", () => {
  test("leaves out what is made anew at every run", () => {
    const one = { name: "a", uid: "1", smbios1: "x", net0: "virtio=BC:24:11:AA:00:01,bridge=vmbr0" };
    const two = { name: "a", uid: "2", smbios1: "y", net0: "virtio=BC:24:11:BB:00:02,bridge=vmbr0" };
    expect(normal(one)).toEqual(normal(two));
    expect(normal({ ...two, name: "b" })).not.toEqual(normal(one));
    expect(normal({ ...two, net0: "virtio=BC:24:11:BB:00:02,bridge=vmbr1" })).not.toEqual(normal(one));
  });

  test("knows secrets only as such", () => {
    const secret = (text: string) => ({ [SIGNATURE]: "sig", plaintext: text });
    expect(normal({ key: secret("one") })).toEqual(normal({ key: secret("two") }));
    expect(normal({ key: "one" })).not.toEqual(normal({ key: secret("one") }));
  });

  test("takes what says nothing for absent", () => {
    expect(normal({ a: 1, cdrom: { __defaults: [] }, disks: [] })).toEqual(normal({ a: 1 }));
    expect(normal({ a: 1, on: false })).not.toEqual(normal({ a: 1 }));
  });

  test("keeps a schematic, but not the hashes of configs with keys in them", () => {
    expect(masked(`factory.talos.dev/nocloud-installer/${schematic}:v1.12.0`)).toContain(schematic);
    const hashes = (digit: string) => ({ "cp-1": digit.repeat(64), "worker-1": digit.repeat(64) });
    expect(normal(hashes("a"))).toEqual(normal(hashes("b")));
  });

  test("a machine config keeps everything but its secrets", () => {
    const config = (token: string, dns: string) =>
      `machine:\n  token: ${token}\n  nameservers:\n    - ${dns}\n`;
    expect(maskedConfig(config("a.b", "1.1.1.1"))).toBe(maskedConfig(config("c.d", "1.1.1.1")));
    expect(maskedConfig(config("a.b", "1.1.1.1"))).not.toBe(maskedConfig(config("a.b", "9.9.9.9")));
  });

  test("of a state: protection, half-made resources and open operations count, the order of resources does not", () => {
    const resource = (urn: string, more = {}) => ({ urn, type: "t", custom: true, ...more });
    const plain = normalState([resource("a"), resource("b")], []);
    expect(normalState([resource("b"), resource("a")], [])).toEqual(plain);
    expect(normalState([resource("a"), resource("b", { protect: true })], [])).not.toEqual(plain);
    expect(normalState([resource("a"), resource("b", { initErrors: ["x"] })], [])).not.toEqual(plain);
    expect(normalState([resource("a"), resource("b")], [{}])).not.toEqual(plain);
  });
});

test("differences are told by path, with both values", () => {
  expect(differences({ a: { b: [1, 2] } }, { a: { b: [1, 3] } })).toEqual(["a.b.1: 3 instead of 2"]);
  expect(differences({ a: 1 }, { a: 1 })).toEqual([]);
  expect(differences({}, { a: 1 })).toEqual(["a: 1 instead of nothing"]);
});
