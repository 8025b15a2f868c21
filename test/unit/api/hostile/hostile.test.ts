/** Each local server against a stranger on the same machine: it lives on, stays small, and answers the right request afterwards. */
import { spawn, type ChildProcessByStdio } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { request } from "node:https";
import type { Readable, Writable } from "node:stream";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import * as grpc from "@grpc/grpc-js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { flood, halfOpen, hostileRequests, send, type Hostile } from "./requests.ts";
import type { Served } from "./serve.ts";

/** Milliseconds for an answer; to most of these there is none. */
const PATIENCE = 400;
const AT_ONCE = 25;
const MiB = 1024 * 1024;
/** Of the servers' process and its own children together, at the worst moment. */
const MEMORY = 500 * MiB;

let child: ChildProcessByStdio<Writable, Readable, Readable>;
let served: Served;
let complaints = "";

beforeAll(async () => {
  const script = fileURLToPath(new URL("serve.ts", import.meta.url));
  child = spawn(process.execPath, ["--import", "tsx", script], { stdio: ["pipe", "pipe", "pipe"] });
  child.stderr.on("data", (chunk: Buffer) => (complaints += chunk.toString()));
  served = await new Promise<Served>((resolve, reject) => {
    createInterface({ input: child.stdout }).once("line", (line) => resolve(JSON.parse(line) as Served));
    child.once("exit", () => reject(new Error(`it ended: ${complaints}`)));
  });
});

afterAll(() => {
  child.stdin.end();
});

type Name = keyof Served;

interface Answer {
  status: number;
  body: string;
}

function ask(port: number, path: string, options: object): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const url = `https://127.0.0.1:${port}${path}`;
    const sent = request(url, { rejectUnauthorized: false, agent: false, ...options }, (response) => {
      let body = "";
      response.on("data", (chunk) => (body += String(chunk)));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body }));
    });
    sent.on("error", reject).end();
  });
}

const authorization = () => `PVEAPIToken=${served.proxmox.token}`;

/** What the engine would ask, and what it is answered when all is well. */
const RIGHT: Record<Name, () => Promise<unknown>> = {
  proxmox: async () => {
    const headers = { authorization: authorization() };
    expect(await ask(served.proxmox.port, "/api2/json/version", { headers })).toMatchObject({ status: 200 });
  },
  kubernetes: async () => {
    const { port, cert, key } = served.kubernetes;
    const answer = await ask(port, "/api/v1/nodes", { cert, key });
    expect(answer.status).toBe(200);
    expect(answer.body).toContain("worker-1");
  },
  talos: async () => {
    const [ca, key, cert] = [served.talos.ca, served.talos.key, served.talos.cert].map((pem) =>
      Buffer.from(pem),
    );
    const metadata = new grpc.Metadata();
    metadata.set("node", "192.168.1.126");
    const client = new grpc.Client(
      `127.0.0.1:${served.talos.port}`,
      grpc.credentials.createSsl(ca, key, cert),
      DIRECTLY,
    );
    expect((await version(client, "/machine.MachineService/Version", metadata)).toString("latin1")).toContain(
      "v1.12.0",
    );
    client.close();
  },
  provider: async () => {
    const client = new grpc.Client(
      `127.0.0.1:${served.provider.port}`,
      grpc.credentials.createInsecure(),
      DIRECTLY,
    );
    const method = "/pulumirpc.ResourceProvider/GetPluginInfo";
    expect((await version(client, method, new grpc.Metadata())).toString("latin1")).toContain("1.2.3");
    client.close();
  },
};

/** Not by a proxy that the environment names. */
const DIRECTLY = { "grpc.enable_http_proxy": 0 };

function version(client: grpc.Client, method: string, metadata: grpc.Metadata): Promise<Buffer> {
  const same = (bytes: Buffer) => bytes;
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(method, same, same, Buffer.alloc(0), metadata, (error, value) => {
      if (error) reject(error);
      else resolve(value!);
    });
  });
}

/** Peak memory of the process, and what its children have now, in bytes. */
function memory(): number {
  const read = (pid: number | string, field: string) =>
    Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) *
    1024;
  const children = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        return readFileSync(`/proc/${name}/status`, "utf8").includes(`\nPPid:\t${child.pid}\n`);
      } catch {
        return false; // it has ended meanwhile
      }
    });
  return read(child.pid!, "VmHWM") + children.reduce((sum, pid) => sum + read(pid, "VmHWM"), 0);
}

async function sendAll(
  port: number,
  requests: Hostile[],
  identity = {},
): Promise<{ name: string; answer: string }[]> {
  const answers: { name: string; answer: string }[] = [];
  for (let at = 0; at < requests.length; at += AT_ONCE) {
    const some = requests.slice(at, at + AT_ONCE);
    const said = await Promise.all(some.map((each) => send(port, each, PATIENCE, identity)));
    answers.push(...said.map((answer, index) => ({ name: some[index]!.name, answer })));
  }
  return answers;
}

const accepted = (answers: { name: string; answer: string }[]) =>
  answers.filter(({ answer }) => /^HTTP\/\d\.\d 2\d\d/m.test(answer));

const CHUNKED = "Host: x\r\nTransfer-Encoding: chunked\r\n";
/** More than may be kept, even once. */
const BULK = 600 * MiB;

/** Whether the length is told or not. */
async function expectTooLarge(port: number, head: string, identity = {}): Promise<void> {
  const told = flood("told", `${head}Host: x\r\nContent-Length: ${BULK}\r\n\r\n`, 0);
  expect(await send(port, told, 2000, identity)).toMatch(/^HTTP\/1.1 413 /);
  const endless = flood("endless", `${head}${CHUNKED}\r\n`, BULK);
  expect(accepted([{ name: "endless", answer: await send(port, endless, 4000, identity) }])).toEqual([]);
}

describe.each(Object.keys(RIGHT) as Name[])("a stranger at the %s server", (name) => {
  test("is answered nothing by 200 hostile requests, and the right one is", async () => {
    const answers = await sendAll(served[name].port, hostileRequests(200, 1));
    expect(accepted(answers)).toEqual([]);
    expect(answers.length).toBe(200);
    await RIGHT[name]();
    expect(child.exitCode ?? child.signalCode).toBeNull();
    expect(complaints).toBe("");
  });

  test("is not read from when he sends without end", async () => {
    const heads = [
      `POST /api2/json/nodes/pve1/qemu HTTP/1.1\r\n${CHUNKED}\r\n`,
      `PATCH /api/v1/nodes/cp-1 HTTP/1.1\r\n${CHUNKED}\r\n`,
      `POST /rehearsal/upgrade-k8s HTTP/1.1\r\n${CHUNKED}\r\n`,
    ];
    const floods = heads.map((head) => flood("endless", head, BULK));
    expect(
      accepted(
        await Promise.all(
          floods.map(async (each) => ({
            name: each.name,
            answer: await send(served[name].port, each, 4000),
          })),
        ),
      ),
    ).toEqual([]);
    await RIGHT[name]();
    expect(memory()).toBeLessThan(MEMORY);
  });

  test("is in nobody's way with connections that he leaves half open", async () => {
    const open = halfOpen(served[name].port, 300);
    try {
      await RIGHT[name]();
    } finally {
      open.end();
    }
    await RIGHT[name]();
    expect(memory()).toBeLessThan(MEMORY);
  });
});

describe("who has the credentials and sends nonsense", () => {
  test("is refused by Proxmox, which goes on", async () => {
    const extra = `Authorization: ${authorization()}\r\n`;
    const answers = await sendAll(served.proxmox.port, hostileRequests(200, 2, extra));
    // Nothing of it was a question that has an answer, but for those that are right by chance.
    expect(answers.filter(({ answer }) => /^HTTP\/\d\.\d 500 internal error/m.test(answer))).toEqual([]);
    await expectTooLarge(served.proxmox.port, `POST /api2/json/nodes/pve1/qemu HTTP/1.1\r\n${extra}`);
    await RIGHT.proxmox();
    expect(memory()).toBeLessThan(MEMORY);
  });

  test("is refused by Kubernetes, which goes on", async () => {
    const { port, cert, key } = served.kubernetes;
    const answers = await sendAll(port, hostileRequests(200, 3), { cert, key });
    expect(answers.filter(({ answer }) => /^HTTP\/\d\.\d 500/m.test(answer))).toEqual([]);
    await expectTooLarge(port, "PATCH /api/v1/nodes/cp-1 HTTP/1.1\r\n", { cert, key });
    await RIGHT.kubernetes();
    expect(memory()).toBeLessThan(MEMORY);
  });
});
