/** The simulated Proxmox's HTTPS server, on loopback: tokens, forms and error bodies as the real one has them. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { AGENT_SILENT } from "../../world/proxmox/qemu/agent.ts";
import { ProxmoxError, refuseParameter, sentence } from "../../world/proxmox/errors.ts";
import type { Parameters } from "../../world/proxmox/parameters.ts";
import type { TaskTime } from "../../world/proxmox/task.ts";
import { clearInterrupted } from "../../world/proxmox/qemu/vms.ts";
import { UserError } from "../../user-error.ts";
import type { World } from "../../world/kernel/world.ts";
import { undisturbed, type Interceptor } from "../../world/kernel/request-faults.ts";
import {
  BadRequest,
  BodyTooLarge,
  Connections,
  leaveUnread,
  PATIENCE,
  type Patience,
  readBody,
  readTarget,
  sameSecret,
} from "../http.ts";
import { selfSigned } from "./certificate.ts";
import { BrokenConnection, requestKey, requestManner, taskKey, taskManner } from "./faults.ts";
import { BY_VALUE } from "./access/by-value.ts";
import { Caller } from "./access/permission.ts";
import type { Access } from "./access/rights.ts";
import { findRoute, type Found } from "./routes.ts";
import { METHODS } from "./schema/methods.ts";
import { verifyParameters } from "./schema/verify.ts";
import { TaskList } from "./tasks.ts";

export interface ProxmoxServerOptions {
  /** 0 or absent: any free port. */
  port?: number;
  /** `user@realm!name=secret`, as clients present it. */
  token: string;
  /** What the token may do. */
  access: Access;
  intercept?: Interceptor;
  /** How long a client may take to say what it wants. */
  patience?: Patience;
}

export interface ProxmoxServer {
  /** `https://127.0.0.1:<port>/`. */
  url: string;
  port: number;
  /** What its tasks took so far. */
  taskTimes: readonly TaskTime[];
  /** Ends the server; work that had begun is finished first. */
  close(): Promise<void>;
}

const ROOT = "/api2/json";
/** Bytes of a body [pve-http-server: AnyEvent.pm, limit_max_post]. */
const MAX_BODY = 512 * 1024;

export async function serveProxmox(world: World, options: ProxmoxServerOptions): Promise<ProxmoxServer> {
  const user = options.token.split("=")[0]!;
  const intercept = options.intercept ?? undisturbed;
  clearInterrupted(world);
  const tasks = new TaskList(
    user,
    () => world.clock.now(),
    (task, reason) => noteRefusal(world, `${task.type} ${task.subject} on ${task.host}`, reason),
    (task, work) => intercept(taskKey(task), taskManner(world), work),
  );
  const server = createServer({
    ...(options.patience ?? PATIENCE),
    ...selfSigned("rehearsal"),
    minVersion: "TLSv1.3",
  });
  const connections = new Connections(server);
  const caller = new Caller(options.access, user);
  const serving: Serving = { world, tasks, token: options.token, caller, intercept, connections };
  server.on("request", (request, response) => {
    answer(serving, request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      reject(
        error.code === "EADDRINUSE"
          ? new UserError(
              `Port ${options.port} on 127.0.0.1 is taken, and the simulated Proxmox wants to listen there. Stop the program ` +
                "that has it, or choose another with --port (the Proxmox provider's endpoint changes with it).",
            )
          : new UserError(
              `The simulated Proxmox cannot listen on 127.0.0.1:${options.port ?? 0}: ${error.message}`,
            ),
      );
    });
    server.listen(options.port ?? 0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `https://127.0.0.1:${port}/`,
    port,
    taskTimes: tasks.times,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      await tasks.idle();
      server.closeAllConnections();
      await closed;
    },
  };
}

interface Serving {
  world: World;
  tasks: TaskList;
  token: string;
  caller: Caller;
  intercept: Interceptor;
  connections: Connections;
}

async function answer(
  { world, tasks, token, caller, intercept, connections }: Serving,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const method = request.method ?? "GET";
  const { url = "" } = request;
  try {
    if (!isAuthentic(token, request.headers.authorization)) {
      leaveUnread(request, response, MAX_BODY);
      return sendError(response, whoIsThis(token, request.headers.authorization));
    }
    connections.admit(request.socket);
    const { pathname, query } = readTarget(request);
    const body = await readBody(request, MAX_BODY);
    const path = pathname.startsWith(`${ROOT}/`) ? pathname.slice(ROOT.length) : undefined;
    const route = path && findRoute(method, path);
    if (!route) throw new ProxmoxError(501, `Method '${method} ${pathname}' not implemented`);
    const parameters: Parameters = Object.fromEntries([...query, ...new URLSearchParams(body)]);
    judge(world, caller, route, parameters);
    const data = await intercept(
      requestKey(method, path, parameters),
      requestManner(world, method),
      async () => route.handle({ world, tasks, caller, path: Object.values(route.caught), parameters }),
    );
    send(response, 200, "OK", { data });
  } catch (error) {
    if (error instanceof BrokenConnection) return void response.destroy();
    const known = errorOf(error);
    if (!isProbe(method, known)) noteRefusal(world, `${method} ${url.split("?")[0]}`, sentence(known));
    leaveUnread(request, response, MAX_BODY);
    sendError(response, known);
  }
}

/** In Proxmox's order: rights, parameters, and the rights that depend on these [pve-manager: PVE/HTTPServer.pm, rest_handler]. */
function judge(world: World, caller: Caller, { key, caught }: Found, given: Parameters): void {
  for (const [name, value] of Object.entries(caught)) {
    if (given[name] !== undefined && given[name] !== value) {
      refuseParameter(name, "duplicate parameter (already defined in URI) with conflicting values!");
    }
  }
  const parameters = { ...given, ...caught };
  const { permission, parameters: facts } = METHODS[key]!;
  caller.demandPermission(permission, parameters);
  verifyParameters(facts, parameters);
  BY_VALUE[key]?.({ world, caller, parameters });
}

function errorOf(error: unknown): ProxmoxError {
  if (error instanceof ProxmoxError) return error;
  if (error instanceof BadRequest) return new ProxmoxError(400, error.message);
  if (error instanceof BodyTooLarge) return new ProxmoxError(413, "for data too large");
  return new ProxmoxError(500, `internal error: ${sentence(error)}`);
}

/** Asking for what is not there, or cannot answer, is no refusal: clients wait that way for a machine to go, or for its agent. */
function isProbe(method: string, error: ProxmoxError): boolean {
  if (error.message === AGENT_SILENT) return true;
  if (method !== "GET") return false;
  // Whether an id is free is a question, too.
  if (error.parameters) return sentence(error).endsWith("already exists");
  return (
    error.status === 595 || (error.status === 500 && /does not exist|no such resource/.test(error.message))
  );
}

/** A refusal is on record with its cause, whatever a client makes of it. */
function noteRefusal(world: World, what: string, reason: string): void {
  world.note({
    kind: "request-refused",
    subject: what,
    severity: "warning",
    text: `Proxmox refused ${what}: ${reason}`,
    detail: { reason },
  });
}

const SCHEME = "PVEAPIToken=";

function isAuthentic(token: string, header = ""): boolean {
  return sameSecret(header, `${SCHEME}${token}`);
}

/** Why it is not let in [pve-access-control: AccessControl.pm, verify_token]. Who has no token leaves no trace in the world. */
function whoIsThis(token: string, header = ""): ProxmoxError {
  if (!header.startsWith(SCHEME)) return new ProxmoxError(401, "No ticket");
  const [name = ""] = header.slice(SCHEME.length).split("=");
  if (name === token.split("=")[0]) return new ProxmoxError(401, "invalid token value!");
  const [user = "", id = ""] = name.split("!");
  return new ProxmoxError(401, `no such token '${id}' for user '${user}'`);
}

/** Proxmox puts its sentence into the status line, and since 8.3 into the body too [pve-http-server: error]. */
function sendError(response: ServerResponse, error: ProxmoxError): void {
  const body = {
    data: null,
    message: `${error.message}\n`,
    ...(error.parameters ? { errors: error.parameters } : {}),
  };
  send(response, error.status, error.message, body);
}

function send(response: ServerResponse, status: number, reason: string, body: unknown): void {
  if (response.destroyed) return;
  // A status line is one line of plain characters.
  response.writeHead(status, reason.replace(/[^\x20-\x7e]+/g, " "), {
    "content-type": "application/json;charset=UTF-8",
  });
  response.end(JSON.stringify(body));
}
