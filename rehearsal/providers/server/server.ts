/** The provider protocol's methods over a `SimulatedProvider`: decode, call the handler, encode. No rule of the world here. */
import * as grpc from "@grpc/grpc-js";
import provider from "@pulumi/pulumi/proto/provider_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import type { Connections } from "./connections.ts";
import { diffInputs } from "./diff.ts";
import { ServiceFailure, toServiceError } from "./failure.ts";
import { toCheckResponse, toDiffResponse } from "./response.ts";
import { introduction } from "./introduction.ts";
import type { Around, CallContext, ResourceContext, ResourceHandler, SimulatedProvider } from "./provider.ts";
import { protectLike } from "./values.ts";
import { unary, type Unary } from "./unary.ts";
import { fromStruct, oldsOf, plain, toStruct, tokenOf } from "./wire.ts";

export class ProviderServer<Configured> {
  readonly #provider: SimulatedProvider<Configured>;
  readonly #connections: Connections<Configured>;
  readonly #running = new Set<AbortController>();

  constructor(
    simulated: SimulatedProvider<Configured>,
    connections: Connections<Configured>,
    readonly around: Around = (_operation, work) => work(),
  ) {
    this.#provider = simulated;
    this.#connections = connections;
  }

  cancelAll(): void {
    for (const controller of this.#running) controller.abort(new Error("cancelled"));
  }

  implementation(): grpc.UntypedServiceImplementation {
    return {
      ...introduction(this.#provider),
      cancel: unary(() => Promise.resolve(this.cancelAll()).then(() => new empty.Empty())),
      checkConfig: unary(this.#checkConfig),
      diffConfig: unary(this.#diffConfig),
      configure: unary(this.#configure),
      check: unary(this.#check),
      diff: unary(this.#diff),
      create: unary(this.#create),
      read: unary(this.#read),
      update: unary(this.#update),
      delete: unary(this.#delete),
      invoke: unary(this.#invoke),
    };
  }

  readonly #checkConfig: Unary<provider.CheckRequest, provider.CheckResponse> = (call) => {
    const news = fromStruct(call.request.getNews());
    return Promise.resolve(
      toCheckResponse(this.#provider.checkConfig?.(plain(news)) ?? { inputs: plain(news) }, news),
    );
  };

  readonly #diffConfig: Unary<provider.DiffRequest, provider.DiffResponse> = (call) => {
    const olds = plain(fromStruct(call.request.getOldInputs() ?? call.request.getOlds()));
    const news = plain(fromStruct(call.request.getNews()));
    return Promise.resolve(toDiffResponse(this.#provider.diffConfig?.(olds, news) ?? diffInputs(olds, news)));
  };

  readonly #configure: Unary<provider.ConfigureRequest, provider.ConfigureResponse> = async (call) => {
    const args = plain(fromStruct(call.request.getArgs()));
    if (this.#provider.configure) {
      const connection = this.#connections.of(call.getPeer());
      const value = await this.#provider.configure(args);
      if (connection) connection.configured = { value };
    }
    const response = new provider.ConfigureResponse();
    response.setAcceptsecrets(true);
    response.setSupportspreview(true);
    return response;
  };

  readonly #check: Unary<provider.CheckRequest, provider.CheckResponse> = async (call) => {
    const handler = this.#handler(call.request.getUrn());
    const news = fromStruct(call.request.getNews());
    const olds = plain(fromStruct(call.request.getOlds()));
    const context = { urn: call.request.getUrn(), configured: this.#configuredFor(call) };
    const result = await handler.check?.(plain(news), olds, context);
    return toCheckResponse(result ?? { inputs: plain(news) }, news);
  };

  readonly #diff: Unary<provider.DiffRequest, provider.DiffResponse> = async (call) => {
    const request = call.request;
    const handler = this.#handler(request.getUrn());
    const olds = oldsOf(request);
    const news = plain(fromStruct(request.getNews()));
    const configured = this.#configuredFor(call);
    const custom = await handler.diff?.(olds, news, {
      id: request.getId(),
      urn: request.getUrn(),
      configured,
    });
    return toDiffResponse(custom ?? diffInputs(olds.inputs, news, handler.replaceOn));
  };

  readonly #create: Unary<provider.CreateRequest, provider.CreateResponse> = async (call) => {
    const request = call.request;
    const inputs = fromStruct(request.getProperties());
    const created = await this.#run("create", call, inputs, request.getPreview(), (context) =>
      this.#handler(request.getUrn()).create(plain(inputs), context),
    );
    const response = new provider.CreateResponse();
    // An empty id in a preview stays unknown to whoever uses it.
    response.setId(request.getPreview() ? "" : created.id);
    response.setProperties(toStruct(protectLike(created.outputs, inputs)));
    return response;
  };

  readonly #read: Unary<provider.ReadRequest, provider.ReadResponse> = async (call) => {
    const request = call.request;
    const handler = this.#handler(request.getUrn());
    const state = fromStruct(request.getProperties());
    const inputs = fromStruct(request.getInputs());
    const response = new provider.ReadResponse();
    if (!handler.read) {
      response.setId(request.getId());
      response.setProperties(toStruct(state));
      response.setInputs(toStruct(inputs));
      return response;
    }
    const found = await this.#run("read", call, state, false, (context) =>
      handler.read!(request.getId(), plain(state), plain(inputs), context),
    );
    if (!found) return response; // no id: it is gone
    response.setId(found.id);
    response.setProperties(toStruct(protectLike(found.outputs, state)));
    response.setInputs(toStruct(protectLike(found.inputs ?? plain(inputs), inputs)));
    return response;
  };

  readonly #update: Unary<provider.UpdateRequest, provider.UpdateResponse> = async (call) => {
    const request = call.request;
    const handler = this.#handler(request.getUrn());
    if (!handler.update) throw new Error(`${tokenOf(request.getUrn())} cannot be updated in place`);
    const olds = oldsOf(request);
    const news = fromStruct(request.getNews());
    const outputs = await this.#run("update", call, news, request.getPreview(), (context) =>
      handler.update!(request.getId(), olds, plain(news), context),
    );
    const response = new provider.UpdateResponse();
    response.setProperties(toStruct(protectLike(outputs, news)));
    return response;
  };

  readonly #delete: Unary<provider.DeleteRequest, empty.Empty> = async (call) => {
    const request = call.request;
    const state = fromStruct(request.getProperties());
    const olds = { inputs: plain(fromStruct(request.getOldInputs())), state: plain(state) };
    await this.#run(
      "delete",
      call,
      state,
      false,
      async (context) => await this.#handler(request.getUrn()).delete?.(request.getId(), olds, context),
    );
    return new empty.Empty();
  };

  readonly #invoke: Unary<provider.InvokeRequest, provider.InvokeResponse> = async (call) => {
    const token = call.request.getTok();
    const handler = this.#provider.functions[token];
    if (!handler) throw new Error(`the ${this.#provider.name} provider has no function ${token}`);
    const args = plain(fromStruct(call.request.getArgs()));
    const context = { ...this.#context(call), preview: call.request.getPreview() };
    try {
      const response = new provider.InvokeResponse();
      const work = () => handler(args, context);
      const { preview, signal } = context;
      const operation = { verb: "invoke" as const, subject: token, args, signal };
      response.setReturn(toStruct(await (preview ? work() : this.around(operation, work))));
      return response;
    } finally {
      this.#running.delete(context.controller);
    }
  };

  #handler(urn: string): ResourceHandler<Configured> {
    const token = tokenOf(urn);
    const handler = this.#provider.resources[token];
    if (!handler) throw new Error(`the ${this.#provider.name} provider has no resource ${token}`);
    return handler;
  }

  /** Calls a handler with its context; what a half-made resource tells keeps the secrets of `like` secret. */
  async #run<Result>(
    verb: "create" | "read" | "update" | "delete",
    call: grpc.ServerUnaryCall<{ getUrn(): string; getTimeout?(): number }, unknown>,
    like: unknown,
    preview: boolean,
    work: (context: ResourceContext<Configured>) => Promise<Result>,
  ): Promise<Result> {
    const timeout = call.request.getTimeout?.();
    const context = { ...this.#context(call), urn: call.request.getUrn(), preview };
    const act = () => work({ ...context, ...(timeout ? { timeoutSeconds: timeout } : {}) });
    try {
      if (preview) return await act();
      return await this.around({ verb, subject: context.urn, signal: context.signal }, act);
    } catch (error) {
      throw toServiceError(error, like);
    } finally {
      this.#running.delete(context.controller);
    }
  }

  #context(
    call: grpc.ServerUnaryCall<unknown, unknown>,
  ): CallContext<Configured> & { controller: AbortController } {
    const configured = this.#connections.of(call.getPeer())?.configured;
    if (this.#provider.configure && !configured) {
      throw new ServiceFailure(
        grpc.status.UNAUTHENTICATED,
        `the ${this.#provider.name} provider was not configured over this connection`,
      );
    }
    const controller = new AbortController();
    this.#running.add(controller);
    call.on("cancelled", () => controller.abort(new Error("cancelled")));
    return { configured: configured?.value as Configured, signal: controller.signal, controller };
  }

  /** Undefined in a preview in which the provider's configuration is not known yet. */
  #configuredFor(call: { getPeer(): string }): Configured {
    return this.#connections.of(call.getPeer())?.configured?.value as Configured;
  }
}
