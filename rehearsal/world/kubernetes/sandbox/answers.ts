/** What a command of the sandbox answers, and how its options are read. */

export interface Answer {
  code: number;
  out: string;
  err: string;
}

/** One command that a script runs. */
export interface Call {
  name: string;
  args: string[];
  cwd: string;
  umask: number;
  environment: Map<string, string>;
  /** What is left of standard input. */
  input(): string;
  /** Runs another command, which writes for itself; its exit status comes back. */
  run(words: string[], environment?: Map<string, string>): Promise<number>;
}

export function ok(out = ""): Answer {
  return { code: 0, out, err: "" };
}

export function fail(...lines: string[]): Answer {
  return { code: 1, out: "", err: lines.map((line) => `${line}\n`).join("") };
}

export interface Options {
  flags: Set<string>;
  values: Map<string, string>;
  rest: string[];
}

/** Short options may be joined, options with a value take it joined, after `=`, or as the next word. */
export function splitOptions(args: string[], valued: string[]): Options {
  const flags = new Set<string>();
  const values = new Map<string, string>();
  const rest: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? "";
    if (arg === "--") {
      rest.push(...args.slice(i + 1));
      break;
    }
    if (arg.startsWith("--")) {
      const [name = "", value] = arg.slice(2).split(/=(.*)/s, 2);
      if (valued.includes(name)) values.set(name, value ?? args[++i] ?? "");
      else flags.add(name);
    } else if (/^-[A-Za-z0-9]/.test(arg)) {
      for (let j = 1; j < arg.length; j++) {
        const name = arg[j] ?? "";
        if (valued.includes(name)) {
          values.set(name, arg.slice(j + 1).replace(/^=/, "") || (args[++i] ?? ""));
          break;
        }
        flags.add(name);
      }
    } else rest.push(arg);
  }
  return { flags, values, rest };
}
