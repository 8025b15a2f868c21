/** How a script calls a command, and what the command answers. */
import { parseArgs } from "node:util";
import { Unknown } from "../budget.ts";
import type { ContainerFs } from "../filesystem.ts";

/** What a container reaches besides its files. */
export interface Outside {
  /** Simulated seconds. */
  sleep(seconds: number): Promise<void>;
  /** Seconds since 1970. */
  now(): number;
}

export interface Call {
  name: string;
  args: string[];
  fs: ContainerFs;
  outside: Outside;
  /** What is left of standard input. */
  input(): string;
}

export interface Answer {
  code: number;
  out: string;
  err: string;
}

export type Command = (call: Call) => Answer | Promise<Answer>;

export function ok(out = ""): Answer {
  return { code: 0, out, err: "" };
}

/** @param err What went wrong, without the command's name. */
export function fail({ name }: Call, err: string): Answer {
  return { code: 1, out: "", err: `${name}: ${err}\n` };
}

/** Ends the script: the real command may take these arguments, this one does not. */
export function unknownArguments({ name, args }: Call): Unknown {
  return new Unknown([name, ...args].join(" "));
}

/**
 * The arguments of a command.
 *
 * @param flags Letters of the options without a value that are known here.
 * @param valued Letters of those with a value.
 * @throws Unknown for any other.
 */
export function readArguments(
  call: Call,
  flags = "",
  valued = "",
): { flags: Set<string>; values: Record<string, string>; rest: string[] } {
  if (call.args.some((arg) => arg.startsWith("--"))) throw unknownArguments(call);
  const options: Record<string, { type: "boolean" | "string"; short: string }> = {};
  for (const short of flags) options[short] = { type: "boolean", short };
  for (const short of valued) options[short] = { type: "string", short };
  try {
    const { values, positionals } = parseArgs({ args: call.args, options, allowPositionals: true });
    const given = Object.entries(values);
    return {
      flags: new Set(given.flatMap(([name, value]) => (value === true ? [name] : []))),
      values: Object.fromEntries(
        given.flatMap(([name, value]) => (typeof value === "string" ? [[name, value]] : [])),
      ),
      rest: positionals,
    };
  } catch {
    throw unknownArguments(call);
  }
}
