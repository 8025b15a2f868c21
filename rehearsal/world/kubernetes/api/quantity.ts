/** Kubernetes's numbers with a suffix (apimachinery pkg/api/resource: quantity.go, suffix.go). */
import { GiB, MiB } from "../../kernel/units.ts";

const SUFFIXES: Record<string, number> = {
  "": 1,
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 1024,
  Mi: MiB,
  Gi: GiB,
  Ti: 1024 * GiB,
  Pi: 1024 ** 5,
  Ei: 1024 ** 6,
};

const QUANTITY = /^([+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+))((?:[numkMGTPE]|[KMGTPE]i)?|[eE][+-]?[0-9]+)$/;

export function isQuantity(text: string): boolean {
  return QUANTITY.test(text);
}

/** As a number, which may be a fraction; undefined when it is none. */
export function parseQuantity(text: string): number | undefined {
  const [, number, suffix = ""] = QUANTITY.exec(text) ?? [];
  if (number === undefined) return undefined;
  const factor = SUFFIXES[suffix] ?? Number(`1${suffix}`);
  return Number(number) * factor;
}
