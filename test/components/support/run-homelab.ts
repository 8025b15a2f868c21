import type { HomelabConfig } from "../../../src/config/types.ts";
import { Homelab } from "../../../src/homelab.ts";
import type { HomelabOutputs } from "../../../src/outputs.ts";
import { SECRET_TEXTS, type Answers } from "./mock-answers.ts";
import { runProgram, type Run } from "./mock-engine.ts";

/** Registers a whole homelab under mocks, its token a secret as the program's loader makes it. */
export async function runHomelab(
  config: HomelabConfig,
  options: { preview?: boolean; answers?: Answers } = {},
): Promise<Run<HomelabOutputs>> {
  const { secret } = await import("@pulumi/pulumi");
  return runProgram(
    () => new Homelab(config.cluster.name, { config, proxmoxApiToken: secret(SECRET_TEXTS.token) }).outputs,
    options,
  );
}
