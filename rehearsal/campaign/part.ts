/** A part of the campaign, chosen by its name. What it finds becomes a section of docs/campaign.md. */

export interface PartOptions {
  /** Processes at a time. */
  workers: number;
  seed: string;
  /** Only so many cases. */
  sample?: number | undefined;
  log: (line: string) => void;
}

export interface PartResult {
  /** Cases tried. */
  tried: number;
  /** What went wrong, one line a case. */
  broken: string[];
  /** Markdown below the heading and the sum. */
  text: string;
}

export interface Part {
  name: string;
  title: string;
  run: (options: PartOptions) => Promise<PartResult>;
}
