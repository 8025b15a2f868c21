import { beforeEach, describe, expect, test } from "vitest";
import { applyFsGroup } from "../../../../rehearsal/world/kubernetes/pods/mounts.ts";
import { hostPorts, type PodSpec } from "../../../../rehearsal/world/kubernetes/pods/spec.ts";
import { parseQuantity } from "../../../../rehearsal/world/kubernetes/api/quantity.ts";
import {
  bindError,
  identityOf,
  type Identity,
} from "../../../../rehearsal/world/kubernetes/pods/privileges.ts";
import { daemonNodes, schedule } from "../../../../rehearsal/world/kubernetes/pods/scheduling.ts";
import { fakeCluster, type FakeCluster } from "../../../support/world/fake-cluster.ts";

let cluster: FakeCluster;
beforeEach(() => {
  cluster = fakeCluster();
  cluster.state.nodes["cp-1"]!.taints = ["node-role.kubernetes.io/control-plane=:NoSchedule"];
});

const pod = (more: Partial<PodSpec> = {}): PodSpec => ({ containers: [{ name: "m" }], ...more });
const where = (more: Partial<PodSpec> = {}) => {
  const placed = schedule(cluster, pod(more));
  return "node" in placed ? placed.node.name : placed.reason;
};
const affinity = (operator: string, values?: string[]) => ({
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [
          { matchExpressions: [{ key: "kubernetes.io/hostname", operator, ...(values ? { values } : {}) }] },
        ],
      },
    },
  },
});

describe("a node is chosen", () => {
  test("by taints, selectors and affinity", () => {
    expect(where()).toBe("worker-1");
    expect(where({ ...affinity("In", ["cp-1"]) })).toContain(
      "untolerated taint {node-role.kubernetes.io/control-plane: }",
    );
    expect(
      where({
        ...affinity("In", ["cp-1"]),
        tolerations: [{ key: "node-role.kubernetes.io/control-plane", effect: "NoSchedule" }],
      }),
    ).toBe("cp-1");
    expect(where({ ...affinity("NotIn", ["worker-1"]), tolerations: [{ operator: "Exists" }] })).toBe("cp-1");
  });

  test("but not one that is down, cordoned, or out of ports", () => {
    cluster.state.nodes["worker-1"]!.unschedulable = true;
    expect(where()).toContain("node(s) were unschedulable");
    cluster.host("worker-1").up = false;
    expect(where()).toContain("node.kubernetes.io/not-ready");
    expect(where({ nodeName: "worker-1" })).toContain("node.kubernetes.io/not-ready");
  });

  test("a pod that names its node passes taints and cordons by", () => {
    expect(where({ nodeName: "cp-1" })).toBe("cp-1");
    expect(where({ nodeName: "cp-9" })).toContain("didn't match the requested node name");
  });

  test("a DaemonSet's pods also go to a cordoned node", () => {
    cluster.state.nodes["worker-1"]!.unschedulable = true;
    expect(daemonNodes(cluster, pod()).map(({ name }) => name)).toEqual(["worker-1"]);
  });
});

test("on the host's network every container port is a host port", () => {
  const containers = [{ name: "m", ports: [{ containerPort: 80 }, { containerPort: 9100, hostPort: 9100 }] }];
  expect(hostPorts({ containers })).toEqual([9100]);
  expect(hostPorts({ containers, hostNetwork: true })).toEqual([80, 9100]);
});

describe("privileges", () => {
  const who = (context: object): Identity => {
    const result = identityOf(pod(), { name: "m", securityContext: context });
    if ("reason" in result) throw new Error(result.reason);
    return result.identity;
  };

  test("added capabilities do not reach a user other than root", () => {
    expect(bindError(who({ runAsUser: 65532, capabilities: { add: ["NET_BIND_SERVICE"] } }), 80, true)).toBe(
      "listen tcp :80: bind: permission denied",
    );
    expect(
      bindError(
        who({ runAsUser: 0, capabilities: { drop: ["ALL"], add: ["CAP_NET_BIND_SERVICE"] } }),
        80,
        true,
      ),
    ).toBeUndefined();
    expect(bindError(who({ runAsUser: 0, capabilities: { drop: ["ALL"] } }), 80, true)).toContain(
      "permission denied",
    );
  });

  test("low ports are free in a pod's own network, high ones everywhere", () => {
    const nobody = who({ runAsUser: 65532 });
    expect(bindError(nobody, 80, false)).toBeUndefined();
    expect(bindError(nobody, 8080, true)).toBeUndefined();
  });
});

test("fsGroup: 0600 becomes 0660 and changes its group; directories get setgid", () => {
  const files = {
    "/": { content: "", uid: 0, gid: 0, mode: "0755" },
    "/a": { content: "x", uid: 0, gid: 0, mode: "0600" },
  };
  const after = applyFsGroup(files, 65532);
  expect(after).toEqual({
    "/": { content: "", uid: 0, gid: 65532, mode: "2775" },
    "/a": { content: "x", uid: 0, gid: 65532, mode: "0660" },
  });
  const repaired = { ...after, "/a": files["/a"] };
  expect(applyFsGroup(repaired, 65532, "OnRootMismatch")).toBe(repaired);
  expect(applyFsGroup(files, undefined)).toBe(files);
});

test("quantities", () => {
  expect(parseQuantity("128Mi")).toBe(134_217_728);
  expect(parseQuantity("1G")).toBe(1_000_000_000);
  expect(parseQuantity("100m")).toBe(0.1);
  expect(parseQuantity("1e3")).toBe(1000);
  for (const none of ["much", "", "128MB", "1 Gi", "128mi"]) expect(parseQuantity(none)).toBeUndefined();
});
