/** The rights that a method asks for, and whether a caller has them [pve-access-control: RPCEnvironment.pm]. */
import { ProxmoxError } from "../../../world/proxmox/errors.ts";
import type { Parameters } from "../../../world/proxmox/parameters.ts";
import { privilegesAt, type Access } from "./rights.ts";

/** In the form of the API schema; a path may hold parameters, `/vms/{vmid}`. */
export type Check =
  ["perm", string, string[]] | ["perm", string, string[], "any", 1] | ["and" | "or", ...Check[]];

/** `all`: everybody who has shown a token. */
export type Permission = "all" | Check;

/** Each of these privileges. */
export function perm(path: string, ...privileges: string[]): Check {
  return ["perm", path, privileges];
}

/** At least one of these. */
export function any(path: string, ...privileges: string[]): Check {
  return ["perm", path, privileges, "any", 1];
}

export function all(...checks: Check[]): Check {
  return ["and", ...checks];
}

export function either(...checks: Check[]): Check {
  return ["or", ...checks];
}

/** Who asks, by a token `user@realm!name`. */
export class Caller {
  constructor(
    readonly access: Access,
    readonly token: string,
  ) {}

  has(path: string, privilege: string): boolean {
    return privilegesAt(this.access, this.token, path).has(privilege);
  }

  /** @throws ProxmoxError 403, in Proxmox's words. */
  demand(path: string, ...privileges: string[]): void {
    const missing = privileges.find((privilege) => !this.has(path, privilege));
    if (missing) throw denied(`${path}, ${missing}`);
  }

  demandAny(path: string, ...privileges: string[]): void {
    if (!privileges.some((privilege) => this.has(path, privilege))) {
      throw denied(`${path}, ${privileges.join("|")}`);
    }
  }

  /** @throws ProxmoxError 403. Where none of several ways is open, Proxmox does not say which there were. */
  demandPermission(permission: Permission, parameters: Parameters): void {
    if (permission === "all") return;
    if (permission[0] === "perm") {
      const [, template, privileges, some] = permission;
      const path = template.replace(/\{(\w+)\}/g, (_all, name: string) => parameters[name] ?? "");
      if (some) this.demandAny(path, ...privileges);
      else this.demand(path, ...privileges);
      return;
    }
    const [kind, ...checks] = permission;
    if (kind === "and") for (const check of checks) this.demandPermission(check, parameters);
    else if (!checks.some((check) => this.#passes(check, parameters))) throw denied();
  }

  #passes(check: Check, parameters: Parameters): boolean {
    try {
      this.demandPermission(check, parameters);
      return true;
    } catch {
      return false;
    }
  }
}

/** @param what Path and privileges. */
export function denied(what?: string): ProxmoxError {
  return new ProxmoxError(403, `Permission check failed${what ? ` (${what})` : ""}`);
}
