/**
 * A path that no Kubernetes has: by it the rehearsal's stand-in for `talosctl upgrade-k8s` takes effect. The real program drives the
 * nodes and this API through dozens of watches; here the world does the same steps. Who asks must hold the cluster's talosconfig,
 * that is, show its client certificate.
 *
 * POST `/rehearsal/upgrade-k8s` with `UpgradeOptions` as JSON. The answer is lines of JSON, `{"line": ...}` for each line that
 * talosctl prints, as it goes on, and a last one, `{"end": null}` or `{"end": "<error>"}`.
 */
import type { ServerResponse } from "node:http";
import type { TLSSocket } from "node:tls";
import { z } from "zod";
import type { Interceptor } from "../../world/kernel/request-faults.ts";
import type { Cluster } from "../../world/kubernetes/cluster.ts";
import { upgradeKubernetes, type UpgradeOptions } from "../../world/kubernetes/nodes/upgrade.ts";
import { BrokenConnection, requestManner } from "./faults.ts";
import { holdsTalosconfig } from "./identity.ts";
import { ApiError, noSuchResource, unauthorized } from "./status.ts";
import { UPGRADE_PATH } from "./upgrade-path.ts";

const optionsSchema = z.strictObject({
  from: z.string().optional(),
  to: z.string(),
  dryRun: z.boolean(),
  prePullImages: z.boolean(),
  upgradeKubelet: z.boolean(),
  images: z.strictObject({
    kubelet: z.string(),
    apiServer: z.string(),
    controllerManager: z.string(),
    scheduler: z.string(),
    proxy: z.string(),
  }),
});

export interface UpgradeRequest {
  method: string;
  /** To be called when the client has shown its credentials. */
  admit: () => void;
  read: () => Promise<string>;
  socket: TLSSocket;
  response: ServerResponse;
  intercept: Interceptor;
}

export async function answerUpgrade(cluster: Cluster, request: UpgradeRequest): Promise<void> {
  const { method, read, socket, response, intercept } = request;
  const known = Object.values(cluster.world.state.machines).some(
    ({ facts }) => facts?.membership === cluster.state.membership && holdsTalosconfig(socket, facts!),
  );
  if (!known) throw unauthorized();
  request.admit();
  if (method !== "POST") throw noSuchResource();
  const options = parse(await read());
  const stopped = new AbortController();
  response.on("close", () => stopped.abort());
  response.writeHead(200, { "content-type": "application/x-ndjson" });
  const say = (message: object) => void response.write(`${JSON.stringify(message)}\n`);
  const key = `talosctl upgrade-k8s ${options.dryRun ? "--dry-run " : ""}--to ${options.to}`;
  const manner = { ...requestManner(cluster.world, options.dryRun ? "GET" : "POST"), signal: stopped.signal };
  try {
    await intercept(key, manner, () =>
      upgradeKubernetes(cluster, options, (line) => say({ line }), stopped.signal),
    );
    say({ end: null });
  } catch (error) {
    if (error instanceof BrokenConnection) return void socket.destroy();
    say({ end: error instanceof Error ? error.message : String(error) });
  } finally {
    await cluster.world.commit();
    response.end();
  }
}

function parse(body: string): UpgradeOptions {
  try {
    const { from, ...options } = optionsSchema.parse(JSON.parse(body));
    return { ...options, ...(from === undefined ? {} : { from }) };
  } catch {
    throw new ApiError(400, "BadRequest", `the body is not what ${UPGRADE_PATH} takes`);
  }
}
