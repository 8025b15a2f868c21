/**
 * What every class and function of this package shares. Not part of the public surface: nothing here is re-exported.
 *
 * The classes `declare` their fields, because the base constructor sets them: an ordinary field is defined after that
 * under ES2022 rules, and would put undefined over every output.
 */
import * as pulumi from "@pulumi/pulumi";

/** The plugin that the types were written for; a test keeps it equal to package.json. */
export const version = "0.8.1";

/** Every request names the plugin, so that the engine can fetch it without the program's package.json. */
export const plugin = { version, pluginDownloadURL: "github://api.github.com/pulumiverse" } as const;

type Role<Args, K> = K extends keyof Args ? (undefined extends Args[K] ? "optional" : "required") : "output";

/**
 * One role for each property of a resource. The compiler holds it to the argument and state types: a forgotten
 * property, or a required one called optional, does not compile. "secret" wraps the input and marks the output.
 */
export type Roles<Args, State> = { readonly [K in keyof State]-?: Role<Args, K> | `${Role<Args, K>} secret` };

/** The same for a function, which has inputs only. */
export type InputRoles<Args> = { readonly [K in keyof Args]-?: Role<Args, K> };

/** `T` with a promise or an output allowed in place of every value, at every depth. */
export type AsInputs<T> = T extends string | number | boolean
  ? T
  : T extends readonly (infer Item)[]
    ? pulumi.Input<AsInputs<Item>>[]
    : { [K in keyof T]: pulumi.Input<AsInputs<Exclude<T[K], undefined>>> };

type Given = Record<string, unknown> | undefined;

const isSet = (value: unknown) => value !== undefined && value !== null;

/** Throws an error that names all the missing properties at once. */
function checkRequired(what: string, roles: Record<string, string>, given: Given): void {
  const missing = Object.keys(roles).filter(
    (key) => roles[key]?.startsWith("required") && !isSet(given?.[key]),
  );
  if (missing.length > 0) {
    throw new Error(
      `${what} needs ${missing.map((key) => `"${key}"`).join(" and ")}, which ${missing.length > 1 ? "are" : "is"} not set`,
    );
  }
}

/** Describes one resource type: its token, and what becomes of each property. */
export function resourceType<Args extends object, State extends object>(
  token: string,
  roles: Roles<Args, State>,
) {
  const roleOf: Record<string, string> = roles;
  const keys = Object.keys(roleOf);
  const secrets = keys.filter((key) => roleOf[key]?.endsWith("secret"));

  /** Inputs of a new resource. Outputs are named too, as undefined: that is how the SDK learns which fields to make. */
  function create(given: Given): pulumi.Inputs {
    const entries = keys.map((key): [string, unknown] => {
      const value = roleOf[key]?.startsWith("output") ? undefined : given?.[key];
      return [key, isSet(value) && secrets.includes(key) ? pulumi.secret(value) : value];
    });
    return Object.fromEntries(entries);
  }

  return {
    token,

    /** The arguments for the constructor of `pulumi.CustomResource`: to create, or with `opts.id` to look up. */
    construct(
      name: string,
      argsOrState: Args | State | undefined,
      opts: pulumi.CustomResourceOptions = {},
    ): [token: string, name: string, inputs: pulumi.Inputs, opts: pulumi.CustomResourceOptions] {
      const given = argsOrState as Given;
      const marks = secrets.length > 0 ? { additionalSecretOutputs: secrets } : {};
      const merged = pulumi.mergeOptions({ ...plugin, ...marks }, opts);
      if (opts.id) return [token, name, Object.fromEntries(keys.map((key) => [key, given?.[key]])), merged];
      // With a urn the engine already has the resource: it hands back its properties and takes none.
      if (!opts.urn) checkRequired(`${token} "${name}"`, roleOf, given);
      return [token, name, create(given), merged];
    },

    /** Compares type tokens, which also works across two copies of this package in one process. */
    is(obj: unknown): boolean {
      return (
        typeof obj === "object" && obj !== null && (obj as { __pulumiType?: unknown }).__pulumiType === token
      );
    },
  };
}

/** Makes the two forms of one provider function. */
export function providerFunction<Args extends object, Result>(token: string, roles: InputRoles<Args>) {
  const roleOf: Record<string, string> = roles;

  function prepare(args: object | undefined, opts: pulumi.InvokeOutputOptions | undefined) {
    const given = args as Given;
    checkRequired(token, roleOf, given);
    return {
      inputs: Object.fromEntries(Object.keys(roleOf).map((key) => [key, given?.[key]])),
      // Typed for resources, but the merge is by property and these have the same meaning for an invoke.
      opts: pulumi.mergeOptions(plugin, opts) as pulumi.InvokeOutputOptions,
    };
  }

  return {
    /** Plain values in and out. Secretness does not survive it: what comes back is bare. */
    async invoke(args: Args | undefined, opts?: pulumi.InvokeOptions): Promise<Result> {
      const call = prepare(args, opts);
      return (await pulumi.runtime.invoke(token, call.inputs, call.opts)) as Result;
    },

    /** Outputs in, an output back: secret if an input or a result is, unknown while an input is. */
    invokeOutput(args: AsInputs<Args> | undefined, opts?: pulumi.InvokeOutputOptions): pulumi.Output<Result> {
      const call = prepare(args, opts);
      return pulumi.runtime.invokeOutput<Result>(token, call.inputs, call.opts);
    },
  };
}
