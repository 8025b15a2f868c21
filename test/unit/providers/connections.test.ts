/** Who is answered by a provider server, and with whose configuration. */
import { execFile } from "node:child_process";
import { connect as connectTcp, createServer, type AddressInfo, type Socket } from "node:net";
import { promisify } from "node:util";
import * as grpc from "@grpc/grpc-js";
import providerService from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import provider from "@pulumi/pulumi/proto/provider_pb.js";
import struct from "google-protobuf/google/protobuf/struct_pb.js";
import { afterEach, describe, expect, test } from "vitest";
import { serveProvider, type ServedProvider } from "../../../rehearsal/providers/server/index.ts";
import { isOurs, ownerIn } from "../../../rehearsal/providers/server/peer.ts";

const NOBODY = 65534;
const URN = "urn:pulumi:lab::homelab::toy:index/box:Box::box";

type Client = InstanceType<typeof providerService.ResourceProviderClient>;

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** A provider that hands out what it was configured with; `asked` counts the calls that reached it. */
async function serve(): Promise<{ served: ServedProvider; asked: string[] }> {
  const asked: string[] = [];
  const told = (kind: string, who: string) => {
    asked.push(kind);
    return { who };
  };
  const served = await serveProvider<string>({
    name: "toy",
    version: "1.2.3",
    configure: (args) => told("configure", args["who"] as string).who,
    resources: {
      "toy:index/box:Box": {
        create: (_, { configured }) => Promise.resolve({ id: "1", outputs: told("create", configured) }),
        read: (id, _state, _inputs, { configured }) =>
          Promise.resolve({ id, outputs: told("read", configured) }),
        update: (_id, _olds, _news, { configured }) => Promise.resolve(told("update", configured)),
        delete: (_id, _olds, { configured }) => Promise.resolve(void told("delete", configured)),
      },
    },
    functions: { "toy:index/who:who": (_, { configured }) => Promise.resolve(told("invoke", configured)) },
  });
  closers.push(() => served.close());
  return { served, asked };
}

function connect({ port }: ServedProvider): Client {
  const client = new providerService.ResourceProviderClient(
    `127.0.0.1:${port}`,
    grpc.credentials.createInsecure(),
    { "grpc.use_local_subchannel_pool": 1, "grpc.enable_http_proxy": 0 },
  );
  closers.push(() => client.close());
  return client;
}

type Done<Response> = (error: grpc.ServiceError | null, response: Response) => void;

function answer<Response>(ask: (done: Done<Response>) => unknown): Promise<Response> {
  return new Promise((resolve, reject) =>
    ask((error, response) => (error ? reject(error) : resolve(response))),
  );
}

function configureRequest(who: string): provider.ConfigureRequest {
  const request = new provider.ConfigureRequest();
  request.setArgs(struct.Struct.fromJavaScript({ who }));
  return request;
}

const configure = (client: Client, who: string) =>
  answer<provider.ConfigureResponse>((done) => client.configure(configureRequest(who), done));

function invokeRequest(): provider.InvokeRequest {
  const request = new provider.InvokeRequest();
  request.setTok("toy:index/who:who");
  return request;
}

const ask = async (client: Client) =>
  (await answer<provider.InvokeResponse>((done) => client.invoke(invokeRequest(), done)))
    .getReturn()
    ?.toJavaScript();

function about<Request extends { setUrn(urn: string): void }>(request: Request): Request {
  request.setUrn(URN);
  return request;
}

describe("a configuration", () => {
  test("belongs to the connection that brought it", async () => {
    const { served } = await serve();
    const [first, second] = [connect(served), connect(served)];
    await configure(first, "first");
    await configure(second, "second");
    expect(await ask(first)).toEqual({ who: "first" });
    expect(await ask(second)).toEqual({ who: "second" });
  });

  test("is lent to no other connection, by no method, also of the same user", async () => {
    const { served, asked } = await serve();
    await configure(connect(served), "kubeconfig");
    const other = connect(served);
    const tries: Promise<unknown>[] = [
      ask(other),
      answer<provider.CreateResponse>((done) => other.create(about(new provider.CreateRequest()), done)),
      answer<provider.ReadResponse>((done) => other.read(about(new provider.ReadRequest()), done)),
      answer<provider.UpdateResponse>((done) => other.update(about(new provider.UpdateRequest()), done)),
      answer<unknown>((done) => other.delete(about(new provider.DeleteRequest()), done)),
    ];
    for (const result of await Promise.allSettled(tries)) {
      expect(result).toMatchObject({
        status: "rejected",
        reason: {
          code: grpc.status.UNAUTHENTICATED,
          details: "the toy provider was not configured over this connection",
        },
      });
    }
    expect(asked).toEqual(["configure"]);
  });

  test("ends with its connection", async () => {
    const { served } = await serve();
    const first = connect(served);
    await configure(first, "first");
    first.close();
    await expect(ask(connect(served))).rejects.toMatchObject({ code: grpc.status.UNAUTHENTICATED });
  });
});

/** What another user can do without a file of ours: gRPC by Node's own HTTP/2. Prints the status of each method. */
const STRANGER = `
const [port, ...calls] = process.argv.slice(1);
const session = require("node:http2").connect("http://127.0.0.1:" + port);
const one = (call) => new Promise((resolve) => {
  const [method, body] = call.split("=");
  const message = Buffer.from(body, "base64url");
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  const stream = session.request({ ":method": "POST", ":path": "/pulumirpc.ResourceProvider/" + method,
    "content-type": "application/grpc", te: "trailers" });
  let data = Buffer.alloc(0), status;
  const note = (headers) => { status = headers["grpc-status"] ?? status; };
  stream.on("response", note).on("trailers", note).on("data", (chunk) => { data = Buffer.concat([data, chunk]); });
  stream.on("close", () => resolve({ method, status, data: data.toString("latin1") }));
  stream.end(Buffer.concat([head, message]));
});
(async () => {
  const answers = [];
  for (const call of calls) answers.push(await one(call));
  console.log(JSON.stringify(answers));
  session.close();
})();`;

const asNobody = process.platform === "linux" && process.getuid?.() === 0;
if (!asNobody) console.log("not root on Linux: calls by another user are not tried");

async function callAs(uid: number | undefined, { port }: ServedProvider) {
  const messages: Record<string, { serializeBinary(): Uint8Array }> = {
    GetPluginInfo: new provider.GetSchemaRequest(),
    CheckConfig: new provider.CheckRequest(),
    Invoke: invokeRequest(),
    Create: about(new provider.CreateRequest()),
    Read: about(new provider.ReadRequest()),
    Delete: about(new provider.DeleteRequest()),
    Configure: configureRequest("stranger"),
    Cancel: new provider.GetSchemaRequest(),
  };
  const calls = Object.entries(messages).map(
    ([method, message]) => `${method}=${Buffer.from(message.serializeBinary()).toString("base64url")}`,
  );
  const { stdout } = await promisify(execFile)(process.execPath, ["-e", STRANGER, String(port), ...calls], {
    cwd: "/",
    env: {},
    ...(uid !== undefined && { uid, gid: uid }),
  });
  return JSON.parse(stdout) as { method: string; status: string; data: string }[];
}

describe("a caller", () => {
  test.runIf(asNobody)("of another user is refused whatever it calls", async () => {
    const { served, asked } = await serve();
    await configure(connect(served), "kubeconfig");
    for (const { method, status, data } of await callAs(NOBODY, served)) {
      expect({ method, status, data }).toEqual({
        method,
        status: String(grpc.status.PERMISSION_DENIED),
        data: "",
      });
    }
    expect(asked).toEqual(["configure"]);
  });

  test("of our own user, in a process of its own, is answered once it has configured", async () => {
    const { served } = await serve();
    const status = Object.fromEntries(
      (await callAs(undefined, served)).map((each) => [each.method, Number(each.status)]),
    );
    expect(status).toMatchObject({ GetPluginInfo: 0, Invoke: 16, Create: 16, Configure: 0, Cancel: 0 });
  });
});

describe.runIf(process.platform === "linux")("the owner of a connection", () => {
  test("is found in the kernel's table", async () => {
    const accepted: Socket[] = [];
    const server = createServer((socket) => accepted.push(socket));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    closers.push(() => server.close());
    const client = connectTcp((server.address() as AddressInfo).port, "127.0.0.1");
    await new Promise((resolve) => client.once("connect", resolve));
    await expect.poll(() => accepted.length).toBe(1);
    expect(isOurs(accepted[0]!)).toBe(true);
    expect(isOurs({ ...ends(accepted[0]!), remotePort: 1 })).toBe(false);
    client.destroy();
    accepted[0]!.destroy();
  });
});

const ends = ({ localAddress, localPort, remoteAddress, remotePort }: Socket) => ({
  localAddress,
  localPort,
  remoteAddress,
  remotePort,
});

describe("a table of the kernel", () => {
  const HEAD =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode";
  const row = (local: string, remote: string, state: string, uid: number, inode: number) =>
    `${HEAD}\n   0: ${local} ${remote} ${state} 00000000:00000000 00:00000000 00000000  ${uid}        0 ${inode} 1 0000000000000000 20 4 24 10 -1`;
  const CALL = {
    localAddress: "127.0.0.1",
    localPort: 0x1f90,
    remoteAddress: "127.0.0.1",
    remotePort: 0xc350,
  };

  test.each([
    ["an open connection", row("0100007F:C350", "0100007F:1F90", "01", 1000, 77), 1000],
    [
      "one over IPv6's form of an IPv4 address",
      row("0000000000000000FFFF00000100007F:C350", "0000000000000000FFFF00000100007F:1F90", "01", 1000, 77),
      1000,
    ],
    ["our own end of it", row("0100007F:1F90", "0100007F:C350", "01", 1000, 77), undefined],
    ["a closed one, listed as root's", row("0100007F:C350", "0100007F:1F90", "06", 0, 0), undefined],
    ["one whose process is gone", row("0100007F:C350", "0100007F:1F90", "01", 0, 0), undefined],
    ["another port", row("0100007F:C351", "0100007F:1F90", "01", 1000, 77), undefined],
    ["another address", row("0200007F:C350", "0100007F:1F90", "01", 1000, 77), undefined],
    ["nothing", "", undefined],
  ])("says of %s whose it is", (_, table, owner) => {
    expect(ownerIn(table, CALL)).toBe(owner);
  });
});
