/** The simulated Proxmox's HTTPS server, on loopback: tokens, forms and error bodies as the real one has them. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { AGENT_SILENT } from "../../world/proxmox/agent.ts";
import { ProxmoxError, sentence } from "../../world/proxmox/errors.ts";
import type { Parameters } from "../../world/proxmox/parameters.ts";
import { clearInterrupted } from "../../world/proxmox/vms.ts";
import { UserError } from "../../user-error.ts";
import type { World } from "../../world/world.ts";
import { undisturbed, type Interceptor } from "../../faults/fault.ts";
import { selfSigned } from "./certificate.ts";
import { BrokenConnection, requestKey, requestManner, taskKey, taskManner } from "./faults.ts";
import { findRoute } from "./routes.ts";
import { TaskList } from "./tasks.ts";

export interface ProxmoxServerOptions {
  /** 0 or absent: any free port. */
  port?: number;
  /** `user@realm!name=secret`, as clients present it. */
  token: string;
  intercept?: Interceptor;
}

export interface ProxmoxServer {
  /** `https://127.0.0.1:<port>/`. */
  url: string;
  port: number;
  /** Ends the server; work that had begun is finished first. */
  close(): Promise<void>;
}

const ROOT = "/api2/json";

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
  const server = createServer({ ...selfSigned("rehearsal"), minVersion: "TLSv1.3" }, (request, response) => {
    void answer({ world, tasks, token: options.token, intercept }, request, response);
  });
  server.keepAliveTimeout = 60_000;
  server.requestTimeout = 0;
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
  intercept: Interceptor;
}

async function answer(
  { world, tasks, token, intercept }: Serving,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const method = request.method ?? "GET";
  const url = new URL(request.url ?? "/", "https://127.0.0.1");
  try {
    const body = await readBody(request);
    authenticate(token, request.headers.authorization);
    const path = url.pathname.startsWith(`${ROOT}/`) ? url.pathname.slice(ROOT.length) : undefined;
    const route = path && findRoute(method, path);
    if (!route) throw new ProxmoxError(501, `Method '${method} ${url.pathname}' not implemented`);
    const parameters: Parameters = Object.fromEntries([...url.searchParams, ...new URLSearchParams(body)]);
    const data = await intercept(
      requestKey(method, path, parameters),
      requestManner(world, method),
      async () => route.handle({ world, tasks, path: route.caught, parameters }),
    );
    send(response, 200, "OK", { data });
  } catch (error) {
    if (error instanceof BrokenConnection) return void response.destroy();
    if (error instanceof ProxmoxError && isProbe(method, error)) return sendError(response, error);
    noteRefusal(world, `${method} ${url.pathname}`, sentence(error));
    const known =
      error instanceof ProxmoxError ? error : new ProxmoxError(500, `internal error: ${sentence(error)}`);
    sendError(response, known);
  }
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

/** [pve-access-control: AccessControl.pm, verify_token] */
function authenticate(token: string, header: string | undefined): void {
  if (!header?.startsWith("PVEAPIToken=")) throw new ProxmoxError(401, "No ticket");
  const given = header.slice("PVEAPIToken=".length);
  if (given === token) return;
  const [name] = given.split("=");
  const [known] = token.split("=");
  throw new ProxmoxError(
    401,
    name === known
      ? "invalid token value!"
      : `no such token '${name?.split("!")[1] ?? ""}' for user '${name?.split("!")[0] ?? ""}'`,
  );
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
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
