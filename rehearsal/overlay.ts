/** Sets one value inside a configuration, by its path. */
import { UserError } from "./user-error.ts";

const SPECIAL = ["__proto__", "constructor", "prototype"];

export function isSpecialKey(key: string): boolean {
  return SPECIAL.includes(key);
}

/**
 * @param keys Names, and indices of lists. Mappings on the way are made; a list takes an index that it has, or as a whole new
 *   element the one behind its last.
 * @throws {UserError} when the path leads nowhere.
 */
export function setAt(tree: Record<string, unknown>, keys: string[], value: unknown): void {
  let at: Record<string, unknown> = tree;
  keys.forEach((key, depth) => {
    const path = pathOf(keys.slice(0, depth + 1));
    const last = depth === keys.length - 1;
    if (isSpecialKey(key)) throw new UserError(`--config ${path}: ${key} is no key of a configuration.`);
    if (Array.isArray(at)) checkIndex(at, key, path, pathOf(keys.slice(0, depth)), last);
    if (last) {
      at[key] = value;
      return;
    }
    const next = Object.hasOwn(at, key) ? (at[key] ?? undefined) : undefined;
    if (next !== undefined && typeof next !== "object")
      throw new UserError(`--config ${pathOf(keys)}: ${path} holds a plain value, nothing is inside it.`);
    at = (at[key] = next ?? {}) as Record<string, unknown>;
  });
}

function checkIndex(list: unknown[], key: string, path: string, listPath: string, last: boolean): void {
  const has = list.length === 1 ? "1 element" : `${list.length} elements`;
  if (!/^[0-9]+$/.test(key))
    throw new UserError(
      `--config ${path}: ${listPath} is a list of ${has}; name one by its index, ${listPath}[0].`,
    );
  if (Number(key) < list.length || (last && Number(key) === list.length)) return;
  const range = list.length > 0 ? `; the last one is ${listPath}[${list.length - 1}]` : "";
  throw new UserError(
    `--config ${path}: ${listPath} has ${has}${range}. To append one, give it whole: ${listPath}[${list.length}]={...}.`,
  );
}

function pathOf(keys: string[]): string {
  return keys
    .map((key, index) => (index === 0 ? key : /^[0-9]+$/.test(key) ? `[${key}]` : `.${key}`))
    .join("");
}
