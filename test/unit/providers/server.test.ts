import * as grpc from "@grpc/grpc-js";
import providerService from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import provider from "@pulumi/pulumi/proto/provider_pb.js";
import struct from "google-protobuf/google/protobuf/struct_pb.js";
import { afterEach, describe, expect, it } from "vitest";
import {
  InitFailed,
  UNKNOWN,
  secret,
  serveProvider,
  type ServedProvider,
  type SimulatedProvider,
} from "../../../rehearsal/providers/server/index.ts";

const URN = "urn:pulumi:lab::homelab::a:b:Parent$toy:index/box:Box::box";
const SECRET = {
  "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
  value: "hush",
};
const UNKNOWN_TEXT = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

const open: { served: ServedProvider; client: grpc.Client }[] = [];
afterEach(async () => {
  for (const { served, client } of open.splice(0)) {
    client.close();
    await served.close();
  }
});

type Client = InstanceType<typeof providerService.ResourceProviderClient>;

async function toy(parts: Partial<SimulatedProvider<string>>): Promise<Client> {
  const served = await serveProvider<string>({
    name: "toy",
    version: "1.2.3",
    resources: {},
    functions: {},
    ...parts,
  });
  const client = connect(served);
  return client;
}

function connect(served: ServedProvider): Client {
  const client = new providerService.ResourceProviderClient(
    `127.0.0.1:${served.port}`,
    grpc.credentials.createInsecure(),
    { "grpc.use_local_subchannel_pool": 1, "grpc.enable_http_proxy": 0 },
  );
  open.push({ served, client });
  return client;
}

function toStruct(value: Record<string, unknown>): struct.Struct {
  return struct.Struct.fromJavaScript(value as Record<string, struct.JavaScriptValue>);
}

type Method<Request, Response> = (
  request: Request,
  callback: (error: grpc.ServiceError | null, response: Response) => void,
) => unknown;

function call<Request, Response>(method: Method<Request, Response>, request: Request): Promise<Response> {
  return new Promise((resolve, reject) =>
    method(request, (error, response) => (error ? reject(error) : resolve(response))),
  );
}

function create(client: Client, request: provider.CreateRequest): Promise<provider.CreateResponse> {
  return call<provider.CreateRequest, provider.CreateResponse>((r, done) => client.create(r, done), request);
}

function createRequest(properties: Record<string, unknown>, preview = false): provider.CreateRequest {
  const request = new provider.CreateRequest();
  request.setUrn(URN);
  request.setProperties(toStruct(properties));
  request.setPreview(preview);
  request.setTimeout(7);
  return request;
}

describe("a provider server", () => {
  it("gives handlers plain values and keeps their secrets secret", async () => {
    let seen: unknown;
    const client = await toy({
      resources: {
        "toy:index/box:Box": {
          create: (inputs, context) => {
            seen = { inputs, timeout: context.timeoutSeconds, preview: context.preview };
            return Promise.resolve({ id: "1", outputs: { ...inputs, key: secret("made"), list: [1] } });
          },
        },
      },
      functions: {},
    });
    const created = await create(client, createRequest({ name: "n", nested: { password: SECRET } }));
    expect(seen).toEqual({
      inputs: { name: "n", nested: { password: "hush" } },
      timeout: 7,
      preview: false,
    });
    expect(created.getId()).toBe("1");
    expect(created.getProperties()?.toJavaScript()).toEqual({
      name: "n",
      nested: { password: SECRET },
      key: { ...SECRET, value: "made" },
      list: [1],
    });
  });

  it("leaves unknowns unknown in a preview, and the id empty", async () => {
    const client = await toy({
      resources: {
        "toy:index/box:Box": {
          create: (inputs) => {
            expect(inputs["later"]).toBe(UNKNOWN);
            return Promise.resolve({ id: "never", outputs: { ...inputs, made: UNKNOWN } });
          },
        },
      },
    });
    const created = await create(client, createRequest({ later: UNKNOWN_TEXT }, true));
    expect(created.getId()).toBe("");
    expect(created.getProperties()?.toJavaScript()).toEqual({ later: UNKNOWN_TEXT, made: UNKNOWN_TEXT });
  });

  it("diffs inputs path by path and replaces where it is told to", async () => {
    const client = await toy({
      resources: { "toy:index/box:Box": { replaceOn: ["name"], create: () => Promise.reject(new Error()) } },
    });
    const diff = (olds: Record<string, unknown>, news: Record<string, unknown>) => {
      const request = new provider.DiffRequest();
      request.setUrn(URN);
      request.setOldInputs(toStruct(olds));
      request.setNews(toStruct(news));
      return call<provider.DiffRequest, provider.DiffResponse>((r, done) => client.diff(r, done), request);
    };
    const same = await diff({ a: { b: [1, 2] } }, { a: { b: [1, 2] } });
    expect(same.getChanges()).toBe(provider.DiffResponse.DiffChanges.DIFF_NONE);
    const changed = await diff({ name: "x", a: { b: [1, 2], "c.d": 1 } }, { name: "y", a: { b: [1, 3, 4] } });
    expect(changed.getChanges()).toBe(provider.DiffResponse.DiffChanges.DIFF_SOME);
    expect(changed.getReplacesList()).toEqual(["name"]);
    const paths: string[] = [];
    changed.getDetaileddiffMap().forEach((_, path) => paths.push(path));
    expect(paths.sort()).toEqual(["a.b[1]", "a.b[2]", 'a["c.d"]', "name"]);
    expect(changed.getDetaileddiffMap().get("name")?.getKind()).toBe(
      provider.PropertyDiff.Kind.UPDATE_REPLACE,
    );
    expect(changed.getDetaileddiffMap().get("a.b[2]")?.getKind()).toBe(provider.PropertyDiff.Kind.ADD);
  });

  it("turns an error into its message alone", async () => {
    const client = await toy({
      resources: { "toy:index/box:Box": { create: () => Promise.reject(new Error("the disk is full")) } },
    });
    const failed = create(client, createRequest({}));
    await expect(failed).rejects.toMatchObject({ code: grpc.status.UNKNOWN, details: "the disk is full" });
  });

  it("hands over what exists of a resource that did not come to life", async () => {
    const client = await toy({
      resources: {
        "toy:index/box:Box": {
          create: () => Promise.reject(new InitFailed("7", { state: "half" }, ["pod a", "pod b"])),
        },
      },
    });
    const error = (await create(client, createRequest({})).catch(
      (reason: unknown) => reason,
    )) as grpc.ServiceError;
    expect(error.details).toBe("pod a; pod b");
    const bytes = error.metadata.get("grpc-status-details-bin")[0] as Buffer;
    expect(bytes.includes("pulumirpc.ErrorResourceInitFailed")).toBe(true);
    expect(bytes.includes("half")).toBe(true);
  });

  it("says which token it does not have", async () => {
    const client = await toy({});
    await expect(create(client, createRequest({}))).rejects.toMatchObject({
      details: "the toy provider has no resource toy:index/box:Box",
    });
  });

  it("answers a read of something gone with no id, and one without a handler with what it was given", async () => {
    const client = await toy({
      resources: {
        "toy:index/box:Box": {
          create: () => Promise.reject(new Error()),
          read: () => Promise.resolve(undefined),
        },
        "toy:index/still:Still": { create: () => Promise.reject(new Error()) },
      },
    });
    const read = (urn: string) => {
      const request = new provider.ReadRequest();
      request.setUrn(urn);
      request.setId("9");
      request.setProperties(toStruct({ key: SECRET }));
      return call<provider.ReadRequest, provider.ReadResponse>((r, done) => client.read(r, done), request);
    };
    expect((await read(URN)).getId()).toBe("");
    const still = await read("urn:pulumi:lab::homelab::toy:index/still:Still::s");
    expect(still.getId()).toBe("9");
    expect(still.getProperties()?.toJavaScript()).toEqual({ key: SECRET });
  });
});
