/** The program of a project, whole and unchanged: the same function that `pulumi up` runs. */
import { access } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { PulumiFn } from "@pulumi/pulumi/automation/index.js";
import { UserError } from "../user-error.ts";

export async function loadProgram(project: string): Promise<PulumiFn> {
  const entry = join(project, "src", "index.ts");
  await access(entry).catch(() => {
    throw new UserError(`There is no program at ${entry}.`);
  });
  const module = (await import(pathToFileURL(entry).href)) as { default: PulumiFn };
  return module.default;
}
