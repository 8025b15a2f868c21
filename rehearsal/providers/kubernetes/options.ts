/**
 * The provider's options: what each is when nobody sets it, and which environment variable stands in for it (pulumi-kubernetes
 * provider/pkg/provider/provider.go, Configure and CheckConfig). An option that this rehearsal cannot honour is refused, never ignored.
 */
import type { CheckResult, PropertyMap } from "../server/index.ts";

interface Switch {
  variable: string;
  /** What holds when neither the option nor the variable is set. */
  otherwise: boolean;
}

const SWITCHES = {
  deleteUnreachable: { variable: "PULUMI_K8S_DELETE_UNREACHABLE", otherwise: false },
  skipUpdateUnreachable: { variable: "PULUMI_K8S_SKIP_UPDATE_UNREACHABLE", otherwise: false },
  upsertExistingObjects: { variable: "PULUMI_K8S_UPSERT_EXISTING_OBJECTS", otherwise: false },
  enableConfigMapMutable: { variable: "PULUMI_K8S_ENABLE_CONFIGMAP_MUTABLE", otherwise: false },
  enableSecretMutable: { variable: "PULUMI_K8S_ENABLE_SECRET_MUTABLE", otherwise: false },
} satisfies Record<string, Switch>;

export type Switches = Record<keyof typeof SWITCHES, boolean>;

/** Provider arguments that are no strings arrive as JSON text; only the word `true` turns one on. */
export function readSwitches(args: PropertyMap, environment: NodeJS.ProcessEnv): Switches {
  const value = (name: string, { variable, otherwise }: Switch): boolean => {
    const given = args[name] ?? environment[variable];
    return given === undefined ? otherwise : on(given);
  };
  return Object.fromEntries(
    Object.entries(SWITCHES).map(([name, one]) => [name, value(name, one)]),
  ) as Switches;
}

const set = (value: unknown): boolean => value !== undefined && value !== null && value !== "";
const on = (value: unknown): boolean => value === true || value === "true";

/** Why an option cannot be had here, by its name. */
const NOT_REHEARSED: Record<string, { refuses: (value: unknown) => boolean; why: string }> = {
  enableServerSideApply: {
    refuses: (value) => set(value) && !on(value),
    why: "client-side apply is not rehearsed",
  },
  renderYamlToDirectory: { refuses: set, why: "manifests are not rendered in a rehearsal" },
  cluster: { refuses: set, why: "the kubeconfig's current context is the one that is used" },
  context: { refuses: set, why: "the kubeconfig's current context is the one that is used" },
  // Without one the plugin takes KUBECONFIG, or the person's own file (client-go, clientcmd: NewDefaultClientConfigLoadingRules).
  kubeconfig: {
    refuses: (value) => !set(value),
    why: "without it the plugin would take the person's own cluster",
  },
  helmReleaseSettings: { refuses: set, why: "Helm's own settings are not rehearsed" },
};

export function checkOptions(inputs: PropertyMap): CheckResult {
  const failures = Object.entries(NOT_REHEARSED).flatMap(([property, { refuses, why }]) =>
    refuses(inputs[property]) ? [{ property, reason: `${property}: ${why}` }] : [],
  );
  if (on(inputs["alwaysRender"]) && !set(inputs["renderYamlToDirectory"])) {
    failures.push({ property: "alwaysRender", reason: "alwaysRender needs renderYamlToDirectory" });
  }
  return { inputs, ...(failures.length > 0 ? { failures } : {}) };
}
