import * as pulumi from "@pulumi/pulumi";

/** A request as the engine would get it. */
export interface Request {
  token: string;
  name?: string;
  id?: string;
  /** The explicit provider, as urn::id. */
  provider?: string;
  /** Secrets arrive wrapped: compare with {@link secret}. */
  inputs: unknown;
  version: string;
  pluginDownloadURL: string;
  additionalSecretOutputs?: string[];
}

interface Message {
  getVersion(): string;
  getPlugindownloadurl(): string;
  getAdditionalsecretoutputsList?(): string[];
}

type Handler = (message: Message, callback: unknown) => unknown;
type Monitor = Record<"registerResource" | "readResource" | "invoke" | "call", Handler | undefined>;

export interface FakeEngine {
  /** Every create, read and invoke so far. */
  requests: Request[];
}

/**
 * Puts Pulumi's mocks in the engine's place and records what they do not show: the plugin that each request names,
 * and which outputs it asks to keep secret.
 * @param answer the outputs of a resource, or the result of a function; by default the inputs come back
 */
export async function fakeEngine(
  options: {
    answer?: (request: { token: string; inputs: Record<string, unknown> }) => object;
    preview?: boolean;
  } = {},
): Promise<FakeEngine> {
  const { answer = ({ inputs }) => inputs, preview = false } = options;
  const requests: Request[] = [];
  const seen: Omit<Request, "version" | "pluginDownloadURL" | "additionalSecretOutputs">[] = [];

  await pulumi.runtime.setMocks(
    {
      newResource({ type, name, id, provider, inputs }) {
        seen.push({ token: type, name, ...(id ? { id } : {}), ...(provider ? { provider } : {}), inputs });
        return {
          id: id || `${name}-id`,
          state: answer({ token: type, inputs: inputs as Record<string, unknown> }),
        };
      },
      call({ token, provider, inputs }) {
        seen.push({ token, ...(provider ? { provider } : {}), inputs });
        return answer({ token, inputs: inputs as Record<string, unknown> });
      },
    },
    "project",
    "stack",
    preview,
  );

  const monitor = (pulumi.runtime as unknown as { getMonitor(): Monitor }).getMonitor();
  for (const method of ["registerResource", "readResource", "invoke"] as const) {
    const original = monitor[method]?.bind(monitor);
    monitor[method] = (message, callback) => {
      const before = seen.length;
      // The mocks are called before the first await, so what they saw last belongs to this message.
      const result = original?.(message, callback);
      const request = seen[before];
      if (request) {
        requests.push({
          ...request,
          version: message.getVersion(),
          pluginDownloadURL: message.getPlugindownloadurl(),
          ...(message.getAdditionalsecretoutputsList
            ? { additionalSecretOutputs: message.getAdditionalsecretoutputsList() }
            : {}),
        });
      }
      return result;
    };
  }
  return { requests };
}

/** The wrapping by which a secret travels to the engine. */
export function secret(value: unknown): object {
  return { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", value };
}

/** Waits for an output's value, or for the error that kept it from having one. */
export function valueOf<T>(output: pulumi.Output<T>): Promise<T> {
  return (output as unknown as { promise(): Promise<T> }).promise();
}
