/** What a running shell knows, and how it ends what it does. */
import type { CommandNode } from "unbash";
import type { Budget } from "../budget.ts";
import type { Outside } from "../commands/call.ts";
import type { ContainerFs } from "../filesystem.ts";

export interface Machine {
  fs: ContainerFs;
  budget: Budget;
  outside: Outside;
}

export interface Shell {
  machine: Machine;
  variables: Map<string, string>;
  /** The positional parameters. */
  args: string[];
  functions: Map<string, CommandNode>;
  /** Letters of `set`. */
  options: Set<string>;
  status: number;
  /** Status of the last command substitution in a command without a name. */
  substituted: number;
  /** What is left of standard input. */
  input: { text: string };
  out: (text: string) => void;
  err: (text: string) => void;
  depth: number;
  /** Above zero where a failure is asked for, so that `set -e` does not end the shell. */
  tested: number;
}

/** A copy for a pipe or a substitution: what it changes is lost with it. */
export function subshell(shell: Shell, more: Partial<Shell> = {}): Shell {
  return {
    ...shell,
    variables: new Map(shell.variables),
    functions: new Map(shell.functions),
    options: new Set(shell.options),
    depth: shell.machine.budget.deepen(shell.depth),
    ...more,
  };
}

export function assign(shell: Shell, name: string, value: string): void {
  shell.variables.set(name, shell.machine.budget.spend(value));
}

/** An error that ends the shell, as POSIX has it for those of expansions and of syntax. */
export class Failed extends Error {
  readonly status = 2;
}

/** `exit`, `return`, `break` or `continue`. */
export class Leave extends Error {
  constructor(
    readonly kind: "exit" | "return" | "break" | "continue",
    readonly status = 0,
  ) {
    super(kind);
  }
}
