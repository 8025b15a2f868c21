/** The real engine over provider servers of ours, with programs of these tests' own. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LocalWorkspace, type PulumiFn, type Stack } from "@pulumi/pulumi/automation/index.js";
import { attachTo, type ServedProvider } from "../../../rehearsal/providers/server/index.ts";
import { testEngine } from "../support/engine.ts";

export interface EngineStack {
  stack: Stack;
  output: string[];
  /** What the engine said while `up` failed; throws when it did not fail. */
  failure(): Promise<string>;
  /** The whole state as text, secrets encrypted as they lie on the disk. */
  state(): Promise<string>;
  close(): Promise<void>;
}

export async function openStack(served: ServedProvider[], program: PulumiFn): Promise<EngineStack> {
  const folder = await mkdtemp(join(tmpdir(), "talos-engine-"));
  const output: string[] = [];
  const stack = await LocalWorkspace.createOrSelectStack(
    { stackName: "lab", projectName: "talos-engine", program },
    await testEngine("talos-engine", folder, attachTo(served)),
  );
  const options = { onOutput: (text: string) => void output.push(text), color: "never" as const };
  return {
    stack,
    output,
    async failure() {
      const from = output.length;
      const failed = await stack.up(options).then(
        () => false,
        () => true,
      );
      const said = output.slice(from).join("");
      if (!failed) throw new Error(`up did not fail:\n${said}`);
      return said;
    },
    state: () => readFile(join(folder, ".pulumi/stacks/talos-engine/lab.json"), "utf8"),
    async close() {
      for (const one of served) await one.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
