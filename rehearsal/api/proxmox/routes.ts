/**
 * The paths of Proxmox's API that the provider uses, each translated into one function of the world. Nothing is decided
 * here: what Proxmox does is in `world/proxmox`.
 */
import { agentInterfaces, pingAgent } from "../../world/proxmox/agent.ts";
import { changeConfig, resizeDisk, shownConfig } from "../../world/proxmox/config.ts";
import { ProxmoxError, refuse, refuseParameter } from "../../world/proxmox/errors.ts";
import { deleteFile, download, listFiles, queryUrl } from "../../world/proxmox/files.ts";
import { findDatastore, findHost, findVm } from "../../world/proxmox/lookup.ts";
import type { Parameters } from "../../world/proxmox/parameters.ts";
import { reboot, shutdown, start, stop } from "../../world/proxmox/power.ts";
import { createVm, destroyVm } from "../../world/proxmox/vms.ts";
import type { World } from "../../world/world.ts";
import { clusterRoutes } from "./cluster-routes.ts";
import type { TaskList } from "./tasks.ts";
import { configView, datastoreStatus, fileView, vmList, vmStatus, volumeView } from "./views.ts";

export interface ApiRequest {
  world: World;
  tasks: TaskList;
  /** What the path's pattern caught, decoded. */
  path: string[];
  /** Query or form. */
  parameters: Parameters;
}

type Handler = (request: ApiRequest) => unknown;

export interface Route {
  method: string;
  pattern: RegExp;
  handle: Handler;
}

const routes: Route[] = [
  ...clusterRoutes(route),
  route("GET", "/pools", () => []),

  route("GET", "/nodes/*/query-url-metadata", ({ world, path: [host], parameters }) =>
    queryUrl(world, host!, required(parameters, "url")),
  ),
  route("POST", "/nodes/*/storage/*/download-url", ({ world, tasks, path: [host, storage], parameters }) =>
    tasks.start(
      download(world, host!, storage!, {
        content: required(parameters, "content"),
        fileName: required(parameters, "filename"),
        url: required(parameters, "url"),
      }),
    ),
  ),
  route("GET", "/nodes/*/storage/*/status", ({ world, path: [host, storage] }) =>
    datastoreStatus(world, host!, storage!),
  ),
  route("GET", "/nodes/*/storage/*/content", ({ world, path: [host, storage], parameters }) => {
    findDatastore(findHost(world, host!), storage!);
    const files = listFiles(world, host!, storage!).map(fileView);
    const all = [...files, ...volumeView(world, host!, storage!)];
    return parameters["content"] ? all.filter(({ content }) => content === parameters["content"]) : all;
  }),
  route("GET", "/nodes/*/storage/*/content/*", ({ world, path: [host, storage, volume] }) => {
    findDatastore(findHost(world, host!), storage!);
    const all = [...listFiles(world, host!, storage!).map(fileView), ...volumeView(world, host!, storage!)];
    return all.find(({ volid }) => volid === volume) ?? refuse(`volume '${volume}' does not exist`);
  }),
  route("DELETE", "/nodes/*/storage/*/content/*", async ({ world, path: [host, storage, volume] }) => {
    await deleteFile(world, host!, storage!, volume!);
    return null;
  }),

  route(
    "GET",
    "/nodes/*/tasks/*/status",
    async ({ tasks, path: [, upid] }) => (await tasks.status(upid!)) ?? noTask(upid!),
  ),
  route("GET", "/nodes/*/tasks/*/log", ({ tasks, path: [, upid] }) => tasks.log(upid!) ?? noTask(upid!)),
  route("DELETE", "/nodes/*/tasks/*", () => null),

  route("GET", "/nodes/*/qemu", ({ world, path: [host] }) => vmList(world, host!)),
  route("POST", "/nodes/*/qemu", ({ world, tasks, path: [host], parameters }) =>
    tasks.start(createVm(world, host!, parameters)),
  ),
  route("DELETE", "/nodes/*/qemu/*", ({ world, tasks, path: [host, id] }) =>
    tasks.start(destroyVm(world, host!, vmId(id))),
  ),
  route("GET", "/nodes/*/qemu/*/config", ({ world, path: [host, id], parameters }) => {
    const vm = findVm(world, host!, vmId(id));
    return configView(parameters["current"] === "1" ? vm.config : shownConfig(vm));
  }),
  route("PUT", "/nodes/*/qemu/*/config", async ({ world, path: [host, id], parameters }) => {
    await changeConfig(world, host!, vmId(id), parameters);
    return null;
  }),
  route("POST", "/nodes/*/qemu/*/config", ({ world, tasks, path: [host, id], parameters }) => {
    findVm(world, host!, vmId(id));
    const run = (): Promise<string[]> => changeConfig(world, host!, vmId(id), parameters).then(() => []);
    return tasks.start({ type: "qmconfig", subject: id!, host: host!, run });
  }),
  route("PUT", "/nodes/*/qemu/*/resize", ({ world, tasks, path: [host, id], parameters }) => {
    const size = required(parameters, "size");
    return tasks.start(resizeDisk(world, host!, vmId(id), required(parameters, "disk"), size));
  }),
  // The drive is generated from the config in force at every read of it, so there is nothing to do but to be asked.
  route("PUT", "/nodes/*/qemu/*/cloudinit", ({ world, path: [host, id] }) => {
    findVm(world, host!, vmId(id));
    return null;
  }),
  route("GET", "/nodes/*/qemu/*/status/current", ({ world, path: [host, id] }) =>
    vmStatus(world, findVm(world, host!, vmId(id))),
  ),
  route("POST", "/nodes/*/qemu/*/agent/ping", ({ world, path: [host, id] }) => {
    pingAgent(world, findVm(world, host!, vmId(id)));
    return { result: {} };
  }),
  route("GET", "/nodes/*/qemu/*/agent/network-get-interfaces", ({ world, path: [host, id] }) =>
    agentInterfaces(world, findVm(world, host!, vmId(id))),
  ),
  power("start", start),
  power("stop", stop),
  power("shutdown", shutdown),
  power("reboot", reboot),
];

/** Finds who handles a request; undefined when this API does not have the path. */
export function findRoute(method: string, path: string): { handle: Handler; caught: string[] } | undefined {
  const trimmed = path.replace(/\/+$/, "");
  for (const { method: wanted, pattern, handle } of routes) {
    const match = wanted === method ? pattern.exec(trimmed) : null;
    if (match) return { handle, caught: match.slice(1).map((part) => decodeURIComponent(part)) };
  }
  return undefined;
}

export function route(method: string, path: string, handle: Handler): Route {
  return { method, pattern: new RegExp(`^${path.replaceAll("*", "([^/]+)")}$`), handle };
}

function power(verb: string, act: typeof start): Route {
  return route("POST", `/nodes/*/qemu/*/status/${verb}`, ({ world, tasks, path: [host, id] }) =>
    tasks.start(act(world, host!, vmId(id))),
  );
}

function vmId(text: string | undefined): number {
  if (!/^[1-9]\d{2,8}$/.test(text ?? ""))
    refuseParameter("vmid", "invalid format - value does not look like a valid VM ID");
  return Number(text);
}

function required(parameters: Parameters, name: string): string {
  return parameters[name] ?? refuseParameter(name, "property is missing and it is not optional");
}

function noTask(upid: string): never {
  throw new ProxmoxError(500, `no such task: ${upid}`);
}
