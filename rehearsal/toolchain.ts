/** The programs that the bootstrap found or built. */
import { readFile } from "node:fs/promises";
import { TOOLCHAIN_FILE } from "./paths.ts";
import { UserError } from "./user-error.ts";

export interface Toolchain {
  /** Path of the Pulumi CLI. */
  pulumi: string;
  pulumiVersion: string;
  /** A PULUMI_HOME of the rehearsal's own, with the Proxmox plugin installed. */
  pulumiHome: string;
  proxmoxPlugin: "published" | "own build";
  /** Path of the helper over Talos's machinery library. */
  talosMachinery: string;
  /** Path of the nodes' gRPC side. */
  talosNodes: string;
  /** Path of talosctl; absent until a bootstrap was asked for it. */
  talosctl?: string;
}

export async function readToolchain(file = TOOLCHAIN_FILE): Promise<Toolchain> {
  try {
    return JSON.parse(await readFile(file, "utf8")) as Toolchain;
  } catch {
    throw new UserError("The Pulumi CLI and its plugins are not set up yet: run `npm run bootstrap` first.");
  }
}
