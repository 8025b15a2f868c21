/** Patch resources of the Kubernetes provider, by server-side apply: the table of docs/rehearsal.md. */
import { describe, expect, test } from "vitest";
import type { PropertyMap } from "../../../rehearsal/providers/server/index.ts";
import type { ClusterState } from "../../../rehearsal/world/kubernetes/state.ts";
import { nodeFields } from "../../../rehearsal/world/longhorn/node-object.ts";
import { cluster, kind, named, withCluster } from "./kubernetes-support.ts";

withCluster();

describe("Patch resources", () => {
  const cordon = named("cp-1", { spec: { unschedulable: true } });
  const forced = (object: PropertyMap): PropertyMap => ({
    ...object,
    metadata: { ...(object["metadata"] as object), annotations: { "pulumi.com/patchForce": "true" } },
  });
  const eviction = {
    metadata: { name: "cp-1", namespace: "longhorn-system" },
    spec: { allowScheduling: false, evictionRequested: true },
  };
  const withLonghorn = () => {
    cluster().longhorn = {
      namespace: "longhorn-system",
      disks: { "cp-1": { path: "/var/mnt/longhorn", diskId: "d" } },
      volumes: {},
    } as unknown as NonNullable<ClusterState["longhorn"]>;
    return cluster().longhorn!;
  };

  test("apply to what exists, without the option, and are not previewed against the cluster", async () => {
    expect(await kind("core/v1:NodePatch").create(cordon, true)).toMatchObject({ id: "" });
    expect(cluster().nodes["cp-1"]!.unschedulable).toBe(false);
    await kind("core/v1:NodePatch").create(cordon);
    expect(cluster().nodes["cp-1"]!.unschedulable).toBe(true);
  });

  test("give their fields up when they go; the object stays", async () => {
    const { outputs } = await kind("core/v1:NodePatch").create(cordon);
    await kind("core/v1:NodePatch").remove(cordon, outputs);
    expect(cluster().nodes["cp-1"]).toMatchObject({ unschedulable: false });
  });

  test("a field that two manage stays until both gave it up", async () => {
    const first = await kind("core/v1:NodePatch").create(cordon);
    const second = await kind("core/v1:NodePatch").create(cordon);
    await kind("core/v1:NodePatch").remove(cordon, first.outputs);
    expect(cluster().nodes["cp-1"]!.unschedulable).toBe(true);
    await kind("core/v1:NodePatch").remove(cordon, second.outputs);
    expect(cluster().nodes["cp-1"]!.unschedulable).toBe(false);
  });

  test("patchForce and enablePatchForce take over what another manager set; without, it is a conflict", async () => {
    withLonghorn();
    const patch = "longhorn.io/v1beta2:NodePatch";
    await expect(kind(patch).create(eviction)).rejects.toThrow('conflict with "longhorn-manager"');
    await kind(patch).create(forced(eviction));
    await kind(patch, { enablePatchForce: true }).create(eviction);
    expect(nodeFields(cluster().longhorn!, "cp-1")).toEqual(eviction.spec);
  });

  test("Longhorn reads a node whose allowScheduling was given up as closed, and refuses to evict from an open one", async () => {
    const longhorn = withLonghorn();
    const patch = kind("longhorn.io/v1beta2:NodePatch", { enablePatchForce: true });
    const open = { ...eviction, spec: { allowScheduling: true, evictionRequested: false } };
    const { outputs } = await patch.create(open);
    await patch.remove(open, outputs);
    expect(nodeFields(longhorn, "cp-1")).toEqual({ allowScheduling: false, evictionRequested: false });
    const both = { ...eviction, spec: { allowScheduling: true, evictionRequested: true } };
    await expect(patch.create(both)).rejects.toThrow("need to disable scheduling before evicting");
  });

  test("change in place, and need a name", async () => {
    const patch = kind("core/v1:NodePatch");
    const { outputs } = await patch.create(cordon);
    const open = named("cp-1", { spec: {} });
    expect(await patch.diff(cordon, open)).toMatchObject({ changes: true, replaces: [] });
    await patch.update(cordon, open, outputs);
    expect(cluster().nodes["cp-1"]!.unschedulable).toBe(false);
    expect((await patch.check({ metadata: {} })).failures).toHaveLength(1);
  });
});
