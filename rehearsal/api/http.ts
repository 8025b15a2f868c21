/**
 * What our HTTP servers owe to whoever opens a connection, the engine or a stranger on the same machine: nothing is read or judged
 * for nobody's sake, nothing grows without bound, and a half-open connection is in nobody's way.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Server as HttpsServer } from "node:https";
import type { Server, Socket } from "node:net";

/** A request that is refused for its form, before it means anything. */
export class BadRequest extends Error {}

/** A body of more bytes than the server takes. */
export class BodyTooLarge extends Error {}

/** How long a client may take to say what it wants, in milliseconds. What an answer takes is not limited here. */
export interface Patience {
  handshakeTimeout: number;
  headersTimeout: number;
  /** Of the whole request. */
  requestTimeout: number;
  connectionsCheckingInterval: number;
  keepAliveTimeout: number;
}

export const PATIENCE: Patience = {
  handshakeTimeout: 20_000,
  headersTimeout: 20_000,
  requestTimeout: 40_000,
  connectionsCheckingInterval: 5_000,
  // The engine's provider comes back on the connection that it has.
  keepAliveTimeout: 60_000,
};

/** Connections that have not shown any credentials yet; far more than the clients of a rehearsal open at once. */
const STRANGERS = 128;

/** The connections of a server. When strangers crowd in, the one that has waited longest goes, not the one that comes. */
export class Connections {
  readonly #strangers = new Map<string, Socket>();

  constructor(server: Server | HttpsServer) {
    server.on("connection", (socket: Socket) => {
      const key = keyOf(socket);
      this.#strangers.set(key, socket);
      socket.once("close", () => {
        if (this.#strangers.get(key) === socket) this.#strangers.delete(key);
      });
      const [oldest] = this.#strangers.values();
      if (this.#strangers.size > STRANGERS) oldest?.destroy();
    });
  }

  /** It has shown its credentials. */
  admit(socket: Socket): void {
    this.#strangers.delete(keyOf(socket));
  }
}

/** A TLS socket and the plain one below it have this in common. */
function keyOf({ remoteAddress = "", remotePort = 0 }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}

export interface Target {
  /** As it was sent, without the query. */
  pathname: string;
  query: URLSearchParams;
}

/** @throws BadRequest for anything but a path: a proxy's or a tunnel's form, or `*`. */
export function readTarget({ url = "" }: IncomingMessage): Target {
  if (!url.startsWith("/")) throw new BadRequest("the request's target is not a path");
  const { pathname, searchParams } = new URL(`http://127.0.0.1${url}`);
  return { pathname, query: searchParams };
}

/** The parts of a path between its slashes, decoded. @throws BadRequest when they cannot be. */
export function pathParts(pathname: string): string[] {
  try {
    return pathname.split("/").filter(Boolean).map(decodeURIComponent);
  } catch {
    throw new BadRequest("the path is not percent-encoded UTF-8");
  }
}

/** @param limit In bytes. @throws BodyTooLarge, as soon as that is known. */
export function readBody(request: IncomingMessage, limit: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const tooLarge = () => reject(new BodyTooLarge(`more than ${limit} bytes`));
    if (Number(request.headers["content-length"] ?? 0) > limit) return tooLarge();
    const chunks: Buffer[] = [];
    let size = 0;
    request.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size > limit) {
        request.pause();
        tooLarge();
      } else chunks.push(chunk);
    });
    request.once("end", () => resolve(Buffer.concat(chunks).toString("utf8")));
    request.once("error", reject);
    request.once("close", () => reject(new BadRequest("the client went away")));
  });
}

/** To be called before an answer: a body that nobody has read is not read afterwards either, unless it is small. */
export function leaveUnread(request: IncomingMessage, response: ServerResponse, limit: number): void {
  const unknown = request.headers["transfer-encoding"] !== undefined;
  const declared = Number(request.headers["content-length"] ?? 0);
  if (!request.complete && (unknown || declared > limit)) response.shouldKeepAlive = false;
}

/** Takes the same time however much of a guess is right. */
export function sameSecret(one: string, other: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}
