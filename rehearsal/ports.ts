/** Ports for servers that listen on the same one again, command after command. */
import { randomInt } from "node:crypto";
import { createServer } from "node:net";

const FIRST = 10_000;
/** Each process looks in a block of its own, so that those side by side rarely choose what another remembers. */
const BLOCKS = 200;
const PORTS = 100;

/**
 * A port on 127.0.0.1 that nobody has, and that the system gives to nobody by itself: on Linux those begin at 32768
 * (net.ipv4.ip_local_port_range), elsewhere at 49152. One of them may be a connection's of anybody when the next command wants it
 * again, and clients of who had it before go on calling it. 0, the system's choice, where all of the block are taken.
 */
export async function freePort(): Promise<number> {
  const block = FIRST + (process.pid % BLOCKS) * PORTS;
  const start = randomInt(PORTS);
  for (let tried = 0; tried < PORTS; tried++) {
    const port = block + ((start + tried) % PORTS);
    if (await isFree(port)) return port;
  }
  return 0;
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
