/**
 * What Proxmox says when it refuses. A plain `die` in its Perl code becomes HTTP 500 with the sentence as the reason
 * phrase; a wrong parameter becomes HTTP 400 with one sentence per parameter [pve-common: PVE::RESTHandler,
 * PVE::Exception].
 */
export class ProxmoxError extends Error {
  constructor(
    readonly status: number,
    message: string,
    /** Per parameter, for a 400. */
    readonly parameters?: Record<string, string>,
  ) {
    super(message);
  }
}

/** Refused in Proxmox's own words, status 500. */
export function refuse(message: string): never {
  throw new ProxmoxError(500, message);
}

/** A wrong parameter, status 400. */
export function refuseParameter(name: string, message: string): never {
  throw new ProxmoxError(400, "Parameter verification failed.", { [name]: message });
}

/** One sentence with everything in it, for the record. */
export function sentence(error: unknown): string {
  if (error instanceof ProxmoxError && error.parameters) {
    return Object.entries(error.parameters)
      .map(([name, message]) => `${name}: ${message}`)
      .join("; ");
  }
  return error instanceof Error ? error.message : String(error);
}
