/** The Pulumi program. It exports a function, so that nothing runs at import and the rehearsal can run it again. */
import { loadConfig } from "./config/load.ts";
import { Homelab } from "./homelab.ts";
import type { HomelabOutputs } from "./outputs.ts";

export default function program(): Promise<HomelabOutputs> {
  const { config, proxmoxApiToken } = loadConfig();
  return Promise.resolve(new Homelab(config.cluster.name, { config, proxmoxApiToken }).outputs);
}
