/** What a running shell knows, and how it ends what it does. */
import type { Function as FunctionNode } from "unbash";
import type { Outside } from "../commands.ts";
import type { ContainerFs } from "../filesystem.ts";
import type { Budget } from "./budget.ts";
import type { Channel } from "./channels.ts";

export interface Variable {
  value?: string;
  exported?: boolean;
  readonly?: boolean;
}

export interface Machine {
  fs: ContainerFs;
  budget: Budget;
  outside: Outside;
}

export interface Shell {
  machine: Machine;
  variables: Map<string, Variable>;
  /** `$0` and the positional parameters. */
  name: string;
  args: string[];
  functions: Map<string, FunctionNode["body"]>;
  /** Letters of `set`, and `pipefail`. */
  options: Set<string>;
  cwd: string;
  umask: number;
  status: number;
  /** What runs at the end. */
  onExit: string | undefined;
  channels: Map<number, Channel>;
  depth: number;
  /** Above zero where a failure is asked for, so that `set -e` does not end the shell. */
  tested: number;
  loops: number;
  /** Variables that the running function made local, as they were. */
  locals: Map<string, Variable | undefined> | undefined;
  jobs: Promise<number>[];
  /** Of the last command substitution in a command without a name. */
  substituted: number;
}

export function newShell(
  machine: Machine,
  options: { environment: Map<string, string>; channels: Map<number, Channel>; cwd: string; depth: number },
): Shell {
  const variables = new Map<string, Variable>([["IFS", { value: " \t\n" }]]);
  for (const [name, value] of options.environment) variables.set(name, { value, exported: true });
  variables.set("PWD", { value: options.cwd, exported: true });
  return {
    machine,
    variables,
    name: "sh",
    args: [],
    functions: new Map(),
    options: new Set(),
    cwd: options.cwd,
    umask: 0o022,
    status: 0,
    onExit: undefined,
    channels: options.channels,
    depth: options.depth,
    tested: 0,
    loops: 0,
    locals: undefined,
    jobs: [],
    substituted: 0,
  };
}

/** A copy for `( ... )`, a pipe, a substitution or the background: what it changes is lost with it. */
export function subshell(shell: Shell, channels: Map<number, Channel> = shell.channels): Shell {
  return {
    ...shell,
    variables: new Map([...shell.variables].map(([name, variable]) => [name, { ...variable }])),
    args: [...shell.args],
    functions: new Map(shell.functions),
    options: new Set(shell.options),
    channels: new Map(channels),
    depth: shell.machine.budget.deepen(shell.depth),
    onExit: undefined,
    locals: shell.locals && new Map(shell.locals),
    loops: 0,
    jobs: [],
  };
}

export function valueOf(shell: Shell, name: string): string | undefined {
  return shell.variables.get(name)?.value;
}

export function assign(shell: Shell, name: string, value: string): void {
  const known = shell.variables.get(name);
  if (known?.readonly) throw new Failed(`${name}: is read only`, 2);
  const exported = known?.exported ?? shell.options.has("a");
  shell.variables.set(name, { value: shell.machine.budget.spend(value), exported });
}

export function environmentOf(shell: Shell): Map<string, string> {
  return new Map(
    [...shell.variables].flatMap(([name, { value, exported }]) =>
      exported && value !== undefined ? [[name, value] as const] : [],
    ),
  );
}

export function say(shell: Shell, text: string): void {
  shell.channels.get(2)?.write?.(`sh: ${text}\n`);
}

/** An error that ends the shell, as POSIX has it for those of expansions, syntax and special builtins. */
export class Failed extends Error {
  constructor(
    message: string,
    readonly status = 2,
  ) {
    super(message);
  }
}

/** `exit`, `return`, and `break` or `continue` out of so many loops. */
export class Leave extends Error {
  constructor(
    readonly kind: "exit" | "return" | "break" | "continue",
    readonly count: number,
  ) {
    super(kind);
  }
}
