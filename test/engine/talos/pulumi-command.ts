/** The toolchain's CLI, wherever it lies: the Automation API looks for it below a root's bin folder or on PATH. */
import { dirname } from "node:path";
import { PulumiCommand } from "@pulumi/pulumi/automation/index.js";

export async function pulumiCommand(pulumi: string): Promise<PulumiCommand> {
  try {
    return await PulumiCommand.get({ root: dirname(dirname(pulumi)) });
  } catch {
    process.env["PATH"] = `${dirname(pulumi)}:${process.env["PATH"] ?? ""}`;
    return PulumiCommand.get();
  }
}
