/** The wrapping by which secrets travel to the engine. */
import type * as pulumi from "@pulumi/pulumi";

const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";

/** A secret as the engine gets it. */
export function secret(value: unknown): object {
  return { [SIGNATURE]: SECRET, value };
}

function isSecret(value: unknown): value is { value: unknown } {
  return (
    typeof value === "object" && value !== null && (value as Record<string, unknown>)[SIGNATURE] === SECRET
  );
}

/** The same value with `mask` in the place of every secret. */
export function masked(value: unknown, mask: unknown = "[secret]"): unknown {
  if (isSecret(value)) return mask;
  if (Array.isArray(value)) return value.map((item) => masked(item, mask));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, masked(inner, mask)]));
}

/** A secret's value; what is none, as it is. */
export function bare(value: unknown): unknown {
  return isSecret(value) ? value.value : value;
}

/** An output's value, wrapped if it is a secret. */
export async function settled(output: pulumi.Output<unknown>): Promise<unknown> {
  // Not in the SDK's types, but it is how the SDK itself asks.
  const { isSecret: asked } = output as unknown as { isSecret: Promise<boolean> };
  const value = await new Promise((resolve) => output.apply(resolve));
  return (await asked) ? secret(value) : value;
}
