/**
 * The plain script that the program is compared with: it registers the same resources with the same inputs, and nothing else. It is
 * generated from the plan that the program makes under mocks, the one that the golden plans are written from, so that both are
 * always of the same resources. Where an input is another resource's output there, it is here.
 */
import { isDeepStrictEqual } from "node:util";
import * as pulumi from "@pulumi/pulumi";
import { nameIn } from "../test/components/support/find.ts";
import { CLIENT_CONFIGURATION, SECRET_TEXTS } from "../test/components/support/mock-answers.ts";
import { runProgram, type Call, type Registration } from "../test/components/support/mock-engine.ts";
import { bare } from "../test/components/support/secrets.ts";

const TOKEN_KEY = "homelab:proxmoxApiToken";

/** How each type is called in its SDK. */
const CLASSES: Record<string, string> = {
  "pulumi:index:Stash": "pulumi.Stash",
  "pulumi:providers:kubernetes": "k8s.Provider",
  "pulumi:providers:proxmoxve": "proxmoxve.Provider",
  "proxmoxve:index/vmLegacy:VmLegacy": "proxmoxve.VmLegacy",
  "proxmoxve:download/file:File": "proxmoxve.download.File",
  "talos:imageFactory/schematic:Schematic": "talos.imagefactory.Schematic",
  "talos:machine/secrets:Secrets": "talos.machine.Secrets",
  "talos:machine/configurationApply:ConfigurationApply": "talos.machine.ConfigurationApply",
  "talos:machine/bootstrap:Bootstrap": "talos.machine.Bootstrap",
  "talos:cluster/kubeconfig:Kubeconfig": "talos.cluster.Kubeconfig",
  "kubernetes:core/v1:Namespace": "k8s.core.v1.Namespace",
  "kubernetes:core/v1:PersistentVolumeClaim": "k8s.core.v1.PersistentVolumeClaim",
  "kubernetes:batch/v1:Job": "k8s.batch.v1.Job",
  "kubernetes:helm.sh/v3:Release": "k8s.helm.v3.Release",
};

const FUNCTIONS: Record<string, string> = {
  "talos:machine/getConfiguration:getConfiguration": "talos.machine.getConfigurationOutput",
  "talos:client/getConfiguration:getConfiguration": "talos.client.getConfigurationOutput",
};

/** The module's text. @param config The stack's configuration, flat, as the engine hands it to a program. */
export async function flatScript(config: Record<string, string>, imports: string): Promise<string> {
  pulumi.runtime.setAllConfig({ ...config, [TOKEN_KEY]: SECRET_TEXTS.token }, [TOKEN_KEY]);
  const { default: program } = await import("../src/index.ts");
  const { resources, calls } = await runProgram(program, { stack: "bench" });
  const custom = resources.filter((resource) => resource.custom);
  const writer = new Writer(custom);
  return [
    imports,
    "export default async () => {",
    "const made = {}, called = {};",
    ...calls.filter(({ token }) => token in FUNCTIONS).map((call) => writer.keepCall(call)),
    ...custom.map((resource) => writer.write(resource)),
    "return {};",
    "};",
    "",
  ]
    .flat()
    .join("\n");
}

class Writer {
  readonly #written = new Set<string>();
  readonly #calls = new Map<string, Call>();

  constructor(private readonly resources: readonly Registration[]) {}

  keepCall(call: Call): string[] {
    this.#calls.set(this.#keyOf(call), call);
    return [];
  }

  #keyOf({ token, inputs }: Call): string {
    return `${token} ${(inputs["machineType"] ?? "") as string}`.trim();
  }

  /** What it needs comes before it. */
  write(resource: Registration): string[] {
    if (this.#written.has(resource.urn)) return [];
    this.#written.add(resource.urn);
    const before: string[] = [];
    const inputs = this.#expression(argumentsOf(resource), before, resource);
    const { provider, protect, ignoreChanges } = resource.options;
    const named = provider !== undefined && this.#find(({ name }) => name === nameIn(provider));
    const options = [
      ...(named ? [`provider: ${this.#refer(named, before)}`] : []),
      ...(protect ? ["protect: true"] : []),
      ...(ignoreChanges ? [`ignoreChanges: ${JSON.stringify(ignoreChanges)}`] : []),
    ];
    const made = CLASSES[resource.type];
    if (made === undefined) throw new Error(`the flat script has no class for ${resource.type}`);
    return [
      ...before,
      `made[${text(resource.name)}] = new ${made}(${text(resource.name)}, ${inputs}, { ${options.join(", ")} });`,
    ];
  }

  #find(is: (resource: Registration) => boolean): Registration | undefined {
    return this.resources.find(is);
  }

  #refer(resource: Registration, before: string[]): string {
    before.push(...this.write(resource));
    return `made[${text(resource.name)}]`;
  }

  #expression(value: unknown, before: string[], owner: Registration): string {
    const plain = bare(value);
    const reference = this.#reference(plain, before, owner);
    if (reference !== undefined) return reference;
    if (plain !== value) return `pulumi.secret(${this.#expression(plain, before, owner)})`;
    if (Array.isArray(value))
      return `[${value.map((item) => this.#expression(item, before, owner)).join(", ")}]`;
    if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "undefined";
    const entries = Object.entries(value).map(
      ([key, inner]) => `${text(key)}: ${this.#expression(inner, before, owner)}`,
    );
    return `{ ${entries.join(", ")} }`;
  }

  /** The output that this value is, by what the mocks answer. */
  #reference(value: unknown, before: string[], owner: Registration): string | undefined {
    const of = (resource: Registration | undefined, property: string) =>
      resource && resource !== owner ? `${this.#refer(resource, before)}.${property}` : undefined;
    const ofType = (type: string) => this.#find((resource) => resource.type === type);
    if (isObject(value)) {
      const secrets = ofType("talos:machine/secrets:Secrets");
      if (isDeepStrictEqual(allBare(value), CLIENT_CONFIGURATION)) return of(secrets, "clientConfiguration");
      if (JSON.stringify(value).includes(SECRET_TEXTS.machineToken)) return of(secrets, "machineSecrets");
      return undefined;
    }
    if (typeof value !== "string") return undefined;
    if (value.startsWith(SECRET_TEXTS.generated))
      return `${this.#call(value.slice(SECRET_TEXTS.generated.length + 1), before, owner)}.machineConfiguration`;
    if (value === SECRET_TEXTS.kubeconfig)
      return of(ofType("talos:cluster/kubeconfig:Kubeconfig"), "kubeconfigRaw");
    if (value.startsWith("hash of "))
      return of(
        this.#find(({ name }) => `hash of ${name}` === value),
        "machineConfigurationHash",
      );
    if (!value.includes(":import/")) return undefined;
    const host = owner.inputs["nodeName"];
    return of(
      this.#find(({ type, inputs }) => type.endsWith(":File") && inputs["nodeName"] === host),
      "id",
    );
  }

  /** The generated config of a role, asked for once. */
  #call(role: string, before: string[], owner: Registration): string {
    const key = `talos:machine/getConfiguration:getConfiguration ${role}`;
    const call = this.#calls.get(key)!;
    const variable = `called[${text(role)}]`;
    if (!this.#written.has(key)) {
      this.#written.add(key);
      const inputs = this.#expression(call.inputs, before, owner);
      before.push(`${variable} = ${FUNCTIONS[call.token]}(${inputs});`);
    }
    return variable;
  }
}

/** Providers are registered with what is no text as JSON, and their classes take it plain. */
function argumentsOf({ type, inputs }: Registration): Registration["inputs"] {
  if (!type.startsWith("pulumi:providers:")) return inputs;
  const plain = (value: unknown) => (value === "true" || value === "false" ? value === "true" : value);
  return Object.fromEntries(Object.entries(inputs).map(([key, value]) => [key, plain(value)]));
}

function text(value: string): string {
  return JSON.stringify(value);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function allBare(value: unknown): unknown {
  const plain = bare(value);
  if (!isObject(plain)) return plain;
  return Object.fromEntries(Object.entries(plain).map(([key, inner]) => [key, allBare(inner)]));
}
