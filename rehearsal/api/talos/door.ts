/**
 * The one way into the simulated nodes: Talos's API by method, for those who come over the network (`server.ts`) and for the
 * provider server in this process alike. Who may speak to a node is the world's to say (`world/talos/api.ts`); what goes wrong
 * on purpose goes wrong here.
 */
import { undisturbed, type Interceptor } from "../../world/kernel/request-faults.ts";
import type { World } from "../../world/kernel/world.ts";
import { admit, arrive } from "../../world/talos/api.ts";
import { TalosError } from "../../world/talos/errors.ts";
import { defaultNode } from "./authority.ts";
import type { Call, NodeMethod } from "./calls.ts";
import { configurationMethods } from "./configuration.ts";
import { etcdMethods } from "./etcd.ts";
import { callKey, callManner } from "./faults.ts";
import { healthMethods } from "./health.ts";
import { machineMethods } from "./machine.ts";
import { resourceMethods } from "./resources.ts";
import { storageMethods } from "./storage.ts";

const METHODS: Record<string, NodeMethod> = {
  ...configurationMethods,
  ...etcdMethods,
  ...healthMethods,
  ...machineMethods,
  ...resourceMethods,
  ...storageMethods,
};

/** In maintenance mode these are only for who comes over SideroLink (talos v1.12.0: app/maintenance/server.go, assertAdminRole). */
const FOR_ADMINS = ["MetaDelete", "MetaWrite", "Reset", "Upgrade", "Version"];

export interface Door {
  world: World;
  /** The result of a call, or what the node answers instead: a TalosError. */
  call(call: Call): Promise<unknown>;
}

export function openDoor(world: World, intercept: Interceptor = undisturbed): Door {
  return { world, call: (call) => answer(world, intercept, call) };
}

async function answer(world: World, intercept: Interceptor, given: Call): Promise<unknown> {
  const call = { ...given, node: given.node || given.via || defaultNode(world) };
  const method = Object.hasOwn(METHODS, call.method) ? METHODS[call.method] : undefined;
  const changes = method?.changes ?? false;
  const since = world.clock.now();
  return intercept(callKey(call), callManner(world, call.signal, changes), async () => {
    await arrive(world);
    const { machine, mode } = admit(world, call);
    if (!method || (mode === "maintenance" && !method.maintenance)) throw notHere(call.method, mode);
    try {
      return await method.answer({ ...call, world, machine, since });
    } finally {
      if (changes) await world.commit();
    }
  });
}

function notHere(method: string, mode: "maintenance" | "running"): TalosError {
  const name = method.split("/").at(-1)!;
  const forAdmins = mode === "maintenance" && FOR_ADMINS.includes(name);
  const words = forAdmins ? "API is not implemented in maintenance mode" : `method ${name} not implemented`;
  return new TalosError("Unimplemented", words);
}
