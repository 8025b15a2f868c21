/** A fault at the door to the nodes is the same fault, whichever end a caller came by: provider server or network. */
import { beforeAll, describe, expect, it } from "vitest";
import { FaultInjector } from "../../../rehearsal/faults/injector.ts";
import type { FaultKind } from "../../../rehearsal/world/kernel/request-faults.ts";
import type { WorldState } from "../../../rehearsal/world/kernel/state.ts";
import { bootstrap } from "../../support/world/calls.ts";
import { Lab } from "../../support/world/lab.ts";
import { networkEnd, providerEnd, type OpenEnd, type Operation } from "./ends.ts";

const CP = "192.168.1.126";

/** Where each operation begins, and the call that the fault meets. */
const CASES: { operation: Operation; from: "maintenance" | "configured" | "bootstrapped"; method: string }[] =
  [
    { operation: "disks", from: "maintenance", method: "Disks" },
    { operation: "disks", from: "maintenance", method: "List" },
    { operation: "disks", from: "configured", method: "List" },
    { operation: "apply", from: "maintenance", method: "ApplyConfiguration" },
    { operation: "apply", from: "configured", method: "ApplyConfiguration" },
    { operation: "bootstrap", from: "configured", method: "Bootstrap" },
    { operation: "kubeconfig", from: "bootstrapped", method: "Kubeconfig" },
  ];
const KINDS: FaultKind[] = ["fail", "hang", "lose-reply"];

let lab: Lab;
let config: string;
const states = {} as Record<(typeof CASES)[number]["from"], WorldState>;
beforeAll(async () => {
  lab = await Lab.open();
  config = await lab.config({ hostname: "cp-1" });
  const { state } = lab.world;
  const keep = () => structuredClone({ ...state, elapsed: lab.clock.now() });
  lab.addVm({ vmId: 126, name: "cp-1", address: CP });
  await lab.start(126);
  states.maintenance = keep();
  await lab.apply(CP, config);
  states.configured = keep();
  await bootstrap(lab.world, lab.target(CP));
  await lab.clock.sleep(120);
  states.bootstrapped = keep();
});

async function meet(
  open: OpenEnd,
  { operation, from, method }: (typeof CASES)[number],
  fault: FaultKind,
  times: number,
) {
  const injector = new FaultInjector({ faults: [{ at: `node ${method} ${CP}`, kind: fault, times }] });
  const state = states[from];
  const end = await open(lab, state, injector.intercept);
  try {
    const code = await end
      .call(operation, CP, ...(operation === "apply" ? [config] : []))
      .then(() => "OK")
      .catch((error: Error) => /code = (\w+)/.exec(error.message)?.[1] ?? error.message);
    const record = end.world.state.events.slice(state.events.length);
    return {
      code,
      injected: injector.injected.length,
      calls: injector.passed().map(({ key, times: passed }) => (code === "OK" ? `${key}: ${passed}` : key)),
      record: record.map(({ kind, text }) => `${kind}: ${text}`),
    };
  } finally {
    await end.close();
  }
}

describe.each(CASES)("$method during $operation, $from", (each) => {
  it.each(KINDS.flatMap((kind) => [1, 3].map((times) => ({ kind, times }))))(
    "$kind, $times times",
    async ({ kind, times }) => {
      const [provider, network] = [
        await meet(providerEnd, each, kind, times),
        await meet(networkEnd, each, kind, times),
      ];
      expect(network).toEqual(provider);
      expect(provider.injected).toBeGreaterThan(0);
    },
  );
});
