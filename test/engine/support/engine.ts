/** An engine for a test's own program, shut off like every other; its state lies in the test's folder. */
import type { LocalWorkspaceOptions } from "@pulumi/pulumi/automation/index.js";
import { sealedWorkspace } from "../../../rehearsal/engine/sealed-engine.ts";
import { readToolchain } from "../../../rehearsal/toolchain.ts";

export async function testEngine(
  project: string,
  folder: string,
  attach?: string,
): Promise<LocalWorkspaceOptions> {
  const { pulumi, pulumiVersion, pulumiHome } = await readToolchain();
  return sealedWorkspace({
    pulumi,
    pulumiVersion,
    pulumiHome,
    project,
    workDir: folder,
    backend: folder,
    passphrase: "test",
    attach,
  });
}
