/**
 * The engine's connections. It opens one for each provider resource and keeps it to the end (pulumi,
 * pkg/resource/plugin/provider_plugin.go and plugin.go: dialPlugin), so that what was configured belongs to the connection that
 * configured it, and whose it is needs to be asked once.
 */
import type { Socket } from "node:net";
import * as grpc from "@grpc/grpc-js";
import { isOurs } from "./peer.ts";

export interface Connection<Configured> {
  ours: boolean;
  /** What `Configure` made; undefined before it was called. */
  configured?: { value: Configured };
}

export class Connections<Configured> {
  /** By the peer's address, which is unique as long as the connection is open. */
  readonly #open = new Map<string, { socket: Socket; connection: Connection<Configured> }>();

  /** Judges a new connection, before anything is read from it. */
  add(socket: Socket): void {
    const peer = `${socket.remoteAddress}:${socket.remotePort}`;
    const entry = { socket, connection: { ours: isOurs(socket) } };
    this.#open.set(peer, entry);
    socket.once("close", () => {
      if (this.#open.get(peer) === entry) this.#open.delete(peer);
    });
  }

  /** @param peer As gRPC names it. */
  of(peer: string): Connection<Configured> | undefined {
    return this.#open.get(peer)?.connection;
  }

  closeAll(): void {
    for (const { socket } of this.#open.values()) socket.destroy();
  }

  /** Refuses every method to strangers, before its message is read. */
  readonly guard: grpc.ServerInterceptor = (_method, call) =>
    new grpc.ServerInterceptingCall(call, {
      start: (next) =>
        next({
          onReceiveMetadata: (metadata, proceed) => {
            if (this.of(call.getPeer())?.ours) proceed(metadata);
            else call.sendStatus({ code: grpc.status.PERMISSION_DENIED, details: STRANGER });
          },
        }),
    });
}

const STRANGER = "this provider answers only the engine of the user who runs the rehearsal";
