/** The user's own talosctl, with this cluster's credentials. */
import { CLIENT_VERSION, type Access } from "./commands.ts";
import { clientVersion } from "./answers.ts";
import type { TalosCredentials } from "./talosconfig.ts";
import { ProgramFailed, ProgramMissing, runProgram, type RunOptions } from "./run-program.ts";

/** Seconds for a question that a healthy node answers at once. */
const QUESTION = 30;

export class Talosctl {
  readonly #secrets: string[];

  constructor(
    readonly program: string,
    readonly access: Access,
    { caCertificate, clientCertificate, clientKey }: TalosCredentials,
  ) {
    this.#secrets = [clientKey, clientCertificate, caCertificate].flatMap((value) => [
      value,
      ...pemLines(Buffer.from(value, "base64").toString("utf8")),
    ]);
  }

  async version(): Promise<string> {
    return clientVersion(await this.run(CLIENT_VERSION));
  }

  /** @param args From {@link commands}. */
  async run(args: readonly string[], options: Partial<RunOptions> = {}): Promise<string> {
    try {
      return await runProgram(this.program, args, { seconds: QUESTION, ...options, secrets: this.#secrets });
    } catch (error) {
      if (error instanceof ProgramMissing)
        throw new Error(
          `${error.message}: an upgrade is done by talosctl. Install it from https://github.com/siderolabs/talos/releases, on the ` +
            "PATH or where homelab:upgrade.talosctl says",
          { cause: error },
        );
      if (error instanceof ProgramFailed) throw new TalosctlFailed(spoken(args), error);
      throw error;
    }
  }
}

/** Outputs are cleaned line by line, so each line of a key counts, but for those that say what follows. */
function pemLines(pem: string): string[] {
  return pem.split("\n").filter((line) => line.trim() !== "" && !line.startsWith("-----"));
}

/** What was asked, why it failed, and the last lines of the output. */
export class TalosctlFailed extends Error {
  readonly stdout: string;
  readonly timedOut: boolean;

  constructor(command: string, { message, stdout, timedOut }: ProgramFailed) {
    super(`\`talosctl ${command}\`: ${message}`);
    this.stdout = stdout;
    this.timedOut = timedOut;
  }
}

/** The command without where and by what it reaches the nodes: `etcd status`. */
export function spoken(args: readonly string[]): string {
  const words: string[] = [];
  for (let index = 0; index < args.length; index++) {
    if (["--talosconfig", "-e", "-n"].includes(args[index]!)) index++;
    else words.push(args[index]!);
  }
  return words.join(" ");
}
