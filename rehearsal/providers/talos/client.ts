/**
 * Talos's client as the provider uses it, over the nodes' API in this process: without credentials first, by asking for disks,
 * which only a machine in maintenance mode answers; with them where that failed (terraform-provider-talos 0.11.0: pkg/talos/util.go,
 * talosClientOp).
 */
import type { Door } from "../../api/talos/door.ts";
import { arrive, shakeHands, type Credentials } from "../../world/talos/api.ts";
import { DURATIONS } from "../../world/talos/durations.ts";
import { TalosError } from "../../world/talos/errors.ts";

export interface NodeInputs {
  node: string;
  endpoint: string;
  credentials?: Credentials;
}

/** Calls one method of the node; `params` and the answer in protobuf's JSON form. */
export type NodeClient = <Answer>(method: string, params?: Record<string, unknown>) => Promise<Answer>;

export async function withClient<Result>(
  door: Door,
  inputs: NodeInputs,
  signal: AbortSignal,
  use: (client: NodeClient) => Promise<Result>,
): Promise<Result> {
  await arrive(door.world);
  const { node, endpoint } = inputs;
  const insecure = await open(door, { node, endpoint }, signal).catch((error: unknown) => {
    if (error instanceof TalosError) return undefined;
    throw error;
  });
  return use(insecure ?? dial(door, inputs, signal));
}

async function open(door: Door, target: NodeInputs, signal: AbortSignal): Promise<NodeClient> {
  const client = dial(door, target, signal);
  await client("/storage.StorageService/Disks");
  return client;
}

function dial(door: Door, target: NodeInputs, signal: AbortSignal): NodeClient {
  const connection = shakeHands(door.world, target);
  return async <Answer>(method: string, params: Record<string, unknown> = {}) => {
    const { node } = target;
    return (await door.call({
      ...connection,
      node,
      method,
      params,
      signal,
      item: () => undefined,
    })) as Answer;
  };
}

/**
 * Tries until it works, the time is over or the engine gives up. As in the provider only InvalidArgument ends it early:
 * a wrong certificate or an AlreadyExists is tried for the whole ten minutes too.
 */
export async function retry<Result>(
  { world }: Pick<Door, "world">,
  limits: { seconds: number; signal: AbortSignal; doing: string },
  work: () => Promise<Result>,
): Promise<Result> {
  const deadline = world.clock.now() + limits.seconds;
  for (;;) {
    limits.signal.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof TalosError)) throw error;
      const final = error.grpc === "InvalidArgument" || world.clock.now() >= deadline;
      if (final) throw new Error(`${limits.doing}: ${error.message}`, { cause: error });
    }
    await world.clock.sleep(DURATIONS.retry);
  }
}
