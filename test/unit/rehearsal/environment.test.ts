import { describe, expect, test } from "vitest";
import { PROXMOX_TOKEN_KEY, parseEnvironment, withOverlays } from "../../../rehearsal/environment.ts";
import { parseArguments } from "../../../rehearsal/arguments.ts";
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
