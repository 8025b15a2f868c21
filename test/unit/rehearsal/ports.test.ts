/** Ports that are remembered: none that the system gives away. */
import { createServer, type AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { freePort } from "../../../rehearsal/ports.ts";

const servers: ReturnType<typeof createServer>[] = [];
afterEach(() => Promise.all(servers.splice(0).map((server) => new Promise((done) => server.close(done)))));

async function listen(port: number): Promise<number> {
  const server = createServer();
  servers.push(server);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return (server.address() as AddressInfo).port;
}

test("a hundred of a process are all different and below every system's own, and then the system chooses", async () => {
  const ports = new Set<number>();
  for (let number = 0; number < 300; number++) {
    const port = await freePort();
    if (port === 0) break;
    ports.add(await listen(port));
  }
  expect(ports.size).toBeGreaterThan(50);
  expect(ports.size).toBeLessThanOrEqual(100);
  for (const port of ports) {
    expect(port).toBeGreaterThanOrEqual(10_000);
    expect(port).toBeLessThan(30_000);
  }
  expect(await freePort()).toBe(0);
});
