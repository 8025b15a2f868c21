/** What the bench prints: medians, and their ratios. */
export interface Sample {
  seconds: number;
  /** Of the process that runs the program. */
  peakMiB: number;
}

export interface Row {
  nodes: number;
  samples: { ours: Sample; flat: Sample }[];
}

export function table(rows: readonly Row[]): string {
  const lines = rows.map(({ nodes, samples }) => {
    const of = (who: "ours" | "flat", what: keyof Sample) => median(samples.map((pair) => pair[who][what]));
    // Of each pair by itself: what slows the machine down for a while slows both.
    const ratio = (what: keyof Sample) => median(samples.map(({ ours, flat }) => ours[what] / flat[what]));
    return [
      String(nodes),
      `${of("ours", "seconds").toFixed(2)} s`,
      `${of("flat", "seconds").toFixed(2)} s`,
      ratio("seconds").toFixed(2),
      `${of("ours", "peakMiB").toFixed(0)} MiB`,
      `${of("flat", "peakMiB").toFixed(0)} MiB`,
      ratio("peakMiB").toFixed(2),
    ];
  });
  return [
    ["nodes", "ours", "flat", "ratio", "ours, peak RSS", "flat", "ratio"],
    Array.from({ length: 7 }, () => "---"),
    ...lines,
  ]
    .map((cells) => `| ${cells.join(" | ")} |`)
    .join("\n");
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
