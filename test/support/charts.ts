/** How Helm puts values on top of a chart's defaults, and which of them the chart has no key for. */
export type Values = Record<string, unknown>;

export function isMap(value: unknown): value is Values {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Helm's coalescing: maps are merged, a null takes the chart's key away, everything else replaces. */
export function coalesced(defaults: Values, values: Values): Values {
  const merged: Values = { ...defaults };
  for (const [key, value] of Object.entries(values)) {
    if (value === null) delete merged[key];
    else merged[key] = isMap(value) ? coalesced(isMap(merged[key]) ? merged[key] : {}, value) : value;
  }
  return merged;
}

/** Paths of values that the chart has no key for: it would ignore them, or fail on them. */
export function unknownPaths(defaults: Values, values: Values, path = ""): string[] {
  return Object.entries(values).flatMap(([key, value]) => {
    if (!(key in defaults)) return [`${path}${key}`];
    const known = defaults[key];
    // An empty map, or none, takes whatever it is given.
    return isMap(value) && isMap(known) && Object.keys(known).length > 0
      ? unknownPaths(known, value, `${path}${key}.`)
      : [];
  });
}

/** What a chart has in the sections that this program sets. @param leaf What becomes of a value that is no map. */
export function sections(
  values: Values,
  names: readonly string[],
  leaf: (value: unknown) => unknown,
): Values {
  const reduce = (value: unknown): unknown =>
    isMap(value)
      ? Object.fromEntries(Object.entries(value).map(([key, each]) => [key, reduce(each)]))
      : leaf(value);
  return Object.fromEntries(names.map((name) => [name, reduce(values[name])]));
}
