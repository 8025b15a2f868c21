import { describe, expect, test } from "vitest";
import { z } from "zod";
import { traefikValues } from "../../../src/traefik/values.ts";
import { lab, rack } from "../../components/support/homelabs.ts";
import { coalesced, isMap, sections, unknownPaths, type Values } from "../../support/charts.ts";
import { readFacts, testFacts } from "../../support/facts.ts";
import { ingressStage } from "../../../src/stages.ts";

const FACTS = "traefik-41.3.0";
/** Those that the values set, and what decides how many pods there are. */
const SECTIONS = [
  ...["hostNetwork", "deployment", "autoscaling", "updateStrategy", "nodeSelector", "ports", "service"],
  ...["providers", "podSecurityContext", "securityContext", "persistence", "certificatesResolvers"],
];

/** What a schema demands, without its words. */
const demands = (schema: unknown): unknown => {
  if (Array.isArray(schema)) return schema.map(demands);
  if (!isMap(schema)) return schema;
  const { description: _, title: __, properties, ...rest } = schema;
  return {
    ...Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, demands(value)])),
    ...(isMap(properties) && { properties: sectionsOf(properties) }),
  };
};
const sectionsOf = (properties: Values, names = Object.keys(properties)): Values =>
  Object.fromEntries(names.map((name) => [name, demands(properties[name])]));

testFacts(
  FACTS,
  "Traefik's chart 41.3.0, values.yaml and values.schema.json: keys, defaults and types of the sections that are set",
  ["traefik-41.3.0.values.yaml", "traefik-41.3.0.values.schema.json"],
  (values: Values, schema: { properties: Values; additionalProperties: boolean }) => ({
    // A default that is a template stands for some text.
    values: sections(values, SECTIONS, (each) => (String(each).includes("{{") ? "" : each)),
    properties: sectionsOf(schema.properties, SECTIONS),
    additionalProperties: schema.additionalProperties,
  }),
);

describe("Traefik's chart 41.3.0", () => {
  const {
    values: chart,
    properties,
    additionalProperties,
  } = readFacts<{
    values: Values;
    properties: Values;
    additionalProperties: boolean;
  }>(FACTS);
  const schema = z.fromJSONSchema({ type: "object", properties, additionalProperties } as Values);
  const merged = (config = lab()) => coalesced(chart, traefikValues(ingressStage(config)));
  const problems = (values: Values) => schema.safeParse(values).error?.issues ?? [];

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
    expect(unknownPaths(chart, traefikValues(ingressStage(lab())))).toEqual([
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
