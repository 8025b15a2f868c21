/** Scripts in the sandbox, on one volume at /data. */
import type { Identity } from "../../../../rehearsal/world/kubernetes/pods/privileges.ts";
import type { SandboxMount } from "../../../../rehearsal/world/kubernetes/sandbox/filesystem.ts";
import { runInSandbox, type SandboxResult } from "../../../../rehearsal/world/kubernetes/sandbox/run.ts";
import type { VolumeFile } from "../../../../rehearsal/world/kubernetes/state.ts";

export const ROOT: Identity = {
  uid: 0,
  gid: 0,
  groups: [0],
  capabilities: new Set(["CHOWN", "FOWNER", "DAC_OVERRIDE"]),
};
export const BARE_ROOT: Identity = { ...ROOT, capabilities: new Set() };
export const NOBODY: Identity = { uid: 65532, gid: 65532, groups: [65532], capabilities: new Set() };

export const file = (content: string, mode: string, uid = 0, gid = uid): VolumeFile => ({
  content,
  uid,
  gid,
  mode,
});

export function volume(files: Record<string, VolumeFile> = {}, readOnly = false): SandboxMount {
  return {
    mountPath: "/data",
    readOnly,
    files: { "/": file("", "0755"), ...files },
    info: (path) => ({
      device: "/dev/sdb",
      sizeBytes: 1024 ** 3,
      usedBytes: 0,
      type: "ext4",
      mountPoint: path === "/",
    }),
  };
}

export function run(
  script: string,
  mount: SandboxMount = volume(),
  identity = ROOT,
  more: Partial<Parameters<typeof runInSandbox>[0]> = {},
): Promise<SandboxResult> {
  return runInSandbox({
    command: ["sh", "-c", script],
    identity,
    mounts: [mount],
    sleep: () => Promise.resolve(),
    ...more,
  });
}
