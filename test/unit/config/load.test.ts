import * as pulumi from "@pulumi/pulumi";
import { afterEach, describe, expect, it, vi } from "vitest";
import { loadConfig } from "../../../src/config/index.ts";
import { asPulumi, readFixtures, TOKEN } from "./fixtures.ts";

const fixture = readFixtures("valid").find(({ name }) => name === "smallest");
const good = asPulumi(fixture?.config ?? {});

function given(values: Record<string, string>, secretKeys: string[] = []): void {
  pulumi.runtime.setAllConfig(values, secretKeys);
}

function failure(): Error {
  try {
    loadConfig();
  } catch (error) {
    return error as Error;
  }
  throw new Error("the configuration was accepted");
}

afterEach(() => {
  given({});
  vi.unstubAllEnvs();
});

describe("loadConfig", () => {
  it("hands out the token of the configuration as a secret", async () => {
    vi.stubEnv("PROXMOX_VE_API_TOKEN", "other@pve!x=00000000-9999-4222-8333-444444444444");
    given({ ...good, "homelab:proxmoxApiToken": TOKEN }, ["homelab:proxmoxApiToken"]);
    const { config, proxmoxApiToken } = loadConfig();
    expect(config.cluster.name).toBe("solo");
    expect(await pulumi.isSecret(proxmoxApiToken)).toBe(true);
    expect(await valueOf(pulumi.unsecret(proxmoxApiToken))).toBe(TOKEN);
    expect(JSON.stringify(config)).not.toContain("00000000");
  });

  it("refuses a token that was set without --secret", () => {
    given({ ...good, "homelab:proxmoxApiToken": TOKEN });
    expect(failure().message).toContain("homelab:proxmoxApiToken: is in plain text in the stack file");
    expect(failure().message).toContain("pulumi config set --secret proxmoxApiToken");
    expect(failure().message).not.toContain("00000000");
  });

  it("takes the token of the environment otherwise", async () => {
    vi.stubEnv("PROXMOX_VE_API_TOKEN", TOKEN);
    given(good);
    const { proxmoxApiToken } = loadConfig();
    expect(await pulumi.isSecret(proxmoxApiToken)).toBe(true);
    expect(await valueOf(pulumi.unsecret(proxmoxApiToken))).toBe(TOKEN);
  });

  it("lists every mistake in one error that Pulumi prints without a stack trace", () => {
    vi.stubEnv("PROXMOX_VE_API_TOKEN", "");
    given({ ...good, "homelab:protect": "perhaps", "homelab:network": "{" });
    const error = failure();
    expect(pulumi.RunError.isInstance(error)).toBe(true);
    expect(error.message.split("\n")).toEqual([
      "the configuration has 3 mistakes:",
      '  homelab:network: "{" where a mapping is needed',
      '  homelab:protect: "perhaps" where true or false is needed',
      '  homelab:proxmoxApiToken: is missing; set it with "pulumi config set --secret proxmoxApiToken", which asks for it or reads its standard input, or put it into the environment variable PROXMOX_VE_API_TOKEN',
    ]);
  });

  it("quotes nothing that is encrypted", () => {
    vi.stubEnv("PROXMOX_VE_API_TOKEN", TOKEN);
    given({ ...good, "homelab:traefik": '{"acme":{"email":"hunter2"}}' }, ["homelab:traefik"]);
    expect(failure().message).toBe(
      "the configuration has 1 mistake:\n  homelab:traefik: is encrypted, but only homelab:proxmoxApiToken is treated as a secret; set it again without --secret",
    );
  });
});

function valueOf<T>(output: pulumi.Output<T>): Promise<T> {
  return new Promise((resolve) => {
    output.apply(resolve);
  });
}
