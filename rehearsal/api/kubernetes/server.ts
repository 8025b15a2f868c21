/**
 * The API server of the simulated cluster, as a workstation behind a tunnel reaches it: HTTPS on loopback, at the other end the
 * cluster's own endpoint. When nothing answers there the connection is reset, as a tunnel does that finds its end closed.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { createServer, type AddressInfo, type Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { undisturbed, type Interceptor } from "../../world/kernel/request-faults.ts";
import { UserError } from "../../user-error.ts";
import {
  BadRequest,
  BodyTooLarge,
  Connections,
  leaveUnread,
  PATIENCE,
  type Patience,
  readBody,
  readTarget,
} from "../http.ts";
import { clusterOf, type Cluster, type Hosts } from "../../world/kubernetes/cluster.ts";
import { endpointState } from "../../world/kubernetes/api/endpoint.ts";
import type { World } from "../../world/kernel/world.ts";
import { BrokenConnection, requestKey, requestManner } from "./faults.ts";
import { authenticate, serverIdentity } from "./identity.ts";
import { handle } from "./routes.ts";
import { ApiError, statusOf, tooLarge } from "./status.ts";
import { UPGRADE_PATH } from "./upgrade-path.ts";
import { answerUpgrade } from "./upgrade.ts";

export interface KubernetesServerOptions {
  /** 0 or absent: any free port. */
  port?: number;
  hosts: Hosts;
  intercept?: Interceptor;
  /** How long a client may take to say what it wants. */
  patience?: Patience;
}

export interface KubernetesServer {
  /** `https://127.0.0.1:<port>`. */
  url: string;
  port: number;
  close(): Promise<void>;
}

/** How long an API server waits for an etcd without quorum (etcd: server, request timeout of 7 s). */
const ETCD_PATIENCE = 7;
/** Bytes of a body (k8s.io/apiserver: server/config.go, MaxRequestBodyBytes). */
const MAX_BODY = 3 * 1024 * 1024;

export async function serveKubernetes(
  world: World,
  options: KubernetesServerOptions,
): Promise<KubernetesServer> {
  const open = new Set<Socket>();
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    open.add(socket);
    socket.on("error", () => undefined); // the client went away
    socket.on("close", () => open.delete(socket));
    accept(socket).catch(() => socket.resetAndDestroy());
  });
  const serving: Serving = {
    world,
    hosts: options.hosts,
    intercept: options.intercept ?? undisturbed,
    connections: new Connections(server),
  };
  const https = createHttpsServer(
    {
      ...(options.patience ?? PATIENCE),
      requestCert: true,
      rejectUnauthorized: false,
      minVersion: "TLSv1.2",
    },
    (request, response) => {
      answer(serving, request, response).catch(() => response.destroy());
    },
  );
  https.on("tlsClientError", (_error, socket) => socket.destroy());
  https.emit("listening"); // it gets its connections from `server`; only so does it watch over their times
  let shown: string | undefined;

  const accept = async (socket: Socket) => {
    const cluster = await clusterThatAnswers(serving);
    if (!cluster) return void socket.resetAndDestroy();
    if (shown !== cluster.state.id) {
      const identity = await serverIdentity(cluster);
      if (!identity) return void socket.resetAndDestroy();
      https.setSecureContext(identity);
      shown = cluster.state.id;
    }
    https.emit("connection", socket);
    socket.resume();
  };
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) =>
      reject(
        new UserError(
          `The simulated Kubernetes API cannot listen on 127.0.0.1:${options.port ?? 0}: ${error.message}. ` +
            "Stop the program that has this port: the port is part of what this rehearsal remembers.",
        ),
      ),
    );
    server.listen(options.port ?? 0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `https://127.0.0.1:${port}`,
    port,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of open) socket.destroy();
      https.close();
      await closed;
    },
  };
}

interface Serving {
  world: World;
  hosts: Hosts;
  intercept: Interceptor;
  connections: Connections;
}

/** The cluster whose endpoint answers now, with or without a quorum behind it. */
async function clusterThatAnswers({ world, hosts }: Serving): Promise<Cluster | undefined> {
  await world.settle();
  const found = Object.values(world.state.clusters).find((each) => endpointState(world, each) !== "closed");
  return found && clusterOf(world, found.id, hosts);
}

async function answer(serving: Serving, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { world, intercept, connections } = serving;
  const method = request.method ?? "GET";
  const socket = request.socket as TLSSocket;
  try {
    const { pathname, query } = readTarget(request);
    const cluster = await clusterThatAnswers(serving);
    if (!cluster) return void socket.destroy(); // it went down while the connection was open
    const read = () => readBody(request, MAX_BODY);
    const admit = () => connections.admit(socket);
    if (pathname === UPGRADE_PATH)
      return await answerUpgrade(cluster, { method, admit, read, socket, response, intercept });
    authenticate(socket);
    admit();
    const body = await read();
    const events = world.state.events.length;
    const data = await intercept(requestKey(method, pathname), requestManner(world, method), async () => {
      if (endpointState(world, cluster.state) === "no-quorum" && pathname !== "/version") {
        await world.clock.sleep(ETCD_PATIENCE);
        throw new ApiError(500, "InternalError", "etcdserver: request timed out");
      }
      return handle(cluster, { method, path: pathname, query, body, type: typeOf(request) });
    });
    if (method !== "GET" || world.state.events.length > events) await world.commit();
    send(response, 200, data);
  } catch (error) {
    if (error instanceof BrokenConnection) return void socket.destroy();
    const known = errorOf(error);
    leaveUnread(request, response, MAX_BODY);
    send(response, known.code, statusOf(known));
  }
}

function errorOf(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof BadRequest) return new ApiError(400, "BadRequest", error.message);
  if (error instanceof BodyTooLarge) return tooLarge(MAX_BODY);
  return new ApiError(500, "InternalError", `Internal error occurred: ${String(error)}`);
}

function typeOf(request: IncomingMessage): string {
  return (request.headers["content-type"] ?? "").split(";")[0]!.trim();
}

function send(response: ServerResponse, code: number, data: unknown): void {
  if (response.destroyed) return;
  const text = typeof data === "string";
  response.writeHead(code, {
    "content-type": text ? "text/plain; charset=utf-8" : "application/json",
    "cache-control": "no-cache, private",
  });
  response.end(text ? data : JSON.stringify(data));
}
