/** What a run leaves behind: `report.json`, `outputs.json`, and the tables on the terminal. */
import type { OutputMap } from "@pulumi/pulumi/automation/index.js";
import type { Check } from "./checks/check.ts";
import { criticalPath, isWork, type Operation } from "./engine/operations.ts";
import { writeJson } from "./files.ts";
import type { RehearsalPaths } from "./paths.ts";
import type { WorldEvent } from "./world/kernel/record.ts";

export interface Report {
  stack: string;
  command: string;
  ok: boolean;
  /** Pulumi's counts, e.g. `{create: 24}`. */
  changes: Record<string, number>;
  errors: string[];
  checks: Check[];
  /** What works now and may not for long: promises of hosts and datastores beyond what they have. */
  warnings: string[];
  /** Simulated seconds from the first operation to the end of the last. */
  simulatedSeconds: number;
  /** Names of the operations that the run waited for, in order. */
  criticalPath: { name: string; type: string; seconds: number }[];
  operations: Operation[];
  /** What happened in the world during this run. */
  events: WorldEvent[];
}

export const MASK = "[secret]";

export function maskOutputs(outputs: OutputMap): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(outputs).map(([name, { value, secret }]) => [name, secret ? MASK : (value as unknown)]),
  );
}

export function timing(operations: Operation[]): Pick<Report, "simulatedSeconds" | "criticalPath"> {
  const work = operations.filter(isWork);
  const start = Math.min(...work.map((operation) => operation.start));
  const end = Math.max(...work.map((operation) => operation.end ?? operation.start));
  return {
    simulatedSeconds: work.length === 0 ? 0 : Math.round(end - start),
    criticalPath: criticalPath(operations).map(({ name, type, start, end }) => ({
      name,
      type: type.split("$").at(-1) ?? type,
      seconds: Math.round((end ?? start) - start),
    })),
  };
}

export async function writeReport(paths: RehearsalPaths, report: Report, outputs: OutputMap): Promise<void> {
  await writeJson(paths.report, report);
  await writeJson(paths.outputs, maskOutputs(outputs));
}

export function checkTable(checks: Check[]): string {
  const width = Math.max(...checks.map(({ id }) => id.length));
  return checks
    .map(({ id, ok, detail }) => `${ok ? "  ok  " : " FAIL "} ${id.padEnd(width)}  ${detail}`)
    .join("\n");
}

/** Why a run failed, each cause once, the engine's first: what follows from it fails as well. */
export function failureText({ stack, command, errors, checks }: Report): string {
  const causes = [
    ...new Set(errors.filter((error) => !/^(update|preview|destroy|refresh) failed$/.test(error))),
  ];
  const failed = checks.filter(({ ok }) => !ok).map(({ id, detail }) => `${id}: ${detail}`);
  const shown = causes.length > 0 ? causes : failed;
  return `The rehearsed ${command} of "${stack}" FAILED:\n${shown.map((cause) => `- ${cause.replace(/\n/g, "\n  ")}`).join("\n")}`;
}

export function outputsText(outputs: Record<string, unknown>): string {
  return Object.entries(outputs)
    .map(
      ([name, value]) =>
        `  ${name}: ${typeof value === "string" ? value : JSON.stringify(value, null, 2).replace(/\n/g, "\n  ")}`,
    )
    .join("\n");
}

export function timeText({
  simulatedSeconds,
  criticalPath: path,
}: Pick<Report, "simulatedSeconds" | "criticalPath">): string {
  if (path.length === 0) return "";
  const steps = path.filter(({ seconds }) => seconds > 0).map(({ name, seconds }) => `${name} ${seconds} s`);
  return `Simulated time ${duration(simulatedSeconds)}; it waited for: ${steps.join(" > ")}`;
}

/** In words. */
export function duration(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  return minutes > 0 ? `${minutes} min ${seconds % 60} s` : `${seconds} s`;
}
