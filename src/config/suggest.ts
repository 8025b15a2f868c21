/** "Did you mean": the known word nearest to what was written, if it is near enough to be a slip. */

/** Longer words are never a slip of a known one, and comparing them would cost time. */
const LONGEST = 64;

export function suggest(written: string, known: readonly string[]): string | undefined {
  if (written.length === 0 || written.length > LONGEST) return undefined;
  const wanted = simplify(written);
  let best: { word: string; distance: number } | undefined;
  for (const word of known) {
    const distance = editDistance(wanted, simplify(word));
    if (distance <= Math.max(1, Math.floor(word.length / 3)) && (!best || distance < best.distance)) {
      best = { word, distance };
    }
  }
  return best?.word;
}

/** `; did you mean "vmId"?`, or nothing. */
export function didYouMean(written: string, known: readonly string[]): string {
  const word = suggest(written, known);
  return word === undefined ? "" : `; did you mean "${word}"?`;
}

/** `data_disk`, `DataDisk` and `dataDisk` are one word to a reader. */
function simplify(word: string): string {
  return word.toLowerCase().replace(/[-_. ]/g, "");
}

/** Insertions, deletions, replacements and swaps of neighbours cost one each (optimal string alignment). */
export function editDistance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, index) => index)];
  const at = (row: number, column: number): number => rows[row]?.[column] ?? Number.POSITIVE_INFINITY;
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    rows.push(row);
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let distance = Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        distance = Math.min(distance, at(i - 2, j - 2) + 1);
      }
      row.push(distance);
    }
  }
  return at(a.length, b.length);
}
