import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { BUSYBOX_IMAGE } from "../../../src/images.ts";
import { mountCheckJob, mountCheckScript } from "../../../src/longhorn/data-volume-check.ts";
import { lab, nodeOf } from "../../components/support/homelabs.ts";
import { ScriptFolder, SHELLS } from "../../components/support/shell.ts";

/** KiB of a 40 GiB disk, and the least that its filesystem may have. */
const DISK = 41943040;
const LEAST = 37748736;

describe("the Job", () => {
  test("looks at one node's mount, pinned to it, whatever its taints", () => {
    expect(mountCheckJob(nodeOf(lab(), "worker-1"), 40)).toStrictEqual({
      metadata: {
        name: "data-volume-worker-1",
        namespace: "longhorn-system",
        annotations: { "pulumi.com/replaceUnready": "true" },
      },
      spec: {
        backoffLimit: 5,
        template: {
          spec: {
            nodeName: "worker-1",
            restartPolicy: "Never",
            automountServiceAccountToken: false,
            // Talos makes /var/mnt and what is mounted there 0755 (volumeconfig/user_volumes.go), so nobody may look.
            securityContext: {
              runAsNonRoot: true,
              runAsUser: 65534,
              runAsGroup: 65534,
              seccompProfile: { type: "RuntimeDefault" },
            },
            tolerations: [{ operator: "Exists" }],
            containers: [
              {
                name: "check",
                image: BUSYBOX_IMAGE,
                command: ["sh", "-c", mountCheckScript(40)],
                terminationMessagePolicy: "FallbackToLogsOnError",
                securityContext: {
                  allowPrivilegeEscalation: false,
                  readOnlyRootFilesystem: true,
                  capabilities: { drop: ["ALL"] },
                },
                resources: { requests: { cpu: "10m", memory: "16Mi" }, limits: { memory: "64Mi" } },
                volumeMounts: [
                  {
                    name: "mnt",
                    mountPath: "/host/var/mnt",
                    readOnly: true,
                    mountPropagation: "HostToContainer",
                  },
                ],
              },
            ],
            volumes: [{ name: "mnt", hostPath: { path: "/var/mnt", type: "Directory" } }],
          },
        },
      },
    });
  });
});

describe.each(SHELLS)("the script under $name", ({ command }) => {
  let folder: ScriptFolder;
  beforeEach(() => {
    folder = new ScriptFolder();
  });
  afterEach(() => folder.remove());

  /** The script as it is, but for the folder that it looks at. */
  function check() {
    const script = mountCheckScript(40);
    expect(script).toContain("dir=/host/var/mnt/longhorn\nparent=/host/var/mnt\n");
    return folder.run(script.replaceAll("=/host/", `=${folder.path}/host/`), command);
  }

  /** A node whose data volume is on a device of its own. */
  function mounted(df: string): void {
    mkdirSync(join(folder.path, "host/var/mnt/longhorn"), { recursive: true });
    folder.replace("stat", 'case "$3" in */mnt) echo 2049 ;; */mnt/longhorn) echo 64769 ;; esac');
    folder.replace("df", `cat <<'EOF'\n${df}\nEOF`);
  }

  const table = (kib: number, device = "/dev/vda1") =>
    `Filesystem           1K-blocks      Used Available Use% Mounted on\n` +
    `${device}             ${kib}    323584  41533440   1% /host/var/mnt/longhorn`;

  test("passes a filesystem of nearly the data disk's size", () => {
    mounted(table(41857024));
    expect(check()).toEqual({
      code: 0,
      stdout: "/var/mnt/longhorn is a filesystem of 41857024 KiB\n",
      stderr: "",
    });
    const mnt = join(folder.path, "host/var/mnt");
    expect(folder.used()).toEqual([
      `stat -c %d ${mnt}/longhorn`,
      `stat -c %d ${mnt}`,
      `df -k ${mnt}/longhorn`,
    ]);
  });

  test.each([LEAST, DISK])("passes the bounds themselves: %d KiB", (kib) => {
    mounted(table(kib));
    expect(check()).toMatchObject({ code: 0 });
  });

  test("reads a df that breaks its line after a long device name", () => {
    mounted(
      `Filesystem           1K-blocks      Used Available Use% Mounted on\n` +
        `/dev/disk/by-partlabel/u-longhorn\n` +
        `                      41857024    323584  41533440   1% /host/var/mnt/longhorn`,
    );
    expect(check()).toMatchObject({
      code: 0,
      stdout: "/var/mnt/longhorn is a filesystem of 41857024 KiB\n",
    });
  });

  test.each([
    ["a smaller disk", LEAST - 1],
    ["a larger disk", DISK + 1],
    ["the OS disk's data partition", 32000000],
  ])("refuses %s", (_, kib) => {
    mounted(table(kib));
    expect(check()).toEqual({
      code: 1,
      stdout: "",
      stderr: `the filesystem at /var/mnt/longhorn has ${kib} KiB, not the ${LEAST} to ${DISK} of the data disk\n`,
    });
  });

  const waits = "nothing is mounted at /var/mnt/longhorn: the data volume waits for its disk\n";

  test("refuses a plain directory, by the real stat", () => {
    mkdirSync(join(folder.path, "host/var/mnt/longhorn"), { recursive: true });
    expect(check()).toEqual({ code: 1, stdout: "", stderr: waits });
  });

  test("refuses a node that has not even the directory", () => {
    mkdirSync(join(folder.path, "host/var/mnt"), { recursive: true });
    expect(check()).toEqual({ code: 1, stdout: "", stderr: waits });
  });

  test.each([
    ["says nothing", ""],
    ["shows no number", table(0).replace(" 0 ", " - ")],
  ])("fails when df %s, instead of passing", (_, df) => {
    mounted(df);
    const { code, stdout, stderr } = check();
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    // The shell may complain of the comparison itself before.
    expect(stderr.trimEnd().split("\n").at(-1)).toBe(
      `the filesystem at /var/mnt/longhorn has ${df && "-"} KiB, not the ${LEAST} to ${DISK} of the data disk`,
    );
  });

  test("fails when df itself fails", () => {
    mounted(table(41857024));
    folder.replace("df", "exit 1");
    expect(check()).toMatchObject({ code: 1, stdout: "" });
  });
});

test("the bounds follow the disk", () => {
  expect(mountCheckScript(200)).toContain('[ "$size" -ge 188743680 ] && [ "$size" -le 209715200 ]');
  expect(mountCheckScript(1)).toContain('[ "$size" -ge 943718 ] && [ "$size" -le 1048576 ]');
});
