/** The Pulumi program. It exports a function, so that nothing runs at import and the rehearsal can run it again. */
import { RunError } from "@pulumi/pulumi";
import { loadConfig } from "./config/load.ts";
import { Homelab } from "./homelab.ts";
import type { HomelabOutputs } from "./outputs.ts";
import { readExisting } from "./plan/existing.ts";
import { ownState } from "./plan/own-state.ts";
import { refusedPlan } from "./plan/refusals/index.ts";
import { planned } from "./plan/unfinished.ts";

export default async function program(): Promise<HomelabOutputs> {
  const { config: wanted, proxmoxApiToken } = loadConfig();
  const existing = readExisting(await ownState());
  const config = planned(wanted, existing);
  const refused = refusedPlan(existing, config);
  // Before anything is registered. Pulumi prints such an error without a stack trace.
  if (refused !== undefined) throw new RunError(refused);
  return new Homelab(config.cluster.name, { config, proxmoxApiToken, existing }).outputs;
}
