import { describe, expect, test } from "vitest";
import { commands, type Access } from "../../../../src/clients/talosctl/commands.ts";
import { spoken } from "../../../../src/clients/talosctl/talosctl.ts";

const ACCESS: Access = { talosconfig: "/tmp/x/talosconfig", endpoints: ["10.20.0.11", "10.20.0.12"] };
const WHERE = ["--talosconfig", "/tmp/x/talosconfig", "-e", "10.20.0.11,10.20.0.12"];

describe("every command says by which file and whom it reaches which node", () => {
  test.each([
    ["version --json", commands.version(ACCESS, ["a", "b"]), "a,b"],
    ["get extensions -o json", commands.get(ACCESS, ["a"], "extensions"), "a"],
    ["etcd status", commands.etcdStatus(ACCESS, ["a", "b", "c"]), "a,b,c"],
    ["etcd members", commands.etcdMembers(ACCESS, "a"), "a"],
    ["etcd alarm list", commands.etcdAlarms(ACCESS, "a"), "a"],
    ["etcd snapshot /s/a file.db", commands.etcdSnapshot(ACCESS, "a", "/s/a file.db"), "a"],
    ["etcd forfeit-leadership", commands.forfeitLeadership(ACCESS, "a"), "a"],
    ["image --namespace system pull i:v1", commands.pull(ACCESS, "a", "i:v1"), "a"],
    ["upgrade --image i:v1 --timeout 1800s", commands.upgrade(ACCESS, "a", "i:v1", 1800), "a"],
    [
      "upgrade-k8s --to 1.35.1 --with-docs=false --with-examples=false --dry-run",
      commands.upgradeKubernetes(ACCESS, "a", { to: "1.35.1", dryRun: true }),
      "a",
    ],
    [
      "upgrade-k8s --to 1.35.1 --with-docs=false --with-examples=false --endpoint https://e",
      commands.upgradeKubernetes(ACCESS, "a", { to: "1.35.1", dryRun: false, endpoint: "https://e" }),
      "a",
    ],
  ])("%s", (words, args, nodes) => {
    expect(args.slice(0, 6)).toEqual([...WHERE, "-n", nodes]);
    expect(spoken(args)).toBe(words);
  });
});

test("a file's name with a space stays one argument: there is no shell", () => {
  expect(commands.etcdSnapshot(ACCESS, "a", "/s/a file.db").at(-1)).toBe("/s/a file.db");
});
