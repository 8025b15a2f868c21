/** What a path of the API is: a pattern, and what answers it. */
import type { World } from "../../world/kernel/world.ts";
import type { Parameters } from "../../world/proxmox/parameters.ts";
import type { Caller } from "./access/permission.ts";
import type { TaskList } from "./tasks.ts";

export interface ApiRequest {
  world: World;
  tasks: TaskList;
  /** Lists show what it may see. */
  caller: Caller;
  /** What the path's pattern caught, decoded. */
  path: string[];
  /** Query or form. */
  parameters: Parameters;
}

export type Handler = (request: ApiRequest) => unknown;

export interface Route {
  /** Method and path, as in the API schema. */
  key: string;
  method: string;
  pattern: RegExp;
  handle: Handler;
}

export function route(method: string, path: string, handle: Handler): Route {
  const pattern = new RegExp(`^${path.replace(/\{\w+\}/g, "([^/]+)")}$`);
  return { key: `${method} ${path}`, method, pattern, handle };
}
