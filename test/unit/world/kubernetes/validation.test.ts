import { describe, expect, test } from "vitest";
import type { Container, PodSpec } from "../../../../rehearsal/world/kubernetes/pods/spec.ts";
import {
  labelProblems,
  podProblems,
  refusedPod,
  refusedTemplate,
} from "../../../../rehearsal/world/kubernetes/api/validation.ts";

const container = (change: Partial<Container> = {}): Container => ({
  name: "main",
  volumeMounts: [{ name: "data", mountPath: "/data" }],
  ports: [{ name: "web", containerPort: 8000 }],
  ...change,
});
const pod = (change: Partial<PodSpec> = {}, own: Partial<Container> = {}): PodSpec => ({
  volumes: [{ name: "data", emptyDir: {} }],
  containers: [container(own)],
  ...change,
});
const DEPLOYMENT = { kind: "Deployment", group: "apps", name: "web" };

test("a right pod is taken, and so is its template", () => {
  const right = pod(
    { hostNetwork: true, nodeSelector: { zone: "" }, tolerations: [{ operator: "Exists" }] },
    {
      resources: { requests: { cpu: "100m", memory: "64Mi" }, limits: { cpu: 1, memory: "128Mi" } },
      ports: [
        { name: "web", containerPort: 80 },
        { name: "dns", containerPort: 80, protocol: "UDP" },
        { name: "ping", containerPort: 80, hostIP: "127.0.0.1" },
      ],
    },
  );
  expect(refusedPod("web-1", right)).toBeUndefined();
  expect(refusedTemplate(DEPLOYMENT, right, { app: "web" })).toBeUndefined();
});

describe("the API server refuses", () => {
  test.each<[string, PodSpec, string]>([
    [
      "two volumes of one name",
      pod({ volumes: [{ name: "data" }, { name: "data" }] }),
      'spec.volumes[1].name: Duplicate value: "data"',
    ],
    [
      "a volume's name in capitals",
      pod({ volumes: [{ name: "data" }, { name: "Data" }] }),
      'spec.volumes[1].name: Invalid value: "Data"',
    ],
    [
      "a mount of no volume",
      pod({}, { volumeMounts: [{ name: "date", mountPath: "/data" }] }),
      'spec.containers[0].volumeMounts[0].name: Not found: "date"',
    ],
    [
      "two mounts at one path",
      pod(
        {},
        {
          volumeMounts: [
            { name: "data", mountPath: "/data" },
            { name: "data", mountPath: "/data" },
          ],
        },
      ),
      'spec.containers[0].volumeMounts[1].mountPath: Invalid value: "/data": must be unique',
    ],
    [
      "a subPath that climbs",
      pod({}, { volumeMounts: [{ name: "data", mountPath: "/data", subPath: "../etc" }] }),
      "must not contain '..'",
    ],
    [
      "propagation to the host without privileges",
      pod({}, { volumeMounts: [{ name: "data", mountPath: "/data", mountPropagation: "Bidirectional" }] }),
      "available only to privileged containers",
    ],
    [
      "an init container of the container's name",
      pod({ initContainers: [{ name: "main" }] }),
      'spec.containers[0].name: Duplicate value: "main"',
    ],
    ["a port beyond the last", pod({}, { ports: [{ containerPort: 80000 }] }), "must be between 1 and 65535"],
    [
      "two ports of one name",
      pod(
        {},
        {
          ports: [
            { name: "web", containerPort: 1 },
            { name: "web", containerPort: 2 },
          ],
        },
      ),
      'spec.containers[0].ports[1].name: Duplicate value: "web"',
    ],
    [
      "one host port twice",
      pod(
        {},
        {
          ports: [
            { containerPort: 1, hostPort: 80 },
            { containerPort: 2, hostPort: 80 },
          ],
        },
      ),
      'spec.containers[0].ports[1].hostPort: Duplicate value: "TCP//80"',
    ],
    [
      "a request above the limit",
      pod({}, { resources: { requests: { memory: "256Mi" }, limits: { memory: "128Mi" } } }),
      'spec.containers[0].resources.requests: Invalid value: "256Mi": must be less than or equal to memory limit of 128Mi',
    ],
    ["a user below zero", pod({ securityContext: { runAsUser: -1 } }), "must be between 0 and 2147483647"],
    [
      "privileged without escalation",
      pod({}, { securityContext: { privileged: true, allowPrivilegeEscalation: false } }),
      "cannot set `allowPrivilegeEscalation` to false and `privileged` to true",
    ],
    [
      "a selector that no label can match",
      pod({ nodeSelector: { zone: "my zone" } }),
      'spec.nodeSelector: Invalid value: "my zone": a valid label must be',
    ],
    [
      "a toleration of nothing",
      pod({ tolerations: [{ value: "x" }] }),
      "operator must be Exists when `key` is empty",
    ],
  ])("%s", (_title, spec, words) => {
    expect(podProblems(spec, "spec").join()).toContain(words);
    expect(refusedPod("web-1", spec)).toMatch(/^Pod "web-1" is invalid: /);
  });

  test("quantities that are none, before it looks at anything else", () => {
    const spec = pod({ volumes: [] }, { resources: { limits: { memory: "128MB" } } });
    expect(refusedTemplate(DEPLOYMENT, spec)).toBe(
      `Deployment in version "v1" cannot be handled as a Deployment: quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'`,
    );
  });

  test("ports that collide on the host's network, in the pod and not in its template", () => {
    const spec = pod({ hostNetwork: true }, { ports: [{ containerPort: 80 }, { containerPort: 80 }] });
    expect(refusedTemplate(DEPLOYMENT, spec)).toBeUndefined();
    expect(refusedPod("web-1", spec)).toContain('hostPort: Duplicate value: "TCP//80"');
  });

  test("everything at once, in one answer", () => {
    const spec = pod({ volumes: [] }, { ports: [{ containerPort: 0 }] });
    expect(refusedTemplate(DEPLOYMENT, spec, { app: "-" })).toMatch(
      /^Deployment\.apps "web" is invalid: \[spec\.template\.labels: .*Not found: "data".*containerPort: .*\]$/,
    );
  });

  test("values of labels that are too long or begin with a dash", () => {
    expect(labelProblems({ a: "x".repeat(64) }, "metadata.labels")).toEqual([
      expect.stringContaining("must be no more than 63 bytes"),
    ]);
    expect(labelProblems({ a: "-x" }, "metadata.labels")).toHaveLength(1);
    expect(labelProblems({ a: "A.b_c-1", b: "" }, "metadata.labels")).toEqual([]);
  });
});
