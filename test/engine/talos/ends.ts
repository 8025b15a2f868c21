/** The two ends of the one door to the nodes: the provider server in this process, and Talos's own client on the network. */
import type { Interceptor } from "../../../rehearsal/world/kernel/request-faults.ts";
import { MachineryError, startMachinery, type Machinery } from "../../../rehearsal/machinery.ts";
import { serveTalos } from "../../../rehearsal/api/talos/server.ts";
import { retry } from "../../../rehearsal/providers/talos/client.ts";
import { talosProvider } from "../../../rehearsal/providers/talos/index.ts";
import { isRecord, Secret, type PropertyMap } from "../../../rehearsal/providers/server/index.ts";
import { readToolchain } from "../../../rehearsal/toolchain.ts";
import { ScaledClock } from "../../../rehearsal/world/kernel/clock.ts";
import type { WorldState } from "../../../rehearsal/world/kernel/state.ts";
import type { World } from "../../../rehearsal/world/kernel/world.ts";
import { TalosError, type Code } from "../../../rehearsal/world/talos/errors.ts";
import { talosLifecycle } from "../../../rehearsal/world/talos/lifecycle.ts";
import { context } from "../../unit/providers/talos-support.ts";
import type { Lab } from "../../support/world/lab.ts";
import { testWorld } from "../../support/world/world.ts";

/** Ten simulated minutes of trying pass in a few seconds. */
const TIME_SCALE = 150;

export const OPERATIONS = ["disks", "apply", "bootstrap", "kubeconfig"] as const;
export type Operation = (typeof OPERATIONS)[number];

export interface End {
  world: World;
  /** As often as the provider tries it. */
  call(operation: Operation, node: string, machineConfiguration?: string): Promise<unknown>;
  close(): Promise<void>;
}

export type OpenEnd = (lab: Lab, state: WorldState, intercept?: Interceptor) => Promise<End>;

function worldOf({ machinery }: Lab, state: WorldState): World {
  const clock = new ScaledClock(state.elapsed, TIME_SCALE);
  return testWorld(structuredClone(state), { clock, machinery, lifecycle: talosLifecycle });
}

export const providerEnd: OpenEnd = (lab, state, intercept) => {
  const world = worldOf(lab, state);
  const provider = talosProvider(world, intercept);
  const { clientConfiguration } = lab.secrets;
  const create = (token: string, inputs: PropertyMap) => provider.resources[token]!.create(inputs, context());
  const invoke = (token: string, args: PropertyMap) =>
    provider.functions[token]!(args, { ...context(), preview: false });
  const calls: Record<Operation, (node: string, machineConfiguration?: string) => Promise<unknown>> = {
    disks: (node) => invoke("talos:machine/getDisks:getDisks", { node, clientConfiguration }),
    apply: (node, machineConfigurationInput) =>
      create("talos:machine/configurationApply:ConfigurationApply", {
        node,
        clientConfiguration,
        machineConfigurationInput,
      }),
    bootstrap: (node) => create("talos:machine/bootstrap:Bootstrap", { node, clientConfiguration }),
    kubeconfig: (node) => invoke("talos:cluster/getKubeconfig:getKubeconfig", { node, clientConfiguration }),
  };
  return Promise.resolve({
    world,
    call: (operation, ...rest) => calls[operation](...rest),
    close: () => Promise.resolve(),
  });
};

export interface NetworkEnd extends End {
  /** Talos's own client, once. */
  client: <Answer>(method: string, node: string, more?: Record<string, unknown>) => Promise<Answer>;
}

export async function networkEnd(lab: Lab, state: WorldState, intercept?: Interceptor): Promise<NetworkEnd> {
  const world = worldOf(lab, state);
  const { talosHelper } = await readToolchain();
  const addresses = Object.values(state.machines).map(({ address }) => address);
  const server = await serveTalos(world, {
    executable: talosHelper,
    addresses,
    ...(intercept && { intercept }),
  });
  const talos: Machinery = startMachinery(talosHelper, "client");
  const client = <Answer>(method: string, node: string, more: Record<string, unknown> = {}) => {
    const at = { node, endpoint: server.endpoints[node], ...lab.secrets.clientConfiguration };
    return talos.call<Answer>(method, { ...at, ...more }).catch((error: unknown) => {
      throw error instanceof MachineryError ? asTalosError(error) : (error as Error);
    });
  };
  const limits = { seconds: 600, signal: context().signal, doing: "the client" };
  return {
    world,
    client,
    call: (operation, node, machineConfiguration) =>
      retry({ world }, limits, () =>
        client(operation, node, machineConfiguration === undefined ? {} : { machineConfiguration }),
      ),
    async close() {
      await talos.close();
      await server.close();
    },
  };
}

/** Of a stream that breaks the client says only that it has ended; like everything without a code that is Unknown to gRPC. */
function asTalosError({ message }: Error): TalosError {
  const [, code = "Unknown", desc = message] = /code = (\w+) desc = ([\s\S]*)/.exec(message) ?? [];
  return new TalosError(code as Code, desc);
}

/** The kubeconfig in what either end answers. */
export function kubeconfigIn(answer: unknown): string {
  const given = isRecord(answer) ? (answer["kubeconfig"] ?? answer["kubeconfigRaw"]) : undefined;
  return String(given instanceof Secret ? given.value : given);
}
