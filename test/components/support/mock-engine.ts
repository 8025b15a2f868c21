/**
 * Pulumi's mocks in the engine's place, with everything kept that a program says when it registers a resource: inputs
 * (secrets still wrapped), options, and the hooks themselves, so that a test can run them as the engine would.
 */
import * as pulumi from "@pulumi/pulumi";
import * as settings from "@pulumi/pulumi/runtime/settings.js";
import * as state from "@pulumi/pulumi/runtime/state.js";
import { answerCall, answerResource, type Answers } from "./mock-answers.ts";

export type Values = Record<string, unknown>;

export interface Registration {
  urn: string;
  type: string;
  name: string;
  /** URN of the parent, empty for a root. */
  parent: string;
  custom: boolean;
  /** Secrets arrive wrapped: compare with {@link secret}. */
  inputs: Values;
  /** What a component registered as its outputs. */
  outputs?: Values;
  options: RegistrationOptions;
}

/** Only what was set; resources by URN. */
export interface RegistrationOptions {
  protect?: boolean;
  retainOnDelete?: boolean;
  provider?: string;
  dependsOn?: string[];
  ignoreChanges?: string[];
  replaceOnChanges?: string[];
  replaceWith?: string[];
  /** Another value than last time replaces the resource. */
  replacementTrigger?: unknown;
  deletedWith?: string;
  deleteBeforeReplace?: boolean;
  aliases?: number;
  importId?: string;
  additionalSecretOutputs?: string[];
  timeouts?: Values;
  /** Names by kind; the callbacks are in {@link Run.hooks}. */
  hooks?: Record<string, string[]>;
}

export type Hook = (args: Values) => unknown;

export interface Call {
  token: string;
  inputs: Values;
  /** The provider asked, where the program names one. */
  provider?: string;
}

export interface Run<T> {
  result: T;
  /** Sorted by URN. */
  resources: Registration[];
  /** Every function that was called, in order; it goes on growing when a test runs a hook. */
  calls: Call[];
  hooks: Map<string, Hook>;
}

const PROJECT = "homelab";

/** The SDK's own, which its types leave out. */
const internals = { ...settings, ...state, ...pulumi.runtime } as unknown as {
  waitForRPCs: () => Promise<void>;
  getStore: () => { callbacks: unknown };
  getMonitor: () => Monitor;
  deserializeProperties: (message: unknown, keepUnknowns: boolean) => Values;
};

/** Runs a program to the end of its registrations. Runs must not overlap: the SDK's state is one per process. */
export async function runProgram<T>(
  program: () => T | Promise<T>,
  {
    stack = "test",
    preview = false,
    answers = {},
  }: { stack?: string; preview?: boolean; answers?: Answers } = {},
): Promise<Run<T>> {
  const calls: Call[] = [];
  const hooks = new Map<string, Hook>();
  const resources = new Map<string, Registration>();

  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs }) => answerResource(type, name, inputs as Values, answers),
      call: ({ token, inputs, provider }) => {
        calls.push({ token, inputs: inputs as Values, ...(provider && { provider }) });
        return answerCall(token, inputs as Values, answers);
      },
    },
    PROJECT,
    stack,
    preview,
    // As a backend without organizations calls it.
    "organization",
  );
  // The mocks know nothing of hooks, and would have a callback server reached that nobody serves.
  internals.getStore().callbacks = {
    awaitStackRegistrations: () => Promise.resolve(),
    registerResourceHook: (hook: { name: string; callback: Hook }) => keep(hooks, hook),
    registerErrorHook: (hook: { name: string; callback: Hook }) => keep(hooks, hook),
  };
  watchMonitor(resources);

  const result = await program();
  await internals.waitForRPCs();
  const byUrn = [...resources.values()].sort((a, b) => (a.urn < b.urn ? -1 : 1));
  return { result, resources: byUrn, calls, hooks };
}

function keep(hooks: Map<string, Hook>, { name, callback }: { name: string; callback: Hook }): Promise<void> {
  if (hooks.has(name)) throw new Error(`two hooks are named ${name}, which the engine refuses`);
  hooks.set(name, callback);
  return Promise.resolve();
}

type Getter = `get${string}`;
type Message = Record<Getter, () => unknown>;
interface JavaScriptValue {
  toJavaScript(): unknown;
}
type Answered = (error: unknown, response?: { getUrn(): string }) => void;
interface Monitor {
  registerResource: (request: Message, callback: Answered) => Promise<void>;
  registerResourceOutputs: (request: Message, callback: Answered) => void;
}

function watchMonitor(resources: Map<string, Registration>): void {
  const monitor = internals.getMonitor();
  const register = monitor.registerResource.bind(monitor);
  const registerOutputs = monitor.registerResourceOutputs.bind(monitor);

  monitor.registerResource = (request, callback) =>
    register(request, (error, response) => {
      const urn = response?.getUrn();
      if (urn !== undefined) {
        if (resources.has(urn)) error = new Error(`two resources have the URN ${urn}`);
        resources.set(urn, toRegistration(urn, request));
      }
      callback(error, response);
    });
  monitor.registerResourceOutputs = (request, callback) => {
    const outputs = properties(request.getOutputs!());
    const resource = resources.get(request.getUrn!() as string);
    if (resource && Object.keys(outputs).length > 0) resource.outputs = outputs;
    registerOutputs(request, callback);
  };
}

function properties(message: unknown): Values {
  return internals.deserializeProperties(message, true);
}

function toRegistration(urn: string, request: Message): Registration {
  return {
    urn,
    type: request.getType!() as string,
    name: request.getName!() as string,
    parent: request.getParent!() as string,
    custom: request.getCustom!() as boolean,
    inputs: properties(request.getObject!()),
    options: toOptions(request),
  };
}

function toOptions(request: Message): RegistrationOptions {
  const timeouts = (request.getCustomtimeouts!() as { toObject(): Values } | undefined)?.toObject() ?? {};
  const options: RegistrationOptions = {
    protect: request.getProtect!() as boolean | undefined,
    retainOnDelete: request.getRetainondelete!() as boolean | undefined,
    provider: request.getProvider!() as string,
    dependsOn: sorted(request.getDependenciesList!()),
    ignoreChanges: request.getIgnorechangesList!() as string[],
    replaceOnChanges: request.getReplaceonchangesList!() as string[],
    replaceWith: sorted(request.getReplaceWithList!()),
    replacementTrigger: (request.getReplacementTrigger!() as JavaScriptValue | undefined)?.toJavaScript(),
    deletedWith: request.getDeletedwith!() as string,
    deleteBeforeReplace: request.getDeletebeforereplace!() as boolean,
    aliases: (request.getAliasesList!() as unknown[]).length,
    importId: request.getImportid!() as string,
    additionalSecretOutputs: request.getAdditionalsecretoutputsList!() as string[],
    timeouts: Object.fromEntries(Object.entries(timeouts).filter(([, value]) => value !== "")),
    hooks: toHooks(request.getHooks!() as Message | undefined),
  };
  return Object.fromEntries(Object.entries(options).filter(([, value]) => isSet(value)));
}

const HOOKS = [
  "BeforeCreate",
  "AfterCreate",
  "BeforeUpdate",
  "AfterUpdate",
  "BeforeDelete",
  "AfterDelete",
  "OnError",
];

function toHooks(binding: Message | undefined): Record<string, string[]> {
  const entries = HOOKS.map((kind): [string, string[]] => [
    kind[0]!.toLowerCase() + kind.slice(1),
    (binding?.[`get${kind}List`]?.() ?? []) as string[],
  ]);
  return Object.fromEntries(entries.filter(([, names]) => names.length > 0));
}

function sorted(list: unknown): string[] {
  return [...(list as string[])].sort();
}

function isSet(value: unknown): boolean {
  if (value === undefined || value === "" || value === false || value === 0) return false;
  return typeof value !== "object" || value === null || Object.keys(value).length > 0;
}
