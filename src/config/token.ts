/** The Proxmox API token: the one secret that the user gives. Its value never gets into a message. */
import { topPath } from "./draft.ts";
import type { Problem } from "./problem.ts";
import { TOKEN_KEY } from "./schema.ts";

/** The variable that the Proxmox provider itself reads. */
export const TOKEN_VARIABLE = "PROXMOX_VE_API_TOKEN";

/** user@realm!name=secret, as Proxmox shows it when the token is made. */
const TOKEN = /^[^\s@!=]+@[^\s@!=]+![^\s@!=]+=[A-Za-z0-9-]+$/;

const SET_IT = `set it with "pulumi config set --secret ${TOKEN_KEY}", which asks for it or reads its standard input`;

/** What is said of a token that everybody who reads the stack file, or its history, can use. */
export const PLAIN_TOKEN = `is in plain text in the stack file (its value is not shown); delete this token in Proxmox, make another, and ${SET_IT}`;

export interface TokenSources {
  /** Value of `homelab:proxmoxApiToken`, decrypted. */
  configured?: unknown;
  /** Full names of the keys that the stack file holds encrypted. */
  encrypted?: readonly string[];
  /** Value of `PROXMOX_VE_API_TOKEN`. */
  environment?: string | undefined;
}

/** The configured token goes before the one in the environment. */
export function chooseToken(sources: TokenSources): { token: string } | { problem: Problem } {
  const fromConfig = sources.configured !== undefined;
  const path = fromConfig ? topPath(TOKEN_KEY) : TOKEN_VARIABLE;
  const found = fromConfig ? sources.configured : sources.environment;
  if (found === undefined || found === "" || found === null) {
    return {
      problem: {
        path: topPath(TOKEN_KEY),
        message: `is missing; ${SET_IT}, or put it into the environment variable ${TOKEN_VARIABLE}`,
      },
    };
  }
  if (fromConfig && !sources.encrypted?.includes(path)) return { problem: { path, message: PLAIN_TOKEN } };
  if (typeof found === "string" && TOKEN.test(found)) return { token: found };
  return {
    problem: {
      path,
      message:
        "is no Proxmox API token, which looks like <user>@<realm>!<name>=<secret>; its value is not shown",
    },
  };
}
