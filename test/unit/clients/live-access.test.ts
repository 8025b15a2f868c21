/** The live access with a program in talosctl's place that notes how it was called and answers as talosctl does. */
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { HomelabConfig } from "../../../src/config/types.ts";
import type { ClusterAccess } from "../../../src/observe/access.ts";
import { withLiveAccess } from "../../../src/clients/live-access.ts";
import { nodeOf, rack } from "../../components/support/homelabs.ts";

const KEY = "-----BEGIN ED25519 PRIVATE KEY-----\nTHEKEY\n-----END ED25519 PRIVATE KEY-----\n";
const CREDENTIALS = {
  caCertificate: Buffer.from("the CA").toString("base64"),
  clientCertificate: Buffer.from("the certificate").toString("base64"),
  clientKey: Buffer.from(KEY).toString("base64"),
};

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "live-"))));
afterEach(() => rmSync(folder, { recursive: true }));

/** @param cases Shell: what to do at a command, e.g. `"etcd members") echo ...;;`. `$node` is whom it asks. */
function talosctl(cases: string): string {
  const path = join(folder, "talosctl");
  writeFileSync(
    path,
    `#!/bin/sh
echo "$*" >> '${folder}/calls'
config=; node=; words=
while [ $# -gt 0 ]; do
  case "$1" in
    --talosconfig) config=$2; shift ;;
    -e) shift ;;
    -n) node=$2; shift ;;
    *) words="$words $1" ;;
  esac
  shift
done
[ -z "$config" ] || cp "$config" '${folder}/config-seen'
case "\${words# }" in
${cases}
*) echo "unexpected: $words" >&2; exit 64 ;;
esac
`,
  );
  chmodSync(path, 0o755);
  return path;
}

function using<T>(
  cases: string,
  use: (access: ClusterAccess, config: HomelabConfig) => Promise<T>,
  changes: Partial<HomelabConfig["upgrade"]> = {},
): Promise<T> {
  const base = rack();
  const config = { ...base, upgrade: { ...base.upgrade, talosctl: talosctl(cases), ...changes } };
  const kubernetes = () => Promise.reject(new Error("nobody asks Kubernetes here"));
  return withLiveAccess(config, CREDENTIALS, kubernetes, (access) => use(access, config));
}

const calls = () => readFileSync(join(folder, "calls"), "utf8").trimEnd().split("\n");

const version = (node: string, tag = "v1.12.0") =>
  `{"metadata":{"hostname":"${node}"},"version":{"tag":"${tag}"}}`;
const stage = (node: string) =>
  `{\n    "metadata": {"id": "machine"},\n    "node": "${node}",\n    "spec": {"stage": "running", "status": {"ready": true}}\n}`;

test("credentials come by the file, which is gone afterwards; addresses by the command", async () => {
  await using("'etcd forfeit-leadership') ;;", (access, config) =>
    access.forfeitLeadership(nodeOf(config, "cp-2")),
  );
  const [call] = calls();
  expect(call).toMatch(
    /^--talosconfig (\S+) -e 10\.20\.0\.11,10\.20\.0\.12,10\.20\.0\.13 -n 10\.20\.0\.12 etcd forfeit-leadership$/,
  );
  expect(readFileSync(join(folder, "config-seen"), "utf8")).toContain(CREDENTIALS.clientKey);
  expect(existsSync(/--talosconfig (\S+)/.exec(call!)![1]!)).toBe(false);
});

test("behind a tunnel, one address stands for all control planes", async () => {
  await using(
    "'etcd forfeit-leadership') ;;",
    (access, config) => access.forfeitLeadership(nodeOf(config, "cp-2")),
    {
      talosEndpoint: "127.0.0.1:50000",
    },
  );
  expect(calls()[0]).toContain(" -e 127.0.0.1:50000 -n 10.20.0.12 ");
});

describe("machines", () => {
  test("are asked in one round", async () => {
    const machines = await using(
      `'version --json') echo '${version("10.20.0.11")}'; echo '${version("10.20.0.21", "v1.12.1")}' ;;
'get machinestatuses -o json') echo '${stage("10.20.0.11")}'; echo '${stage("10.20.0.21")}' ;;`,
      (access, config) => access.machines([nodeOf(config, "cp-1"), nodeOf(config, "worker-1")]),
    );
    expect(machines).toEqual([
      { name: "cp-1", state: "configured", talosVersion: "v1.12.0", stage: "running", unmet: [] },
      { name: "worker-1", state: "configured", talosVersion: "v1.12.1", stage: "running", unmet: [] },
    ]);
    expect(calls()).toHaveLength(2);
  });

  test("that do not answer are asked alone, and tell why: a foreign certificate is a machine without a config", async () => {
    const foreign =
      'rpc error: code = Unavailable desc = connection error: "transport: authentication handshake failed: tls: failed to verify ' +
      'certificate: x509: certificate signed by unknown authority"';
    const machines = await using(
      `'version --json')
  case "$node" in
    *,*) echo '${version("10.20.0.11")}'; echo "2 errors occurred" >&2 ;;
    10.20.0.22) echo '${foreign}' >&2; exit 1 ;;
    *) echo "rpc error: code = Unavailable desc = i/o timeout" >&2; exit 1 ;;
  esac ;;
'get machinestatuses -o json') echo '${stage("10.20.0.11")}'; echo "errors" >&2; exit 1 ;;`,
      (access, config) =>
        access.machines([nodeOf(config, "cp-1"), nodeOf(config, "worker-1"), nodeOf(config, "worker-2")]),
    );
    expect(machines).toEqual([
      { name: "cp-1", state: "configured", talosVersion: "v1.12.0", stage: "running", unmet: [] },
      {
        name: "worker-1",
        state: "silent",
        reason: "`talosctl version --json`: exit code 1: rpc error: code = Unavailable desc = i/o timeout",
      },
      { name: "worker-2", state: "unconfigured" },
    ]);
  });

  test("that talosctl cannot be found for are an error, not a silence", async () => {
    const access = using("", (access, config) => access.machines(config.nodes), {
      talosctl: join(folder, "none"),
    });
    await expect(access).rejects.toThrow(
      `${join(folder, "none")} was not found: an upgrade is done by talosctl. Install it from ` +
        "https://github.com/siderolabs/talos/releases, on the PATH or where homelab:upgrade.talosctl says",
    );
  });
});

test("etcd: the status of all, members and alarms of one that answers", async () => {
  const etcd = await using(
    `'etcd status') echo 'NODE         MEMBER   LEADER   LEARNER   ERRORS'; echo '10.20.0.12   b        b        false     ' ;;
'etcd members') echo 'NODE   ID   HOSTNAME   LEARNER'; echo "$node   b    cp-2       false" ;;
'etcd alarm list') ;;`,
    (access, config) => access.etcd(config.nodes.filter(({ role }) => role === "controlplane")),
  );
  expect(etcd).toMatchObject({ statuses: [{ address: "10.20.0.12", leader: "b" }], alarms: [] });
  expect(
    calls()
      .slice(1)
      .every((call) => call.includes(" -n 10.20.0.12 etcd ")),
  ).toBe(true);
});

test("a snapshot goes into the configured folder", async () => {
  const directory = join(folder, "snapshots");
  const { path, bytes } = await using(
    // The last word is the file.
    `'etcd snapshot '*) printf 'the content' > "\${words##* }" ;;`,
    (access, config) => access.snapshot(nodeOf(config, "cp-1"), "v1.12.0"),
    { snapshots: { directory, keep: 3 } },
  );
  expect(path).toMatch(/\/snapshots\/rack-cp-1-v1\.12\.0-\d{8}T\d{6}Z\.db$/);
  expect(bytes).toBe(11);
  expect(readFileSync(path, "utf8")).toBe("the content");
});

test("an upgrade tells its phases, and has the configured time", async () => {
  const phases: string[] = [];
  await using(
    `'upgrade --image i:v1 --timeout 1800s') echo '"10.20.0.21": phase: drain action: START' >&2; echo '"10.20.0.21": post check passed' >&2 ;;`,
    (access, config) => access.upgrade(nodeOf(config, "worker-1"), "i:v1", (phase) => phases.push(phase)),
  );
  expect(phases).toEqual(["cordoned and being drained"]);
});

test("what fails says which command, and shows no key, in whichever form", async () => {
  const run = using(
    `'image --namespace system pull i:v1') echo "cannot pull: $(cat "$config")"; echo 'THEKEY' ; printf '%s' '${KEY}' >&2; exit 1 ;;`,
    (access, config) => access.pull(nodeOf(config, "cp-1"), "i:v1"),
  );
  const error = (await run.catch((reason: unknown) => reason)) as Error;
  expect(error.message).toMatch(/^`talosctl image --namespace system pull i:v1`: exit code 1: /);
  for (const secret of [CREDENTIALS.clientKey, CREDENTIALS.clientCertificate, "THEKEY"])
    expect(error.message).not.toContain(secret);
});
