/** One question to Proxmox's API: read, within a time limit, tried again when the connection fails. */
import { Agent, request } from "node:https";
import { authorities } from "./authorities.ts";
import { Unanswered, wordsFor } from "./unanswered.ts";

export interface Connection {
  /** URL of the API, e.g. `https://192.168.1.10:8006/`. */
  endpoint: string;
  /** Accept any certificate, on this connection alone. */
  insecure: boolean;
  /** `user@realm!name=uuid`; in no message. */
  token: string;
  /** Milliseconds for one answer, default 20 s. */
  patience?: number;
}

export interface Answer {
  status: number;
  /** The status line's words: Proxmox puts its sentence there [pve-http-server: AnyEvent.pm, error]. */
  reason: string;
  body: string;
}

export type Ask = (path: string) => Promise<Answer>;

const PATIENCE = 20_000;
/** As the provider, which repeats reads whose connection failed [bpg: proxmox/api/client.go, DoRequest]. */
const ATTEMPTS = 3;
const PAUSE = 300;

/** Keeps its connection for the questions that follow; an idle one does not keep the process. */
export function openConnection(connection: Connection): Ask {
  const { endpoint, insecure } = connection;
  const agent = new Agent({
    keepAlive: true,
    ...(insecure ? { rejectUnauthorized: false } : { ca: authorities() }),
  });
  return async (path) => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await once(connection, agent, path);
      } catch (error) {
        const reason = wordsFor(error as NodeJS.ErrnoException);
        if (attempt === ATTEMPTS || reason.final) throw new Unanswered(endpoint, reason.text);
        await new Promise((resolve) => setTimeout(resolve, PAUSE * attempt));
      }
    }
  };
}

function once(
  { endpoint, token, patience = PATIENCE }: Connection,
  agent: Agent,
  path: string,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(
      new URL(`/api2/json${path}`, endpoint),
      {
        agent,
        headers: { authorization: `PVEAPIToken=${token}`, accept: "application/json" },
        signal: AbortSignal.timeout(patience),
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () =>
          resolve({
            status: response.statusCode ?? 0,
            reason: response.statusMessage ?? "",
            body: Buffer.concat(chunks).toString("utf8"),
          }),
        );
      },
    );
    sent.on("error", reject);
    sent.end();
  });
}
