/** The command line of the campaign and of its parts. */
import { parseArgs, type ParseArgsConfig } from "node:util";
import { UserError } from "../user-error.ts";

/** What every long command takes. */
export const OPTIONS = {
  sample: { type: "string" },
  seed: { type: "string" },
  workers: { type: "string" },
  help: { type: "boolean", short: "h" },
} as const;

/** @throws {UserError} with the usage, for an option that there is not. */
export function parseOptions<Config extends ParseArgsConfig>(config: Config, usage: string) {
  try {
    return parseArgs(config);
  } catch (error) {
    throw new UserError(`${(error as Error).message.split(". ")[0]}.\n\n${usage}`);
  }
}

/** @throws {UserError} unless it is a whole number above zero. */
export function positive(option: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new UserError(`${option} takes a whole number; found "${text}".`);
  return value;
}
