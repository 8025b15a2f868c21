import { describe, expect, test } from "vitest";
import {
  admissionError,
  enforcedLevel,
  type Level,
} from "../../../../rehearsal/world/kubernetes/api/admission.ts";
import type { PodSpec } from "../../../../rehearsal/world/kubernetes/pods/spec.ts";

const at = (level: Level) => ({ level, version: "latest" });
const pod = (more: Partial<PodSpec> = {}): PodSpec => ({ containers: [{ name: "main" }], ...more });

describe("the level of a namespace", () => {
  const level = (labels: Record<string, string>, byDefault?: Level) =>
    enforcedLevel({ namespaces: { a: { labels, createdAt: 0 } } }, "a", byDefault).level;

  test("is baseline on Talos, or what the cluster enforces, unless the label says otherwise", () => {
    expect(level({})).toBe("baseline");
    expect(level({}, "restricted")).toBe("restricted");
    expect(level({ "pod-security.kubernetes.io/enforce": "privileged" })).toBe("privileged");
    expect(level({ "pod-security.kubernetes.io/audit": "privileged" })).toBe("baseline");
  });

  test("an unknown level is the strictest, kube-system is exempt", () => {
    expect(level({ "pod-security.kubernetes.io/enforce": "priviledged" })).toBe("restricted");
    expect(enforcedLevel({ namespaces: {} }, "kube-system").level).toBe("privileged");
  });
});

describe("baseline", () => {
  test.each<[string, Partial<PodSpec>, string]>([
    [
      "host namespaces",
      { hostNetwork: true, hostPID: true },
      "host namespaces (hostNetwork=true, hostPID=true)",
    ],
    ["hostPath", { volumes: [{ name: "d", hostPath: { path: "/" } }] }, 'hostPath volumes (volume "d")'],
    [
      "host port",
      { containers: [{ name: "m", ports: [{ containerPort: 8080, hostPort: 80 }] }] },
      'hostPort (container "m" uses hostPort 80)',
    ],
    [
      "privileged",
      { containers: [{ name: "m", securityContext: { privileged: true } }] },
      'privileged (container "m" must not set securityContext.privileged=true)',
    ],
    [
      "capabilities",
      { containers: [{ name: "m", securityContext: { capabilities: { add: ["NET_ADMIN", "CHOWN"] } } }] },
      'non-default capabilities (container "m" must not include "NET_ADMIN" in securityContext.capabilities.add)',
    ],
  ])("refuses %s", (_title, more, words) => {
    expect(admissionError(pod(more), at("baseline"))).toBe(
      `violates PodSecurity "baseline:latest": ${words}`,
    );
    expect(admissionError(pod(more), at("privileged"))).toBeUndefined();
  });

  test("admits root with the capabilities that repair a file", () => {
    const repair = {
      name: "r",
      securityContext: { runAsUser: 0, capabilities: { add: ["CHOWN", "FOWNER", "DAC_OVERRIDE"] } },
    };
    expect(admissionError(pod({ initContainers: [repair] }), at("baseline"))).toBeUndefined();
  });
});

test("restricted asks for more than baseline", () => {
  const error = admissionError(pod(), at("restricted"));
  for (const words of [
    "allowPrivilegeEscalation != false",
    "unrestricted capabilities",
    "runAsNonRoot != true",
    "seccompProfile",
  ]) {
    expect(error).toContain(words);
  }
  const good = {
    name: "main",
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ["ALL"] },
      runAsNonRoot: true,
      seccompProfile: { type: "RuntimeDefault" },
    },
  };
  expect(admissionError(pod({ containers: [good] }), at("restricted"))).toBeUndefined();
});
