/** talosctl's outputs, as v1.12.0 prints them. */
import { describe, expect, test } from "vitest";
import {
  clientVersion,
  etcdAlarms,
  etcdMembers,
  etcdStatuses,
  machineStages,
  runningImage,
  talosVersions,
  upgradePhase,
  volumePhase,
} from "../../../../src/clients/talosctl/answers.ts";

describe("the client's version", () => {
  test.each([
    ["Client:\nTalos v1.12.0\n", "v1.12.0"],
    ["Client:\nTalos v1.13.0-alpha.1-12-g1a2b3c4\n", "v1.13.0-alpha.1-12-g1a2b3c4"],
  ])("%j", (text, version) => {
    expect(clientVersion(text)).toBe(version);
  });

  test("of something that is no talosctl", () => {
    expect(() => clientVersion("usage: talosctl\n")).toThrow(
      "talosctl did not say its version: usage: talosctl",
    );
  });
});

test("versions of nodes, by address: one line of JSON each", () => {
  const line = (address: string, tag: string) =>
    `{"metadata":{"hostname":"${address}"}, "version":{"tag":"${tag}", "arch":"amd64"}, "features":{"rbac":true}}`;
  const text = `${line("10.20.0.11", "v1.12.0")}\n${line("10.20.0.12", "v1.12.1")}\n`;
  expect([...talosVersions(text)]).toEqual([
    ["10.20.0.11", "v1.12.0"],
    ["10.20.0.12", "v1.12.1"],
  ]);
  expect(talosVersions("").size).toBe(0);
});

/** A stream of indented documents, as `get -o json` prints it. */
function documents(...values: unknown[]): string {
  return values.map((value) => `${JSON.stringify(value, undefined, 4)}\n`).join("");
}

test("machine stages, by address", () => {
  const text = documents(
    {
      metadata: { id: "machine", namespace: "runtime" },
      node: "10.20.0.11",
      spec: { stage: "running", status: { ready: true, unmetConditions: [] } },
    },
    {
      metadata: { id: "machine", namespace: "runtime" },
      node: "10.20.0.12",
      spec: {
        stage: "booting",
        status: {
          ready: false,
          unmetConditions: [{ name: "services", reason: "etcd not running, kubelet not running" }],
        },
      },
    },
  );
  expect([...machineStages(text)]).toEqual([
    ["10.20.0.11", { stage: "running", unmet: [] }],
    ["10.20.0.12", { stage: "booting", unmet: ["services: etcd not running, kubelet not running"] }],
  ]);
});

test("an image's schematic and extensions, without what the build added", () => {
  const extension = (id: string, name: string, version: string) => ({
    metadata: { id },
    node: "10.20.0.11",
    spec: { image: `${name}.sqsh`, metadata: { name, version, author: "Sidero Labs" } },
  });
  const text = documents(
    extension("0", "iscsi-tools", "v0.2.0"),
    extension("1", "util-linux-tools", "2.41.2"),
    extension("2", "schematic", "613e1592b2da41ae"),
    extension("modules.dep", "modules.dep", "6.18.1-talos"),
  );
  expect(runningImage(text)).toEqual({
    schematicId: "613e1592b2da41ae",
    extensions: ["iscsi-tools", "util-linux-tools"],
  });
  expect(runningImage("")).toEqual({ schematicId: undefined, extensions: [] });
});

test("the phase of one volume among all", () => {
  const volume = (id: string, phase: string) => ({ metadata: { id }, node: "10.20.0.21", spec: { phase } });
  const text = documents(volume("EPHEMERAL", "ready"), volume("u-longhorn", "waiting"));
  expect(volumePhase(text, "u-longhorn")).toBe("waiting");
  expect(volumePhase(text, "u-other")).toBeUndefined();
});

test("something else than JSON is told as it came", () => {
  expect(() => machineStages("WARNING: nothing here")).toThrow(
    "talosctl printed no JSON: WARNING: nothing here",
  );
});

describe("tables of etcd", () => {
  test("status, with and without errors", () => {
    const text = `NODE         MEMBER             DB SIZE   IN USE            LEADER             RAFT INDEX   RAFT TERM   RAFT APPLIED INDEX   LEARNER   PROTOCOL   STORAGE   ERRORS
10.20.0.11   0a1b2c3d4e5f6071   4.2 MB    2.1 MB (50.00%)   0a1b2c3d4e5f6071   1234         3           1234                 false     3.6.6      3.6.0     
10.20.0.12   1a1b2c3d4e5f6072   4.2 MB    2.1 MB (50.00%)   0a1b2c3d4e5f6071   1234         3           1234                 true      3.6.6      3.6.0     etcdserver: no leader, alarm raised
`;
    expect(etcdStatuses(text)).toEqual([
      {
        address: "10.20.0.11",
        member: "0a1b2c3d4e5f6071",
        leader: "0a1b2c3d4e5f6071",
        learner: false,
        errors: "",
      },
      {
        address: "10.20.0.12",
        member: "1a1b2c3d4e5f6072",
        leader: "0a1b2c3d4e5f6071",
        learner: true,
        errors: "etcdserver: no leader, alarm raised",
      },
    ]);
  });

  test("members", () => {
    const text = `NODE            ID                 HOSTNAME   PEER URLS                    CLIENT URLS                  LEARNER
192.168.1.126   0a1b2c3d4e5f6071   cp-1       https://192.168.1.126:2380   https://192.168.1.126:2379   false
`;
    expect(etcdMembers(text)).toEqual([{ id: "0a1b2c3d4e5f6071", hostname: "cp-1", learner: false }]);
  });

  test("alarms, of which there are usually none: then nothing is printed", () => {
    expect(etcdAlarms("")).toEqual([]);
    expect(
      etcdAlarms("NODE         MEMBER             ALARM\n10.20.0.11   0a1b2c3d4e5f6071   NOSPACE\n"),
    ).toEqual([{ member: "0a1b2c3d4e5f6071", alarm: "NOSPACE" }]);
  });

  test("of another talosctl, without a column that is needed", () => {
    expect(() => etcdStatuses("NODE   MEMBER\na      b\n")).toThrow(
      "talosctl printed no column LEADER, only NODE, MEMBER",
    );
  });
});

test.each([
  ['"192.168.1.126": phase: drain action: START', "cordoned and being drained"],
  ['"192.168.1.126": phase: unmountBind action: START', undefined],
  ['"192.168.1.126": phase: drain action: STOP', undefined],
  ['"192.168.1.126": task: cordonAndDrainNode action: START', undefined],
  ['"192.168.1.126": events check condition met', undefined],
])("the phase in %j: %j", (line, phase) => {
  expect(upgradePhase(line)).toBe(phase);
});
