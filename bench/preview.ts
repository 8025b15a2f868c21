/** One fresh preview in a process of its own, as `pulumi preview` is one: started by the bench, measured from outside. */
import { LocalWorkspace, Stack, type PulumiFn } from "@pulumi/pulumi/automation/index.js";
import { sealedWorkspace, type SealedEngine } from "../rehearsal/engine/sealed-engine.ts";

export interface PreviewJob {
  engine: SealedEngine;
  stackName: string;
  /** URL of the module whose default export is the program. */
  program: string;
}

const { engine, stackName, program } = JSON.parse(process.argv[2]!) as PreviewJob;
const { default: run } = (await import(program)) as { default: PulumiFn };
const workspace = await LocalWorkspace.create({ ...sealedWorkspace(engine), program: run });
// It was made before; to select it would be one CLI more.
workspace.selectStack = () => Promise.resolve();
const stack = await Stack.select(stackName, workspace);
await stack.preview();
// Kilobytes (getrusage), at its highest; of this process, which the program is, and not of the engine beside it.
console.log(JSON.stringify({ peakKiB: process.resourceUsage().maxRSS }));
process.exit(0);
