/** The simulated homelab, running: a world and the servers by which the providers reach it, all on loopback. */
import { existsSync } from "node:fs";
import type { HomelabConfig } from "../src/config/types.ts";
import { serveKubernetes } from "./api/kubernetes/server.ts";
import { grant, grantsFor } from "./api/proxmox/access/grants.ts";
import { placesOf } from "./api/proxmox/access/places.ts";
import { serveProxmox } from "./api/proxmox/server.ts";
import { serveTalos } from "./api/talos/server.ts";
import { undisturbed, type Interceptor } from "./world/kernel/request-faults.ts";
import { startMachinery } from "./machinery.ts";
import type { RehearsalPaths } from "./paths.ts";
import { freePort } from "./ports.ts";
import { kubernetesProvider } from "./providers/kubernetes/index.ts";
import { disturbed } from "./providers/faults.ts";
import { attachTo, serveProvider, type SimulatedProvider } from "./providers/server/index.ts";
import { talosProvider } from "./providers/talos/index.ts";
import { loadWorld, saveWorld } from "./store.ts";
import type { Toolchain } from "./toolchain.ts";
import { UserError } from "./user-error.ts";
import { ScaledClock } from "./world/kernel/clock.ts";
import { systemsOver } from "./world/systems.ts";
import { addHardware, declare, newWorld } from "./world/new-world.ts";
import type { Hardware } from "./world/proxmox/hardware/hosts.ts";
import { HardwareError, loadHardware } from "./world/proxmox/hardware/file.ts";
import type { TaskTime } from "./world/proxmox/task.ts";
import { hostOf } from "./world/talos/host.ts";
import { World } from "./world/kernel/world.ts";

declare module "./world/kernel/state.ts" {
  interface WorldState {
    /** Port of the Proxmox API, the same at every run: the provider's endpoint is part of the state. */
    apiPort?: number;
    /** Port of the Talos API, the same at every run. */
    talosPort?: number;
    /** Port of the Kubernetes API, likewise. */
    kubernetesPort?: number;
  }
}

export interface HomelabOptions {
  stack: string;
  config: HomelabConfig;
  paths: RehearsalPaths;
  toolchain: Toolchain;
  timeScale: number;
  port?: number;
  /** A file that describes the hosts, if there is one. */
  hardware: string;
  /** The API token that the simulated Proxmox accepts. */
  token: string;
  /** Stands around everything that the homelab is asked for. */
  intercept?: Interceptor;
}

async function describedHardware(file: string): Promise<Hardware | undefined> {
  if (!existsSync(file)) return undefined;
  return loadHardware(file).catch((error: unknown) => {
    throw error instanceof HardwareError ? new UserError(error.message) : error;
  });
}

export interface SimulatedHomelab {
  world: World;
  clock: ScaledClock;
  /** URL of the simulated Proxmox API. */
  endpoint: string;
  /** What Proxmox's tasks took so far. */
  taskTimes: readonly TaskTime[];
  /** Host and port of Talos's API, for every node. */
  talosEndpoint: string;
  /** URL of the simulated cluster's API. */
  kubernetesEndpoint: string;
  /** Value of PULUMI_DEBUG_PROVIDERS. */
  attach: string;
  close(): Promise<void>;
}

export async function openHomelab(options: HomelabOptions): Promise<SimulatedHomelab> {
  const { config, paths, stack, toolchain } = options;
  const closers: (() => Promise<void>)[] = [];
  const close = async () => {
    for (const end of closers.reverse()) await end();
  };
  try {
    const loaded = await loadWorld(paths.world, stack);
    const hardware = await describedHardware(options.hardware);
    const state = loaded ?? newWorld(stack, config, hardware);
    if (!hardware) addHardware(state, config);
    declare(state, config);
    const machinery = startMachinery(toolchain.talosHelper);
    closers.push(() => machinery.close());
    const clock = new ScaledClock(state.elapsed, options.timeScale);
    const world = new World({
      state,
      clock,
      systems: systemsOver(machinery),
      save: saveWorld(paths.world),
    });
    closers.push(async () => clock.stop());
    closers.push(() => (world.lost.aborted ? Promise.resolve() : world.commit()));

    const intercepted = options.intercept ? { intercept: options.intercept } : {};
    const api = await serveProxmox(world, {
      port: options.port ?? state.apiPort ?? (await freePort()),
      token: options.token,
      access: grant(options.token, placesOf(config, state), grantsFor(config)),
      ...intercepted,
    });
    closers.push(() => api.close());
    state.apiPort = api.port;
    const nodes = await serveTalos(world, {
      executable: toolchain.talosHelper,
      port: state.talosPort ?? (await freePort()),
      addresses: config.nodes.map(({ address }) => address),
      ...intercepted,
    });
    closers.push(() => nodes.close());
    state.talosPort = nodes.port;
    const hosts = (vmId: number) => hostOf(world, vmId);
    const kubernetes = await serveKubernetes(world, {
      port: state.kubernetesPort ?? (await freePort()),
      hosts,
      ...intercepted,
    });
    closers.push(() => kubernetes.close());
    state.kubernetesPort = kubernetes.port;
    const serve = <Configured>(provider: SimulatedProvider<Configured>) =>
      serveProvider(provider, { around: disturbed(world, provider.name, options.intercept ?? undisturbed) });
    const providers = [
      await serve(talosProvider(world, options.intercept)),
      await serve(kubernetesProvider(world, hosts)),
    ];
    for (const provider of providers) closers.push(() => provider.close());
    return {
      world,
      clock,
      endpoint: api.url,
      taskTimes: api.taskTimes,
      talosEndpoint: `127.0.0.1:${nodes.port}`,
      kubernetesEndpoint: kubernetes.url,
      attach: attachTo(providers),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
