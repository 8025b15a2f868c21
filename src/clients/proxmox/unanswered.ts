/** Why Proxmox could not be asked, in words that say what to do. No token is in any of them. */

export class Unanswered extends Error {
  constructor(endpoint: string, reason: string) {
    super(`Proxmox at ${endpoint} (homelab:proxmox.endpoint) cannot be asked: ${reason}`);
    this.name = "Unanswered";
  }
}

/** Anything that is wrong with a certificate, in OpenSSL's and Node's words for it. */
const CERTIFICATE = /^(ERR_TLS|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_SSL|EPROTO)/;

const WORDS: Record<string, string> = {
  ECONNREFUSED: "nothing listens there (connection refused)",
  ENOTFOUND: "its name is not known here",
  EAI_AGAIN: "its name could not be looked up",
  EHOSTUNREACH: "there is no way to that host",
  ENETUNREACH: "there is no way to that network",
  ECONNRESET: "it hung up",
  ETIMEDOUT: "it does not answer",
  ABORT_ERR: "it does not answer in time",
};

/** @returns `final` when asking again would change nothing. */
export function wordsFor(error: NodeJS.ErrnoException): { text: string; final: boolean } {
  const code = error.name === "TimeoutError" ? "ABORT_ERR" : (error.code ?? "");
  if (CERTIFICATE.test(code)) {
    const remedy =
      "let this machine trust the authority of that certificate, or set homelab:proxmox.insecure for the one that Proxmox installs with";
    return { text: `its certificate is not trusted (${code}); ${remedy}`, final: true };
  }
  return { text: WORDS[code] ?? `the connection failed${code && ` (${code})`}`, final: code === "ENOTFOUND" };
}

/** What an answer that is no success says, without the token that it may quote. */
export function wordsForStatus(status: number, reason: string, token: string): string {
  const said = `${status} ${reason}`.trim().replaceAll(token, "[token]").slice(0, 200);
  if (status === 401) return `it does not accept the token (${said}); see homelab:proxmoxApiToken`;
  if (status === 403) return `the token lacks a privilege (${said}); the README lists them`;
  return `it answers ${said}`;
}
