/**
 * The paths of Proxmox's API that the provider uses, each translated into one function of the world. Nothing is decided
 * here: what Proxmox does is in `world/proxmox`.
 */
import { agentInterfaces, pingAgent } from "../../world/proxmox/qemu/agent.ts";
import { changeConfig, resizeDisk, shownConfig } from "../../world/proxmox/qemu/config.ts";
import { ProxmoxError, refuse } from "../../world/proxmox/errors.ts";
import { deleteFile, download, listFiles, queryUrl } from "../../world/proxmox/storage/files.ts";
import { findDatastore, findHost, findVm } from "../../world/proxmox/lookup.ts";
import type { Parameters } from "../../world/proxmox/parameters.ts";
import { reboot, shutdown, start, stop } from "../../world/proxmox/qemu/power.ts";
import { createVm, destroyVm } from "../../world/proxmox/qemu/vms.ts";
import { pathParts } from "../http.ts";
import type { Caller } from "./access/permission.ts";
import { checkVolume } from "./access/by-value.ts";
import { clusterRoutes } from "./cluster-routes.ts";
import { route, type Handler, type Route } from "./route.ts";
import { configView, datastoreStatus, fileView, vmList, vmStatus, volumeView } from "./views.ts";

const routes: Route[] = [
  ...clusterRoutes,
  route("GET", "/pools", () => []),

  route("GET", "/nodes/{node}/query-url-metadata", ({ world, path: [host], parameters }) =>
    queryUrl(world, host!, parameters["url"]!),
  ),
  route(
    "POST",
    "/nodes/{node}/storage/{storage}/download-url",
    ({ world, tasks, path: [host, storage], parameters }) =>
      tasks.start(
        download(world, host!, storage!, {
          content: parameters["content"]!,
          fileName: parameters["filename"]!,
          url: parameters["url"]!,
        }),
      ),
  ),
  route("GET", "/nodes/{node}/storage/{storage}/status", ({ world, path: [host, storage] }) =>
    datastoreStatus(world, host!, storage!),
  ),
  route(
    "GET",
    "/nodes/{node}/storage/{storage}/content",
    ({ world, caller, path: [host, storage], parameters }) => {
      findDatastore(findHost(world, host!), storage!);
      const files = listFiles(world, host!, storage!).map(fileView);
      const all = [...files, ...volumeView(world, host!, storage!)].filter(({ volid }) =>
        mayRead(caller, volid),
      );
      return parameters["content"] ? all.filter(({ content }) => content === parameters["content"]) : all;
    },
  ),
  route(
    "GET",
    "/nodes/{node}/storage/{storage}/content/{volume}",
    ({ world, path: [host, storage, volume] }) => {
      findDatastore(findHost(world, host!), storage!);
      const all = [...listFiles(world, host!, storage!).map(fileView), ...volumeView(world, host!, storage!)];
      return all.find(({ volid }) => volid === volume) ?? refuse(`volume '${volume}' does not exist`);
    },
  ),
  route(
    "DELETE",
    "/nodes/{node}/storage/{storage}/content/{volume}",
    async ({ world, path: [host, storage, volume] }) => {
      await deleteFile(world, host!, storage!, volume!);
      return null;
    },
  ),

  route(
    "GET",
    "/nodes/{node}/tasks/{upid}/status",
    async ({ tasks, path: [, upid] }) => (await tasks.status(upid!)) ?? noTask(upid!),
  ),
  route(
    "GET",
    "/nodes/{node}/tasks/{upid}/log",
    ({ tasks, path: [, upid] }) => tasks.log(upid!) ?? noTask(upid!),
  ),
  route("DELETE", "/nodes/{node}/tasks/{upid}", () => null),

  route("GET", "/nodes/{node}/qemu", ({ world, caller, path: [host] }) => vmList(world, caller, host!)),
  route("POST", "/nodes/{node}/qemu", ({ world, tasks, path: [host], parameters }) =>
    tasks.start(createVm(world, host!, parameters)),
  ),
  route("DELETE", "/nodes/{node}/qemu/{vmid}", ({ world, tasks, path: [host, id] }) =>
    tasks.start(destroyVm(world, host!, Number(id))),
  ),
  route("GET", "/nodes/{node}/qemu/{vmid}/config", ({ world, path: [host, id], parameters }) => {
    const vm = findVm(world, host!, Number(id));
    return configView(parameters["current"] === "1" ? vm.config : shownConfig(vm));
  }),
  route("PUT", "/nodes/{node}/qemu/{vmid}/config", async ({ world, path: [host, id], parameters }) => {
    await changeConfig(world, host!, Number(id), parameters);
    return null;
  }),
  route("POST", "/nodes/{node}/qemu/{vmid}/config", ({ world, tasks, path: [host, id], parameters }) => {
    findVm(world, host!, Number(id));
    const run = (): Promise<string[]> => changeConfig(world, host!, Number(id), parameters).then(() => []);
    return tasks.start({ type: "qmconfig", subject: id!, host: host!, run });
  }),
  route("PUT", "/nodes/{node}/qemu/{vmid}/resize", ({ world, tasks, path: [host, id], parameters }) => {
    const size = parameters["size"]!;
    return tasks.start(resizeDisk(world, host!, Number(id), parameters["disk"]!, size));
  }),
  // The drive is generated from the config in force at every read of it, so there is nothing to do but to be asked.
  route("PUT", "/nodes/{node}/qemu/{vmid}/cloudinit", ({ world, path: [host, id] }) => {
    findVm(world, host!, Number(id));
    return null;
  }),
  route("GET", "/nodes/{node}/qemu/{vmid}/status/current", ({ world, path: [host, id] }) =>
    vmStatus(world, findVm(world, host!, Number(id))),
  ),
  route("POST", "/nodes/{node}/qemu/{vmid}/agent/ping", ({ world, path: [host, id] }) => {
    pingAgent(world, findVm(world, host!, Number(id)));
    return { result: {} };
  }),
  route("GET", "/nodes/{node}/qemu/{vmid}/agent/network-get-interfaces", ({ world, path: [host, id] }) =>
    agentInterfaces(world, findVm(world, host!, Number(id))),
  ),
  power("start", start),
  power("stop", stop),
  power("shutdown", shutdown),
  power("reboot", reboot),
];

export interface Found {
  key: string;
  handle: Handler;
  /** The parameters in the path, by name. */
  caught: Parameters;
}

/** Finds who handles a request; undefined when this API does not have the path. */
export function findRoute(method: string, path: string): Found | undefined {
  const trimmed = path.replace(/\/+$/, "");
  for (const { key, method: wanted, pattern, handle } of routes) {
    const match = wanted === method ? pattern.exec(trimmed) : null;
    if (!match) continue;
    const names = [...key.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!);
    const values = match.slice(1).flatMap(pathParts);
    return { key, handle, caught: Object.fromEntries(names.map((name, at) => [name, values[at]!])) };
  }
  return undefined;
}

/** Method and path of everything that is served, as in the API schema. */
export const ROUTES: readonly string[] = routes.map(({ key }) => key);

function power(verb: string, act: typeof start): Route {
  return route("POST", `/nodes/{node}/qemu/{vmid}/status/${verb}`, ({ world, tasks, path: [host, id] }) =>
    tasks.start(act(world, host!, Number(id))),
  );
}

function mayRead(caller: Caller, volume: string): boolean {
  try {
    checkVolume(caller, undefined, volume);
    return true;
  } catch {
    return false;
  }
}

function noTask(upid: string): never {
  throw new ProxmoxError(500, `no such task: ${upid}`);
}
