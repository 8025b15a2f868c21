/**
 * What Traefik makes of acme.json when it starts (traefik pkg/provider/acme: local_store.go, local_store_unix.go, provider.go). It does not
 * stop over a bad file: it logs one line, leaves the resolver out and serves its default certificate, which here counts as not working.
 */
import {
  certificateFrom,
  issuersOf,
  ofAuthority,
  refusedContact,
  registered,
  type Stored,
} from "./authority.ts";
import { allowed, type Meta } from "../kubernetes/sandbox/filesystem.ts";
import { ROOT_DIRECTORY } from "../kubernetes/pods/mounts.ts";
import type { Identity } from "../kubernetes/pods/privileges.ts";
import type { VolumeFile } from "../kubernetes/state.ts";
import type { Resolver } from "./values.ts";

export interface ResolverStart {
  working: boolean;
  reason?: string;
  /** ACME directories whose certificates it serves. */
  issuers?: string[];
}

/** @param file path below the volume; `files` is changed as Traefik would: it makes a missing file, and writes its account. */
export function startResolver(
  resolver: Resolver,
  files: Record<string, VolumeFile>,
  path: string,
  identity: Identity,
): ResolverStart {
  const shown = resolver.storage ?? "";
  const skip = (error: string): ResolverStart => ({
    working: false,
    reason: `ERR The ACME resolve is skipped from the resolvers list error="unable to get ACME account: ${error}" resolver=${resolver.name}`,
  });
  if (resolver.invalid)
    return { working: false, reason: `ERR ${resolver.invalid} resolver=${resolver.name}` };

  const directory = files[directoryOf(path)] ?? ROOT_DIRECTORY;
  if (!may(directory, identity, "x", true)) return skip(`open ${shown}: permission denied`);
  const file = files[path];
  if (!file) {
    if (!may(directory, identity, "w", true)) return skip(`open ${shown}: permission denied`);
    const owner = { uid: identity.uid, gid: setgid(directory) ? directory.gid : identity.gid };
    return serve(resolver, files, path, owner, {});
  }
  if (!may(file, identity, "r")) return skip(`open ${shown}: permission denied`);
  const mode = parseInt(file.mode, 8) & 0o777;
  if ((mode & 0o077) !== 0)
    return skip(`permissions ${mode.toString(8)} for ${shown} are too open, please use 600`);
  const spoilt = file.content === "" ? undefined : jsonError(file.content);
  if (spoilt) return skip(spoilt);
  if (!may(file, identity, "w")) {
    return {
      working: false,
      reason: `ERR open ${shown}: permission denied (certificates cannot be saved) resolver=${resolver.name}`,
    };
  }
  const stored = file.content === "" ? {} : (JSON.parse(file.content) as Stores | null);
  return serve(resolver, files, path, file, stored ?? {});
}

type Stores = Record<string, Stored | null>;

/**
 * An account of another authority is given up, but its certificates stay in the store and are served (provider.go, Init and
 * Provide): until they run out in their own time, nobody asks the new authority for any.
 */
function serve(
  resolver: Resolver,
  files: Record<string, VolumeFile>,
  path: string,
  owner: Pick<VolumeFile, "uid" | "gid">,
  stores: Stores,
): ResolverStart {
  const stored = stores[resolver.name] ?? undefined;
  const issuers = issuersOf(stored);
  if (issuers.length > 0) return { working: true, issuers };
  const contact = ofAuthority(stored, resolver) ? undefined : refusedContact(resolver);
  const refused = contact ? `cannot get ACME client ${contact}` : resolver.unproven;
  const content = (own: Stored) => `${JSON.stringify({ ...stores, [resolver.name]: own }, null, 2)}\n`;
  const file = { uid: owner.uid, gid: owner.gid, mode: "0600" };
  if (refused) {
    files[path] ??= { ...file, content: "" };
    return {
      working: false,
      reason: `ERR Unable to obtain ACME certificate for domains error="${refused}" resolver=${resolver.name}`,
    };
  }
  const own = {
    Account: ofAuthority(stored, resolver) ? stored?.Account : registered(resolver),
    Certificates: [certificateFrom(resolver)],
  };
  files[path] = { ...file, content: content(own) };
  return { working: true, issuers: issuersOf(own) };
}

/** Go's encoding/json on a map, in its words. */
function jsonError(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (value === null || (typeof value === "object" && !Array.isArray(value))) return undefined;
    const kind = Array.isArray(value) ? "array" : typeof value === "boolean" ? "bool" : typeof value;
    return `json: cannot unmarshal ${kind} into Go value of type map[string]*acme.StoredData`;
  } catch (error) {
    const message = error instanceof Error ? error.message : "";
    const token = /Unexpected token '?(.)/s.exec(message)?.[1];
    if (token !== undefined) return `invalid character '${token}' looking for beginning of value`;
    const position = /position (\d+)/.exec(message)?.[1];
    const letter = position === undefined ? undefined : text[Number(position)];
    if (letter === undefined || /^Unterminated string/.test(message)) return "unexpected end of JSON input";
    return `invalid character '${letter}' after object key:value pair`;
  }
}

function may(file: VolumeFile, identity: Identity, access: "r" | "w" | "x", directory = false): boolean {
  const meta: Meta = { uid: file.uid, gid: file.gid, mode: parseInt(file.mode, 8), directory };
  return allowed(meta, identity, access);
}

function setgid(file: VolumeFile): boolean {
  return (parseInt(file.mode, 8) & 0o2000) !== 0;
}

/** `/letsencrypt/acme.json` -> `/letsencrypt/`, `/acme.json` -> `/`. */
function directoryOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/") + 1);
}
