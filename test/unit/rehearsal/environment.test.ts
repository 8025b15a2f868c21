import { describe, expect, test } from "vitest";
import { PROXMOX_TOKEN_KEY, parseEnvironment, withOverlays } from "../../../rehearsal/environment.ts";
import { parseArguments } from "../../../rehearsal/cli/arguments.ts";
import { UserError } from "../../../rehearsal/user-error.ts";

const FILE = `
encryptionsalt: v1:abc
config:
  homelab:cluster: { name: lab }
  homelab:nodes: [{ name: a, password: { secure: v1:zzz } }]
  homelab:proxmoxApiToken: { secure: v1:xyz }
  other:token: { secure: v1:uvw }
`;

describe("an environment's config", () => {
  test("is taken as it is, with made-up values for its secrets", () => {
    const { plain, secrets } = parseEnvironment(FILE, "Pulumi.x.yaml");
    expect(plain).toEqual({
      "homelab:cluster": { name: "lab" },
      "homelab:nodes": [{ name: "a", password: expect.stringMatching(/^rehearsed-/) as string }],
    });
    expect(Object.keys(secrets).sort()).toEqual([PROXMOX_TOKEN_KEY, "other:token"]);
    expect(secrets[PROXMOX_TOKEN_KEY]).toMatch(
      /^rehearsal@pve!homelab=[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
    );
    expect(JSON.stringify({ plain, secrets })).not.toMatch(/v1:/);
    expect(parseEnvironment(FILE, "Pulumi.x.yaml")).toEqual({ plain, secrets });
  });

  test("is refused with a token in plain text, which is not shown", () => {
    const token = "pulumi@pve!homelab=0f9a8b7c-1111-2222-3333-444455556666";
    const read = () => parseEnvironment(`config: { homelab:proxmoxApiToken: "${token}" }`, "Pulumi.x.yaml");
    expect(read).toThrow(UserError);
    expect(read).toThrow(/^Pulumi\.x\.yaml: homelab:proxmoxApiToken is in plain text in the stack file/);
    expect(read).not.toThrow("0f9a8b7c");
    const given = () => withOverlays(parseEnvironment(FILE, "f"), [`proxmoxApiToken=${token}`]);
    expect(given).toThrow("a rehearsal makes up its own token");
    expect(given).not.toThrow("0f9a8b7c");
  });

  test("has a token even where the file has none", () => {
    expect(parseEnvironment("config: {}", "f").secrets[PROXMOX_TOKEN_KEY]).toBeDefined();
  });

  test.each([
    ["config: [", "no valid YAML"],
    ["- a", 'must hold a mapping "config:"'],
    ["config: 3", 'must hold a mapping "config:"'],
    ["config: { __proto__: { x: 1 } }", "Pulumi.x.yaml: __proto__ is no key of a configuration."],
    [
      "config: { a: [{ constructor: { x: 1 } }] }",
      "Pulumi.x.yaml: constructor is no key of a configuration.",
    ],
    ["config: *a", "no valid YAML"],
  ])("is refused when it is %j", (text, message) => {
    expect(() => parseEnvironment(text, "Pulumi.x.yaml")).toThrow(message);
  });
});

describe("overlays", () => {
  const environment = parseEnvironment(FILE, "f");

  test("reach into structures, and leave the environment as it was", () => {
    const { plain } = withOverlays(environment, [
      "protect=false",
      "nodes[0].cores=8",
      "cluster.tags=[a, b]",
      "other:x=1",
    ]);
    expect(plain).toMatchObject({
      "homelab:protect": false,
      "homelab:nodes": [{ name: "a", cores: 8 }],
      "homelab:cluster": { name: "lab", tags: ["a", "b"] },
      "other:x": 1,
    });
    expect(environment.plain).not.toHaveProperty("homelab:protect");
  });

  test.each(["protect", "=1", "a b=1", "a..b=1"])("%j is refused", (overlay) => {
    expect(() => withOverlays(environment, [overlay])).toThrow(UserError);
  });

  test("show no credentials when they are refused", () => {
    expect(() => withOverlays(environment, ["proxmox.endpoint https://me:hunter2@pve"])).toThrow(
      'as in --config protect=false; found "proxmox.endpoint https://[secret]@pve".',
    );
  });

  test.each([
    ["nodes=[}", /^The value of --config nodes is no valid YAML: .*[^:]$/],
    ["nodes=*a", /^The value of --config nodes is no valid YAML: /],
    [
      "nodes[9].cores=8",
      /^--config homelab:nodes\[9\]: homelab:nodes has 1 element; the last one is homelab:nodes\[0\]\. To append one, give it whole: homelab:nodes\[1\]=\{\.\.\.\}\.$/,
    ],
    ["nodes[1].cores=8", /^--config homelab:nodes\[1\]: homelab:nodes has 1 element/],
    ["nodes[4294967295]=1", /homelab:nodes has 1 element/],
    [
      "nodes.length=0",
      /^--config homelab:nodes\.length: homelab:nodes is a list of 1 element; name one by its index/,
    ],
    ["cluster.name.x=1", /homelab:cluster\.name holds a plain value/],
    [
      "cluster.__proto__.x=1",
      /^--config homelab:cluster\.__proto__: __proto__ is no key of a configuration\.$/,
    ],
    ["cluster.constructor.prototype.x=1", /constructor is no key of a configuration/],
    ["nodes[0].prototype=1", /prototype is no key of a configuration/],
    ["cluster={__proto__: {x: 1}}", /^--config cluster: __proto__ is no key/],
  ])("%j is refused in words", (overlay, message) => {
    expect(() => withOverlays(environment, [overlay])).toThrow(message);
    expect(() => withOverlays(environment, [overlay])).toThrow(UserError);
    expect(Object.keys(Object.prototype)).toEqual([]);
    expect(({} as { x?: number }).x).toBeUndefined();
  });

  test("append a node that is given whole", () => {
    expect(withOverlays(environment, ["nodes[1]={name: b}"]).plain["homelab:nodes"]).toHaveLength(2);
  });
});

describe("arguments", () => {
  test("default to an up", () => {
    expect(parseArguments(["--stack", "lab"])).toEqual({
      command: "up",
      stack: "lab",
      overlays: [],
      timeScale: 60,
    });
  });

  test("are read in any order", () => {
    expect(parseArguments(["preview", "-s", "lab", "-c", "a=1", "--config", "b=2", "--port", "80"])).toEqual({
      command: "preview",
      stack: "lab",
      overlays: ["a=1", "b=2"],
      timeScale: 60,
      port: 80,
    });
    expect(parseArguments(["-h"])).toBeUndefined();
  });
});
