import { beforeEach, describe, expect, test } from "vitest";
import { runJob, type JobRun } from "../../../../rehearsal/world/kubernetes/workloads/jobs.ts";
import {
  FakeHost,
  fakeCluster,
  LAB,
  notes,
  privileged,
  type FakeCluster,
} from "../../../support/world/fake-cluster.ts";

let cluster: FakeCluster;

beforeEach(() => {
  cluster = fakeCluster();
  privileged(cluster, "checks");
});

/** As the program asks a node whether its data volume is mounted: the path must be on another device than /var. */
const SCRIPT = `set -eu
[ "$(stat -c %d /host/var/mnt/longhorn)" != "$(stat -c %d /host/var)" ] || { echo "data volume is not mounted" >&2; exit 1; }
blocks=$(df -k /host/var/mnt/longhorn | tail -n 1 | tr -s ' ' | cut -d ' ' -f 2)
[ "$blocks" -ge 40000000 ] || { echo "only $blocks KiB" >&2; exit 1; }
echo "mounted with $blocks KiB"`;

function job(script = SCRIPT, more: Partial<JobRun> = {}, propagation?: string): JobRun {
  return {
    namespace: "checks",
    name: "data-volume",
    pod: {
      restartPolicy: "Never",
      nodeSelector: { "kubernetes.io/hostname": "worker-1" },
      volumes: [{ name: "var", hostPath: { path: "/var" } }],
      containers: [
        {
          name: "check",
          image: "busybox:1.37",
          command: ["sh", "-c", script],
          terminationMessagePolicy: "FallbackToLogsOnError",
          volumeMounts: [
            {
              name: "var",
              mountPath: "/host/var",
              readOnly: true,
              ...(propagation ? { mountPropagation: propagation } : {}),
            },
          ],
        },
      ],
    },
    ...more,
  };
}

const mountAt = (time: number) => {
  const host = cluster.host("worker-1");
  host.mounted = false;
  const resolve = FakeHost.prototype.resolve.bind(host);
  host.resolve = (path) => {
    host.mounted = cluster.world.clock.now() >= time;
    return resolve(path);
  };
};

describe("a check of the data volume", () => {
  test("succeeds at once when it is mounted", async () => {
    await runJob(cluster, job());
    expect(notes(cluster, "pod-failed")).toEqual([]);
  });

  test("fails after its back-off limit with the script's last words when it never is", async () => {
    cluster.host("worker-1").mounted = false;
    await expect(runJob(cluster, job(SCRIPT, { backoffLimit: 2 }))).rejects.toThrow(
      /BackoffLimitExceeded.*data-volume-\w+ on worker-1 exited with 1: data volume is not mounted/s,
    );
    expect(notes(cluster, "pod-failed")).toHaveLength(3);
  });

  test("which nobody gets to see unless the container puts its log into the termination message", async () => {
    cluster.host("worker-1").mounted = false;
    const silent = job(SCRIPT, { backoffLimit: 0 });
    delete silent.pod.containers[0]!.terminationMessagePolicy;
    await expect(runJob(cluster, silent)).rejects.toThrow(/exited with 1$/);
  });

  test("waits by retrying: the pod after the mount sees it", async () => {
    mountAt(1025);
    await runJob(cluster, job());
    expect(notes(cluster, "pod-failed").length).toBeGreaterThan(0);
    expect(cluster.world.clock.now()).toBeGreaterThan(1025);
  });

  const WAIT = `until [ "$(stat -c %d /host/var/mnt/longhorn)" != "$(stat -c %d /host/var)" ]; do n=$((\${n:-0} + 1)); [ "$n" -lt 20 ] || exit 3; sleep 5; done`;

  test("waits inside one pod only with HostToContainer propagation", async () => {
    mountAt(1030);
    await runJob(cluster, job(WAIT, { backoffLimit: 0 }, "HostToContainer"));
    mountAt(cluster.world.clock.now() + 20);
    await expect(runJob(cluster, job(WAIT, { backoffLimit: 0 }))).rejects.toThrow("exited with 3");
  });

  test("a hostPath is a mount point in the container whatever lies below it", async () => {
    cluster.host("worker-1").mounted = false;
    const mountPoint = (path: string) =>
      `[ "$(df -k ${path} | tail -n 1 | tr -s ' ' | cut -d ' ' -f 6)" = ${path} ]`;
    const direct = job(mountPoint("/check"));
    direct.pod.volumes = [{ name: "var", hostPath: { path: "/var/mnt/longhorn" } }];
    direct.pod.containers[0]!.volumeMounts = [{ name: "var", mountPath: "/check" }];
    await runJob(cluster, direct);
    await expect(
      runJob(cluster, job(mountPoint("/host/var/mnt/longhorn"), { backoffLimit: 0 })),
    ).rejects.toThrow("exited with 1");
  });
});

describe("what keeps a Job from running", () => {
  test("a namespace that does not allow hostPaths: it times out with the reason", async () => {
    cluster.state.namespaces["checks"] = { labels: {}, createdAt: 0 };
    await expect(runJob(cluster, job(), { timeoutSeconds: 120 })).rejects.toThrow(
      'pods "data-volume-" is forbidden: violates PodSecurity "baseline:latest": hostPath volumes (volume "var")',
    );
    expect(cluster.world.clock.now()).toBe(1120);
  });

  test("no node that fits", async () => {
    cluster = fakeCluster([{ ...LAB[0]!, taints: ["node-role.kubernetes.io/control-plane=:NoSchedule"] }]);
    privileged(cluster, "checks");
    const anywhere = job();
    delete anywhere.pod.nodeSelector;
    await expect(runJob(cluster, anywhere, { timeoutSeconds: 60 })).rejects.toThrow(
      "0/1 nodes are available: 1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }.",
    );
    anywhere.pod.tolerations = [{ operator: "Exists" }];
    await runJob(cluster, anywhere);
  });

  test("a restart policy that Jobs do not have", async () => {
    const wrong = job();
    delete wrong.pod.restartPolicy;
    await expect(runJob(cluster, wrong)).rejects.toThrow('Unsupported value: "Always"');
  });

  test("its deadline", async () => {
    cluster.host("worker-1").mounted = false;
    await expect(runJob(cluster, job(SCRIPT, { activeDeadlineSeconds: 30 }))).rejects.toThrow(
      "DeadlineExceeded",
    );
  });

  test("Bidirectional propagation wants a privileged container and a shared mount", async () => {
    const both = job("true", { backoffLimit: 0 }, "Bidirectional");
    await expect(runJob(cluster, both)).rejects.toThrow("available only to privileged containers");
    both.pod.containers[0]!.securityContext = { privileged: true };
    both.pod.volumes = [{ name: "var", hostPath: { path: "/var/mnt/longhorn" } }];
    await runJob(cluster, both);
    cluster.host("worker-1").propagation = "private";
    await expect(runJob(cluster, both)).rejects.toThrow("is not a shared mount");
  });
});

test("a name that is too long for its pods' label is refused", async () => {
  const name = "n".repeat(64);
  await expect(runJob(cluster, job(SCRIPT, { name }))).rejects.toThrow(
    `spec.template.labels: Invalid value: "${name}": must be no more than 63 characters`,
  );
});
