/** What a stranger on the same machine may send to a port: seeded, so that a failure can be looked at again. */
import { connect as connectPlain, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { chance } from "../../../../rehearsal/world/kernel/random.ts";

export interface Hostile {
  name: string;
  /** Without TLS it is garbage to a server that wants TLS. */
  tls: boolean;
  bytes: Buffer;
  /** Sent on and on after `bytes`, as fast as it is taken, up to so many bytes. */
  flood?: number;
}

const METHODS = [
  ...["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "CONNECT", "PRI", "get", "G\0T"],
  "",
  "X".repeat(9000),
];

/** On each server's own paths, and on none. */
const TARGETS = [
  ...[
    "//",
    "*",
    "",
    "/",
    "///////",
    "/\\",
    "/..",
    "/%2e%2e/%2e%2e/etc/passwd",
    "/%",
    "/%zz",
    "/%ff%fe",
    "/%00",
  ],
  ...["/api2/json//", "/api2/json/nodes/%", "/api2/json/nodes/__proto__/qemu", "/api2/json/version?%zz=%ff"],
  ...["/api2/json/cluster/resources?type=vm", "/api2/json/nodes/pve1/qemu/%00/config", "/api2/json/version"],
  ...["/api/v1/nodes", "/api/v1/nodes/%zz", "/apis/longhorn.io/v1beta2/namespaces/%ff/volumes", "/version"],
  ...[
    "/rehearsal/upgrade-k8s",
    "/readyz",
    "/machine.MachineService/Version",
    "/pulumirpc.ResourceProvider/Create",
  ],
  ...[
    "http://127.0.0.1/",
    "http://[::1",
    "https://user:word@evil.example//",
    "127.0.0.1:443",
    "/a b",
    "/\r\nX: y",
  ],
  `/${"a".repeat(20_000)}`,
  `/${"../".repeat(2000)}`,
  "/\x80\xfe\xff",
];

const VERSIONS = ["HTTP/1.1", "HTTP/1.0", "HTTP/0.9", "HTTP/2.0", "HTTP/9.9", "HTTQ/1.1", ""];

const HEADERS = [
  ...[
    "",
    "Host: x\r\n",
    "Host: \0\r\n",
    "Host x\r\n",
    "Host: a\r\nHost: b\r\n",
    ": empty\r\n",
    "\x00\x01: \xff\r\n",
  ],
  ...[
    "Connection: Upgrade\r\nUpgrade: websocket\r\nHost: x\r\n",
    "Upgrade: h2c\r\nHost: x\r\n",
    "Expect: 100-continue\r\n",
  ],
  ...[
    "Authorization: PVEAPIToken=\r\n",
    "Authorization: PVEAPIToken=root@pam!x=%00\r\n",
    "Authorization: Bearer x\r\n",
  ],
  ...[
    "Authorization: PVEAPIToken=rehearsal@pve!homelab=guess\r\n",
    "Cookie: PVEAuthCookie=PVE:root@pam:0::\r\n",
  ],
  ...["Content-Length: -1\r\n", "Content-Length: 1e9\r\n", "Content-Length: 99999999999999999999\r\n"],
  ...["Content-Length: 5\r\nContent-Length: 6\r\n", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"],
  ...[
    "Transfer-Encoding: gzip, chunked\r\n",
    "Transfer-Encoding: \r\n",
    "Impersonate-User: system:admin\r\n",
  ],
  `X-Long: ${"y".repeat(100_000)}\r\n`,
  "X-Many: z\r\n".repeat(3000),
];

const BODIES = [
  ...[
    "",
    "vmid=100&name=%zz",
    '{"__proto__":{"x":1}}',
    "\0\0\0\0",
    "\xff\xfe\xfd",
    "zz\r\nnot a chunk\r\n0\r\n\r\n",
  ],
  ...[
    "5\r\nhello\r\n0\r\n\r\n",
    "ffffffffffffffff\r\n",
    "GET /version HTTP/1.1\r\nHost: x\r\n\r\n".repeat(50),
  ],
  "[".repeat(50_000),
];

const RAW: [string, Buffer][] = [
  ["nothing but line ends", Buffer.from("\r\n".repeat(5000))],
  ["HTTP/0.9", Buffer.from("GET /version\r\n")],
  [
    "the preface of HTTP/2 and garbage",
    Buffer.from(`PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${"\xff".repeat(500)}`, "latin1"),
  ],
  ["a TLS hello cut short", Buffer.from("160301020001000100", "hex")],
  [
    "a TLS record of the greatest length",
    Buffer.concat([Buffer.from("160303ffff", "hex"), Buffer.alloc(70_000)]),
  ],
  ["a TLS alert", Buffer.from("15030300020228", "hex")],
  ["SSH's greeting", Buffer.from("SSH-2.0-OpenSSH_9.9\r\n")],
];

/** `extra` are further header lines of every request, such as credentials. */
export function hostileRequests(count: number, seed: number, extra = ""): Hostile[] {
  let drawn = 0;
  const draw = () => chance(seed, drawn++);
  const pick = <Item>(items: Item[]) => items[Math.floor(draw() * items.length)]!;
  const made: Hostile[] = RAW.flatMap(([name, bytes]) => [true, false].map((tls) => ({ name, tls, bytes })));
  for (let at = 0; made.length < count; at++) {
    // Each kind comes once at least; what it comes with is drawn.
    const [method, target] = [METHODS[at] ?? pick(METHODS), TARGETS[at] ?? pick(TARGETS)];
    const [version, body] = [pick(VERSIONS), BODIES[at] ?? pick(BODIES)];
    const lines = `${HEADERS[at] ?? pick(HEADERS)}${extra}`;
    const bytes = Buffer.from(`${method} ${target} ${version}\r\n${lines}\r\n${body}`, "latin1");
    const name = `${at}: ${method} ${target} ${version} | ${lines} | ${body}`.slice(0, 120);
    made.push({ name, tls: draw() < 0.85, bytes });
  }
  return made;
}

export function flood(name: string, head: string, bytes: number): Hostile {
  return { name, tls: true, bytes: Buffer.from(head, "latin1"), flood: bytes };
}

/** Sends it and reads until the server has hung up or `patience` milliseconds have passed. @returns What was answered. */
export function send(
  port: number,
  hostile: Hostile,
  patience: number,
  identity: object = {},
): Promise<string> {
  return new Promise((resolve) => {
    const host = "127.0.0.1";
    const socket: Socket = hostile.tls
      ? connectTls({ host, port, rejectUnauthorized: false, ALPNProtocols: ["http/1.1", "h2"], ...identity })
      : connectPlain({ host, port });
    let answer = "";
    let left = hostile.flood ?? 0;
    const chunk = Buffer.alloc(1024 * 1024, "a");
    const end = () => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    const timer = setTimeout(end, patience);
    const pour = () => {
      while (left > 0 && !socket.destroyed && answer === "") {
        left -= chunk.length;
        const head = Buffer.from(`${chunk.length.toString(16)}\r\n`);
        if (!socket.write(Buffer.concat([head, chunk, Buffer.from("\r\n")])))
          return void socket.once("drain", pour);
      }
    };
    socket.once(hostile.tls ? "secureConnect" : "connect", () => {
      socket.write(hostile.bytes);
      pour();
    });
    socket.on("data", (data) => (answer += data.toString("latin1")));
    socket.on("error", end);
    socket.on("close", end);
  });
}

/** Connections that are opened and say nothing, or only begin; to be ended by `end`. */
export function halfOpen(port: number, count: number): { end(): void } {
  const sockets = Array.from({ length: count }, (_, at) => {
    const socket = connectPlain({ host: "127.0.0.1", port });
    socket.on("error", () => undefined);
    if (at % 3 === 1) socket.write(Buffer.from("1603010200010001fc0303", "hex"));
    if (at % 3 === 2) socket.write("GET /version HTTP/1.1\r\nX: ");
    return socket;
  });
  return { end: () => sockets.forEach((socket) => socket.destroy()) };
}
