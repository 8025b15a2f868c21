/** The stream of a node's events: past ones first, then new ones, until the client or the node goes away. */
import { TalosError } from "../../world/talos/errors.ts";
import { machineStatus } from "../../world/talos/machined/status.ts";
import { isExpected, publishStatus, watch } from "../../world/talos/machined/events.ts";
import type { NodeCall } from "./calls.ts";

/** How often the node's status is looked at, in simulated seconds. */
const LOOK = 2;
/** Nothing much is expected of one that is ready. */
const LOOK_AT_READY = 10;

export async function streamEvents({ world, machine, params, signal, item }: NodeCall): Promise<void> {
  const { vmId, bootId } = machine;
  // The client waits for an empty event before it goes on (v1alpha1_server.go, sendEmptyEvent).
  item({});
  let broken: (() => void) | undefined;
  const hungUp = new Promise<"hung up">((resolve) => (broken = () => resolve("hung up")));
  const cancelled = new Promise<"cancelled">((resolve) => {
    if (signal.aborted) resolve("cancelled");
    signal.addEventListener("abort", () => resolve("cancelled"), { once: true });
  });
  const look = () => {
    const now = world.state.machines[vmId];
    if (now?.bootId !== bootId) return;
    const { stage, status } = machineStatus(world, now);
    publishStatus(world, vmId, { stage: stage.toUpperCase(), status });
    return stage === "running" && status.ready;
  };
  if (!isExpected(world, vmId)) look();
  const end = watch(world, vmId, Number(params["tailEvents"] ?? 0), (event) => {
    if (!event) return broken?.();
    const data = { "@type": `talos/runtime/${event.type}`, ...event.payload };
    item({ data, id: event.id, actorId: event.actorId });
  });
  try {
    for (;;) {
      const ready = look();
      const slept = world.clock.sleep(ready ? LOOK_AT_READY : LOOK).then(() => "slept" as const);
      const next = await Promise.race([hungUp, cancelled, slept]);
      if (next === "cancelled") throw new TalosError("Canceled", "context canceled");
      if (next === "hung up" || world.state.machines[vmId]?.bootId !== bootId) {
        throw new TalosError("Unavailable", "error reading from server: EOF");
      }
    }
  } finally {
    end();
  }
}
