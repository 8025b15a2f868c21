import { generateKeyPairSync } from "node:crypto";
import { expect, test } from "vitest";
import type { Evidence } from "../../../rehearsal/checks/check.ts";
import { secretsHidden, spellings } from "../../../rehearsal/checks/program/secrets.ts";

const TOKEN = "root@pam!lab=0c7a5c5e-2b8e-4f2a-9d1f-1f4f3f1c0126";
const SECRET = TOKEN.split("=")[1]!;
const pem = generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }) as string;
const KEY = Buffer.from(pem).toString("base64");

interface Place {
  written?: Record<string, string>;
  description?: string;
  objects?: Record<string, object>;
  machineConfig?: string;
}

function judge({ written = {}, description = "", objects = {}, machineConfig = `key: ${KEY}` }: Place) {
  const state = {
    proxmox: { vms: { 126: { vmId: 126, config: { description } } }, hosts: {} },
    machines: { 126: { vmId: 126, machineConfig } },
    clusters: { lab: { releases: {}, objects, nodes: {}, namespaces: {} } },
  };
  const evidence = { world: { state }, outputs: {}, token: TOKEN, written: () => written };
  return secretsHidden(evidence as unknown as Evidence);
}

test("secrets where they belong are none to tell of", () => {
  const objects = { a: { kind: "Secret", name: "a", body: { data: KEY } } };
  expect(judge({ objects, written: { log: "nothing" } }).ok).toBe(true);
});

test.each<[string, Place, string]>([
  ["the token in Proxmox", { description: `by ${SECRET}` }, "the config of VM 126 in Proxmox"],
  ["in base64", { description: Buffer.from(SECRET).toString("base64") }, "the config of VM 126 in Proxmox"],
  ["a key's lines in the log", { written: { log: `key:\n${pem}` } }, "the log"],
  ["in a string of JSON", { written: { record: JSON.stringify({ pem }) } }, "the record"],
  [
    "a key in a ConfigMap",
    { objects: { a: { kind: "ConfigMap", namespace: "x", name: "a", body: { data: { pem } } } } },
    "the ConfigMap x/a",
  ],
  [
    "the token in a machine config",
    { machineConfig: `key: ${KEY}\nenv: ${SECRET}` },
    "the machine config of 126",
  ],
])("%s", (_title, place, where) => {
  const { ok, detail } = judge(place);
  expect(ok).toBe(false);
  expect(detail).toBe(`1 secrets stand in plain text in ${where}`);
  expect(detail).not.toContain(SECRET);
});

test("a secret that is no PEM text has no lines", () => {
  expect(spellings(SECRET)).toEqual([SECRET, Buffer.from(SECRET).toString("base64")]);
  expect(spellings(KEY)).toHaveLength(3);
});
