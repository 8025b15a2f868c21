/**
 * The line to `tools/talos nodes`, the gRPC side of the simulated nodes: a child process that speaks Talos's API on loopback and
 * asks here, one JSON object a line, what to answer.
 */
import { spawn } from "node:child_process";
import { tmpdir } from "node:os";
import { createInterface } from "node:readline";
import { UserError } from "../../user-error.ts";
import { TalosError } from "../../world/talos/errors.ts";
import { sealedEnvironment } from "../../sealed-environment.ts";
import type { Call } from "./calls.ts";

export interface Bridge {
  port: number;
  /** Opens an end of its own for a machine's address; host and port of it. */
  listen(address: string): Promise<string>;
  close(): Promise<void>;
}

interface Line {
  listening?: string;
  call?: number;
  cancel?: number;
  method?: string;
  node?: string;
  via?: string;
  authority?: string;
  params?: Record<string, unknown>;
}

/** Resolves when clients may come. `answer` gives the result of a call, or throws; a TalosError keeps its code. */
export async function openBridge(
  executable: string,
  port: number,
  answer: (call: Call) => Promise<unknown>,
): Promise<Bridge> {
  const child = spawn(executable, ["nodes", `-port=${port}`], {
    env: sealedEnvironment(tmpdir()),
    stdio: ["pipe", "pipe", "pipe"],
  });
  const open = new Map<number, AbortController>();
  let complaints = "";
  child.stderr.on(
    "data",
    (chunk: Buffer) => (complaints = (complaints + chunk.toString("utf8")).slice(-2000)),
  );
  // A child that has gone takes no answers; its end is told by `exit`.
  child.stdin.on("error", () => undefined);
  const say = (line: Record<string, unknown>) => void child.stdin.write(`${JSON.stringify(line)}\n`);

  const handle = async (id: number, line: Line): Promise<void> => {
    const controller = new AbortController();
    open.set(id, controller);
    try {
      const result = await answer({
        method: line.method ?? "",
        node: line.node ?? "",
        via: line.via,
        authority: line.authority ?? "",
        params: line.params ?? {},
        signal: controller.signal,
        item: (message) => say({ call: id, item: message }),
      });
      say({ call: id, result: result ?? {} });
    } catch (error) {
      say({ call: id, error: failureOf(error) });
    } finally {
      open.delete(id);
    }
  };

  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const failed = new Promise<never>((_resolve, reject) => {
    child.once("error", (error) => reject(new UserError(`Cannot start ${executable}: ${error.message}`)));
    child.once("exit", () => reject(ended(port, complaints)));
  });
  failed.catch(() => undefined); // of no concern once it listens
  const waiting = new Map<string, (endpoint: string) => void>();
  const listening = (via: string) =>
    Promise.race([failed, new Promise<string>((resolve) => waiting.set(via, resolve))]);
  createInterface({ input: child.stdout }).on("line", (text) => {
    const line = JSON.parse(text) as Line;
    if (line.listening !== undefined) waiting.get(line.via ?? "")?.(line.listening);
    else if (line.cancel !== undefined) open.get(line.cancel)?.abort();
    else if (line.call !== undefined) void handle(line.call, line);
  });
  const tunnel = await listening("");
  return {
    port: Number(tunnel.split(":").at(-1)),
    listen(address) {
      const endpoint = listening(address);
      say({ listen: address });
      return endpoint;
    },
    async close() {
      for (const controller of open.values()) controller.abort();
      child.stdin.end();
      await gone;
    },
  };
}

function failureOf(error: unknown): { code: string; message: string } {
  if (error instanceof TalosError) return { code: error.grpc, message: error.desc };
  const message = error instanceof Error ? error.message : String(error);
  return { code: "Internal", message: `the simulated node failed: ${message}` };
}

/** Another program has the port. */
export class PortTaken extends UserError {}

function ended(port: number, complaints: string): UserError {
  if (complaints.includes("address already in use")) {
    return new PortTaken(
      `Port ${port} on 127.0.0.1 is taken, and the simulated Talos API wants to listen there.`,
    );
  }
  return new UserError(`The simulated Talos API ended: ${complaints.trim() || "without a word"}`);
}
