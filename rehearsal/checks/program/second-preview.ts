/** An `up` that never comes to rest: what it would do again although nothing changed. */
import type { SecondPreview } from "../../engine/second-preview.ts";
import { type Evidence, verdict } from "../check.ts";

/**
 * A difference that comes back at every `up` costs more than its own update: it hides the changes that are meant, and each
 * one is applied to running machines.
 */
export function secondPreviewEmpty({ secondPreviews, touchedByPreviews }: Evidence) {
  if (!secondPreviews) return undefined; // `up` itself failed, so much is left to do
  return verdict(
    "second-preview",
    [
      ...secondPreviews.flatMap(causes),
      ...(touchedByPreviews ?? []).map((text) => `a preview did something: ${text}`),
    ],
    "a second preview has nothing to do, with a refresh before it and without",
  );
}

function causes({ refreshed, operations, outputs, errors }: SecondPreview): string[] {
  const which = refreshed ? "a second preview after a refresh" : "a second preview";
  return [
    ...errors.map((error) => `${which} fails: ${error}`),
    ...operations.map(
      ({ op, name, diffs }) => `${which} would ${op} ${name}${diffs ? ` (${diffs.join(", ")})` : ""}`,
    ),
    ...(outputs.length > 0 ? [`${which} would change the outputs ${outputs.join(", ")}`] : []),
  ];
}
