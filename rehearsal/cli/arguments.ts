/** The command line of `npm run rehearse`. */
import { parseArgs } from "node:util";
import { show } from "../../src/config/problem.ts";
import { suggest } from "../../src/config/suggest.ts";
import { DEFAULT_TIME_SCALE } from "../world/kernel/clock.ts";
import { UserError } from "../user-error.ts";

export const COMMANDS = ["preview", "up", "refresh", "destroy", "outputs", "recover"] as const;
export type Command = (typeof COMMANDS)[number];

export interface Arguments {
  command: Command;
  stack: string;
  /** `key=value` overlays of the environment's config. */
  overlays: string[];
  /** Simulated seconds per second. */
  timeScale: number;
  /** Port of the simulated Proxmox; undefined: the one this stack used before, else any free one. */
  port?: number;
}

const OPTIONS = {
  stack: { type: "string", short: "s" },
  config: { type: "string", short: "c", multiple: true },
  "time-scale": { type: "string" },
  port: { type: "string" },
  help: { type: "boolean", short: "h" },
} as const;

export const USAGE = `Usage: npm run rehearse -- --stack <environment> [${COMMANDS.join("|")}]

  -s, --stack <name>        the environment: a file Pulumi.<name>.yaml
  -c, --config <key=value>  overlay one config key for this run, e.g. -c protect=false; may be repeated
      --time-scale <n>      simulated seconds per second (default ${DEFAULT_TIME_SCALE})
      --port <n>            port of the simulated Proxmox API (default: the same at every run)
  -h, --help                this text

Without a command it is "up". State and world persist in .rehearsal/<stack> between runs.`;

/** Undefined when help was asked for. Throws a `UserError` for anything it does not understand. */
export function parseArguments(argv: string[]): Arguments | undefined {
  const { values, positionals } = parse(argv);
  if (values.help) return undefined;
  const [command = "up", ...rest] = positionals;
  if (!isCommand(command)) throw unknown("command", command, COMMANDS);
  if (rest.length > 0)
    throw new UserError(`Only one command at a time; found also ${show(rest.join(" "))}.\n\n${USAGE}`);
  if (!values.stack) throw new UserError(`Which environment? Say --stack <name>.\n\n${USAGE}`);
  if (!/^[\w.-]{1,100}$/.test(values.stack))
    throw new UserError(`${show(values.stack)} is no name of a stack.`);
  const port = values.port === undefined ? undefined : wholeNumber("--port", values.port, 65535);
  return {
    command,
    stack: values.stack,
    overlays: values.config ?? [],
    timeScale:
      values["time-scale"] === undefined
        ? DEFAULT_TIME_SCALE
        : wholeNumber("--time-scale", values["time-scale"], 100_000),
    ...(port !== undefined && { port }),
  };
}

function parse(argv: string[]) {
  try {
    return parseArgs({ args: argv, options: OPTIONS, allowPositionals: true, strict: true });
  } catch (error) {
    const flag = /'(--?[^'\s]+)/.exec((error as Error).message)?.[1];
    const known = Object.keys(OPTIONS).map((name) => `--${name}`);
    if (flag && !known.includes(flag) && flag.startsWith("--")) throw unknown("option", flag, known);
    throw new UserError(`${(error as Error).message.split(". ")[0]}.\n\n${USAGE}`);
  }
}

function unknown(what: string, found: string, known: readonly string[]): UserError {
  const hint = suggest(found, known);
  return new UserError(
    `Unknown ${what} ${show(found)}${hint ? `; did you mean "${hint}"?` : "."}\n\n${USAGE}`,
  );
}

function wholeNumber(option: string, text: string, most: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > most) {
    throw new UserError(`${option} takes a whole number from 1 to ${most}; found ${show(text)}.`);
  }
  return value;
}

function isCommand(text: string): text is Command {
  return (COMMANDS as readonly string[]).includes(text);
}
