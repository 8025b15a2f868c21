/** Flags of `talosctl upgrade-k8s` (talos v1.12.0 cmd/talosctl/cmd/talos/upgrade-k8s.go and root.go), read as Go's pflag reads them. */

interface Flag {
  short?: string;
  kind: "text" | "list" | "switch";
  initial?: string;
  help: string;
}

export const FLAGS = {
  "apiserver-image": {
    kind: "text",
    initial: "registry.k8s.io/kube-apiserver",
    help: "kube-apiserver image to use",
  },
  cluster: { kind: "text", short: "c", help: "cluster behind a proxy" },
  context: { kind: "text", help: "context of the talosconfig" },
  "controller-manager-image": {
    kind: "text",
    initial: "registry.k8s.io/kube-controller-manager",
    help: "kube-controller-manager image to use",
  },
  "dry-run": { kind: "switch", initial: "false", help: "show what would be done" },
  endpoint: { kind: "text", help: "the cluster's control plane endpoint" },
  endpoints: { kind: "list", short: "e", help: "endpoints instead of those of the talosconfig" },
  from: { kind: "text", help: "version of Kubernetes to upgrade from" },
  "kubelet-image": { kind: "text", initial: "ghcr.io/siderolabs/kubelet", help: "kubelet image to use" },
  nodes: { kind: "list", short: "n", help: "the node to ask" },
  "pre-pull-images": { kind: "switch", initial: "true", help: "pull images before the upgrade" },
  "proxy-image": { kind: "text", initial: "registry.k8s.io/kube-proxy", help: "kube-proxy image to use" },
  "scheduler-image": {
    kind: "text",
    initial: "registry.k8s.io/kube-scheduler",
    help: "kube-scheduler image to use",
  },
  "siderov1-keys-dir": { kind: "text", help: "keys of SideroV1 authentication" },
  talosconfig: { kind: "text", help: "path of the talosconfig" },
  to: { kind: "text", initial: "1.35.0", help: "version of Kubernetes to upgrade to" },
  "upgrade-kubelet": { kind: "switch", initial: "true", help: "upgrade the kubelets" },
  "with-docs": { kind: "switch", initial: "true", help: "machine configs with documentation" },
  "with-examples": { kind: "switch", initial: "true", help: "machine configs with examples" },
} satisfies Record<string, Flag>;

export type FlagName = keyof typeof FLAGS;
export type Given = Partial<Record<FlagName, string>>;

/** What was wrong with the command line, in pflag's and cobra's words. */
export class UsageError extends Error {}

/** @returns Every flag with a value, given or initial; lists joined by commas. */
export function parseFlags(words: string[]): Given {
  const given: Given = {};
  for (const [name, flag] of Object.entries(FLAGS) as [FlagName, Flag][]) {
    if (flag.initial !== undefined) given[name] = flag.initial;
  }
  const left = [...words];
  let commandSeen = false;
  for (let word = left.shift(); word !== undefined; word = left.shift()) {
    if (!word.startsWith("-") || word === "-") {
      if (commandSeen) throw new UsageError(`unknown command "${word}" for "talosctl upgrade-k8s"`);
      commandSeen = true;
      continue;
    }
    const { name, value } = split(word);
    const flag: Flag = FLAGS[name];
    const text = value ?? (flag.kind === "switch" ? "true" : left.shift());
    if (text === undefined) throw new UsageError(`flag needs an argument: ${spelling(word)}`);
    if (flag.kind === "switch" && !/^(1|0|t|f|T|F|true|false|TRUE|FALSE|True|False)$/.test(text)) {
      throw new UsageError(
        `invalid argument "${text}" for "--${name}" flag: strconv.ParseBool: parsing "${text}": invalid syntax`,
      );
    }
    const before = given[name];
    given[name] = flag.kind === "list" && before ? `${before},${text}` : text;
  }
  return given;
}

function split(word: string): { name: FlagName; value?: string } {
  if (word.startsWith("--")) {
    const [name = "", ...rest] = word.slice(2).split("=");
    if (!Object.hasOwn(FLAGS, name)) throw new UsageError(`unknown flag: --${name}`);
    return { name: name as FlagName, ...(rest.length > 0 ? { value: rest.join("=") } : {}) };
  }
  const letter = word[1]!;
  const found = (Object.entries(FLAGS) as [FlagName, Flag][]).find(([, { short }]) => short === letter);
  if (!found) throw new UsageError(`unknown shorthand flag: '${letter}' in ${word}`);
  const rest = word.slice(2).replace(/^=/, "");
  return { name: found[0], ...(rest ? { value: rest } : {}) };
}

function spelling(word: string): string {
  return word.startsWith("--") ? word : `'${word[1]}' in ${word}`;
}

export function isTrue(value: string | undefined): boolean {
  return /^(1|t|T|true|TRUE|True)$/.test(value ?? "");
}

export function usage(): string {
  const names = Object.entries(FLAGS).map(([name, flag]) => {
    const { short, kind, initial, help } = flag as Flag;
    const head = `${short ? `-${short}, ` : "    "}--${name}${kind === "switch" ? "" : kind === "list" ? " strings" : " string"}`;
    return { head, tail: help + (initial && initial !== "false" ? ` (default ${initial})` : "") };
  });
  const width = Math.max(...names.map(({ head }) => head.length)) + 3;
  const lines = names.map(({ head, tail }) => `  ${head.padEnd(width)}${tail}`);
  return ["Usage:", "  talosctl upgrade-k8s [flags]", "", "Flags:", ...lines, ""].join("\n");
}
