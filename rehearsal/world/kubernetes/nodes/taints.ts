import type { Toleration } from "../pods/spec.ts";

/** Taints are kept as `key=value:Effect` or `key:Effect`, as people write them. */
export interface Taint {
  key: string;
  value?: string;
  effect: string;
}

export function parseTaint(text: string): Taint {
  const [pair = "", effect = ""] = text.split(/:(?=[^:]*$)/);
  const [key = "", value] = pair.split("=", 2);
  return { key, ...(value !== undefined && { value }), effect };
}

/** A toleration without a key is for all of them (kubernetes component-helpers, scheduling/corev1/helpers.go). */
export function tolerates(toleration: Toleration, { key, value = "", effect }: Taint): boolean {
  if (toleration.effect && toleration.effect !== effect) return false;
  const exists = toleration.operator === "Exists";
  if (!toleration.key) return exists;
  return toleration.key === key && (exists || (toleration.value ?? "") === value);
}
