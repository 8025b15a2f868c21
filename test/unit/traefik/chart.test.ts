import { describe, expect, test } from "vitest";
import { z } from "zod";
import { traefikValues } from "../../../src/traefik/values.ts";
import { coalesced, hasData, readData, unknownPaths, type Values } from "../../components/support/charts.ts";
import { lab, rack } from "../../components/support/homelabs.ts";

const VALUES = "traefik-41.3.0.values.yaml";
const SCHEMA = "traefik-41.3.0.values.schema.json";

describe.skipIf(!hasData(VALUES) || !hasData(SCHEMA))("Traefik's chart 41.3.0", () => {
  const merged = (config = lab()) => coalesced(readData(VALUES), traefikValues(config));
  const problems = (values: Values) =>
    z.fromJSONSchema(readData(SCHEMA)).safeParse(values).error?.issues ?? [];

  test.each([
    ["lab", lab()],
    ["rack", rack()],
    ["tls-alpn-01", lab({ traefik: { acme: { challenge: "tls-alpn-01" } } })],
  ])("takes the values of %s by its schema", (_, config) => {
    expect(problems(merged(config))).toEqual([]);
  });

  test("would refuse unknown and mistyped values, or the test above would prove nothing", () => {
    const values = merged();
    expect(problems({ ...values, updateStrategie: {} })).toMatchObject([{ keys: ["updateStrategie"] }]);
    expect(problems({ ...values, hostNetwork: "true" })).toMatchObject([{ path: ["hostNetwork"] }]);
    const updateStrategy = { ...(values.updateStrategy as Values), rollout: {} };
    expect(problems({ ...values, updateStrategy })).toMatchObject([
      { path: ["updateStrategy"], keys: ["rollout"] },
    ]);
  });

  test("has a key for every value", () => {
    expect(unknownPaths(readData(VALUES), traefikValues(lab()))).toEqual([
      // The chart's values show these as comments only, or hand the map on to Kubernetes as it is.
      "ports.web.containerPort",
      "ports.web.hostPort",
      "ports.metrics.hostIP", // any port may have it (schema); its defaults are shown at the port `traefik`
      "securityContext.runAsUser",
      "securityContext.runAsNonRoot",
      "securityContext.capabilities.add",
    ]);
  });

  test("comes out with root, its own seccomp profile and no fsGroup at any depth", () => {
    const values = merged();
    expect(values.podSecurityContext).toEqual({
      runAsUser: 0,
      runAsGroup: 0,
      runAsNonRoot: false,
      seccompProfile: { type: "RuntimeDefault" },
    });
    expect(values.securityContext).toEqual({
      runAsUser: 0,
      runAsNonRoot: false,
      readOnlyRootFilesystem: true,
      allowPrivilegeEscalation: false,
      capabilities: { drop: ["ALL"], add: ["NET_BIND_SERVICE"] },
    });
    expect(JSON.stringify(values)).not.toMatch(/"fsGroup/i);
  });

  test("comes out as one pod that is gone before the next begins", () => {
    const values = merged();
    expect(values.updateStrategy).toEqual({ type: "Recreate" });
    expect(values.deployment).toMatchObject({ kind: "Deployment", replicas: 1 });
    expect(values.autoscaling).toMatchObject({ enabled: false });
  });

  test("opens no port twice on the host's network, and none below 1024 but 80 and 443", () => {
    const ports = Object.values(merged().ports as Record<string, { port: number }>).map(({ port }) => port);
    expect([...new Set(ports)]).toEqual(ports);
    expect(ports.filter((port) => port < 1024).sort()).toEqual([443, 80]);
    expect(ports).not.toContain(9100);
  });
});
