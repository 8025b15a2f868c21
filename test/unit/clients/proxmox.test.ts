/** The client over real HTTPS: the simulated Proxmox where it can be asked, and servers of this test's own where it cannot. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import { createServer as createPlainServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { get } from "node:https";
import { afterEach, describe, expect, test, vi } from "vitest";
import { selfSigned } from "../../../rehearsal/api/proxmox/certificate.ts";
import { serveProxmox } from "../../../rehearsal/api/proxmox/server.ts";
import { switchOffHost } from "../../../rehearsal/world/proxmox/qemu/migrate.ts";
import { proxmoxClient } from "../../../src/clients/proxmox/client.ts";
import { fixture, HARDWARE, PROVIDER_ACCESS } from "../../support/world/proxmox.ts";

const TOKEN = "rehearsal@pve!homelab=11111111-2222-3333-4444-555555555555";
const SECRET = "11111111-2222-3333-4444-555555555555";

const closers: (() => unknown)[] = [];
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const close of closers.splice(0).reverse()) await close();
});

async function simulated(changes: { version?: string } = {}) {
  const made = fixture({
    ...HARDWARE,
    ...changes,
    containers: [{ vmId: 901, name: "pihole", host: "pve2", running: false }],
  });
  const server = await serveProxmox(made.world, { token: TOKEN, access: PROVIDER_ACCESS });
  closers.push(() => server.close());
  return { ...made, server, client: proxmoxClient({ endpoint: server.url, insecure: true, token: TOKEN }) };
}

type Handler = Parameters<typeof createServer>[1];

async function serving(handler: Handler, certificate = selfSigned("test")): Promise<string> {
  const server: Server = createServer(certificate, handler);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

const told = (asked: Promise<unknown>): Promise<string> =>
  asked.then(
    () => "(answered)",
    (error: unknown) => String(error instanceof Error ? error.message : error),
  );

describe("over a Proxmox", () => {
  test("machines and containers of all hosts, those that are off included", async () => {
    const { client, world } = await simulated();
    expect(await client.guests()).toEqual([
      { vmId: 900, kind: "qemu", host: "pve1", name: "nas", status: "running", tags: [] },
      { vmId: 901, kind: "lxc", host: "pve2", name: "pihole", status: "stopped", tags: [] },
    ]);
    await switchOffHost(world, "pve1");
    expect((await client.guests())[0]).toEqual({
      vmId: 900,
      kind: "qemu",
      host: "pve1",
      status: "unknown",
      tags: [],
    });
  });

  test("its release, and whether an id is free", async () => {
    const { client } = await simulated({ version: "8.3.2" });
    expect(await client.version()).toBe("8.3.2");
    expect([await client.isTaken(901), await client.isTaken(902)]).toEqual([true, false]);
  });

  test("a token that it does not accept is told of without its secret", async () => {
    const { server } = await simulated();
    const client = proxmoxClient({
      endpoint: server.url,
      insecure: true,
      token: TOKEN.replace("homelab", "other"),
    });
    const message = await told(client.guests());
    expect(message).toContain(
      `Proxmox at ${server.url} (homelab:proxmox.endpoint) cannot be asked: it does not accept the token (401`,
    );
    expect(message).not.toContain(SECRET);
  });
});

describe("certificates", () => {
  test("a self-signed one is accepted only where the config says so, and by this client alone", async () => {
    const { server, client } = await simulated();
    expect(await client.version()).toBe("9.1.1");
    const strict = proxmoxClient({ endpoint: server.url, insecure: false, token: TOKEN });
    expect(await told(strict.version())).toContain(
      "its certificate is not trusted (DEPTH_ZERO_SELF_SIGNED_CERT)",
    );
    expect(process.env["NODE_TLS_REJECT_UNAUTHORIZED"]).toBeUndefined();
    const other = new Promise((resolve, reject) => get(server.url, resolve).on("error", reject));
    await expect(other).rejects.toMatchObject({ code: "DEPTH_ZERO_SELF_SIGNED_CERT" });
  });

  test.each(["SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"])(
    "an authority from %s is trusted, as by the provider",
    async (name) => {
      const folder = mkdtempSync(join(tmpdir(), "authority-"));
      closers.push(() => rmSync(folder, { recursive: true }));
      const certificate = selfSigned("household");
      writeFileSync(join(folder, "ca.pem"), certificate.cert);
      const endpoint = await serving(
        (_, response) => response.end('{"data":{"version":"9.0.3"}}'),
        certificate,
      );
      const strict = () => proxmoxClient({ endpoint, insecure: false, token: TOKEN }).version();
      expect(await told(strict())).toContain("not trusted");
      vi.stubEnv(name, join(folder, "ca.pem"));
      expect(await strict()).toBe("9.0.3");
    },
  );
});

describe("what cannot be asked says where and why", () => {
  test("nobody listens", async () => {
    const server = createPlainServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const endpoint = `https://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    await new Promise((resolve) => server.close(resolve));
    const message = await told(proxmoxClient({ endpoint, insecure: true, token: TOKEN }).guests());
    expect(message).toBe(
      `Proxmox at ${endpoint} (homelab:proxmox.endpoint) cannot be asked: nothing listens there (connection refused)`,
    );
  });

  test("no answer in time", async () => {
    const endpoint = await serving(() => undefined);
    const client = proxmoxClient({ endpoint, insecure: true, token: TOKEN, patience: 60 });
    expect(await told(client.guests())).toContain("it does not answer in time");
  });

  test.each<[string, Handler, string]>([
    [
      "another server",
      (_, response) => response.end("<html>"),
      "what answers there is no Proxmox API (/version)",
    ],
    [
      "other JSON",
      (_, response) => response.end('{"data":{"version":8}}'),
      "what answers there is no Proxmox API (/version)",
    ],
    [
      "a refusal",
      (_, response) => response.writeHead(403, "Permission check failed").end(),
      "the token lacks a privilege (403 Permission check failed)",
    ],
    [
      "a proxy's error",
      (_, response) => response.writeHead(596, "Connection timed out").end(),
      "it answers 596 Connection timed out",
    ],
    [
      "a server that quotes the token",
      (request, response) => response.writeHead(500, request.headers.authorization).end(),
      "it answers 500 PVEAPIToken=[token]",
    ],
  ])("%s", async (_, handler, expected) => {
    const endpoint = await serving(handler);
    const message = await told(proxmoxClient({ endpoint, insecure: true, token: TOKEN }).version());
    expect(message).toContain(expected);
    expect(message).not.toContain(SECRET);
  });

  test("a connection that breaks is tried again", async () => {
    let asked = 0;
    const endpoint = await serving((request, response) => {
      if (++asked === 1) request.socket.destroy();
      else response.end('{"data":{"version":"8.4.1"}}');
    });
    expect(await proxmoxClient({ endpoint, insecure: true, token: TOKEN }).version()).toBe("8.4.1");
    expect(asked).toBe(2);
  });
});
