/** Tables as talosctl prints them (Go's tabwriter, three spaces between columns): a cell starts where its heading does. */

export type Row = Record<string, string>;

/** Rows by heading; none when nothing was printed, which is how talosctl shows an empty list. */
export function parseTable(text: string): Row[] {
  const [header, ...lines] = text.split("\n").filter((line) => line.trim() !== "");
  if (header === undefined) return [];
  // A heading may be of several words, with one space between them.
  const headings = [...header.matchAll(/\S+(?: \S+)*/g)].map((match) => ({
    name: match[0],
    start: match.index,
  }));
  return lines.map((line) =>
    Object.fromEntries(
      headings.map(({ name, start }, index) => [name, line.slice(start, headings[index + 1]?.start).trim()]),
    ),
  );
}

/** @throws When the table has no such column: then talosctl is of another kind than the one this was written for. */
export function cell(row: Row, heading: string): string {
  const value = row[heading];
  if (value === undefined)
    throw new Error(`talosctl printed no column ${heading}, only ${Object.keys(row).join(", ")}`);
  return value;
}
