/** Who opens a connection and does not say what he wants does not keep it. */
import { connect as connectPlain, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Patience } from "../../../rehearsal/api/http.ts";
import { serveKubernetes } from "../../../rehearsal/api/kubernetes/server.ts";
import { grant } from "../../../rehearsal/api/proxmox/access/grants.ts";
import { serveProxmox } from "../../../rehearsal/api/proxmox/server.ts";
import { hostOf } from "../../../rehearsal/world/talos/host.ts";
import { fixture, PLACES } from "../../support/world/proxmox.ts";
import { bringUp, serveLab } from "../../support/world/served-lab.ts";
import { TOKEN } from "./proxmox/client.ts";

const patience: Patience = {
  handshakeTimeout: 200,
  headersTimeout: 200,
  requestTimeout: 400,
  connectionsCheckingInterval: 50,
  keepAliveTimeout: 60_000,
};

const ports: Record<string, number> = {};
const closers: (() => Promise<void>)[] = [];

beforeAll(async () => {
  const proxmox = await serveProxmox(fixture().world, {
    token: TOKEN,
    access: grant(TOKEN, PLACES),
    patience,
  });
  const served = await serveLab();
  await bringUp(served);
  const { world } = served.lab;
  const kubernetes = await serveKubernetes(world, { hosts: (vmId) => hostOf(world, vmId), patience });
  ports["Proxmox"] = proxmox.port;
  ports["Kubernetes"] = kubernetes.port;
  for (const each of [proxmox, kubernetes, served.server]) closers.push(() => each.close());
});

afterAll(async () => {
  for (const close of closers) await close();
});

const begins: [string, (port: number) => Socket][] = [
  ["says nothing", (port) => connectPlain({ host: "127.0.0.1", port })],
  [
    "stops in the handshake",
    (port) => {
      const socket = connectPlain({ host: "127.0.0.1", port });
      socket.write(Buffer.from("1603010200010001fc0303", "hex"));
      return socket;
    },
  ],
  ["stops in the headers", (port) => after(port, "GET /version HTTP/1.1\r\nHost: ")],
  [
    "stops in the body",
    (port) =>
      after(
        port,
        `POST /api2/json/nodes/pve1/qemu HTTP/1.1\r\nHost: x\r\nAuthorization: PVEAPIToken=${TOKEN}\r\nContent-Length: 9\r\n\r\nvm`,
      ),
  ],
];

function after(port: number, text: string): Socket {
  const socket = connectTls({ host: "127.0.0.1", port, rejectUnauthorized: false });
  socket.once("secureConnect", () => socket.write(text));
  return socket;
}

describe.each(["Proxmox", "Kubernetes"])("%s hangs up on a client that", (name) => {
  test.each(begins)("%s", async (_, begin) => {
    const socket = begin(ports[name]!);
    socket.on("error", () => undefined);
    socket.resume();
    const closed = await Promise.race([
      new Promise<string>((resolve) => socket.once("close", () => resolve("closed"))),
      new Promise<string>((resolve) => setTimeout(() => resolve("kept"), 3000)),
    ]);
    socket.destroy();
    expect(closed).toBe("closed");
  });
});
