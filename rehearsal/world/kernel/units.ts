/** Sizes. */
export const MiB = 1024 ** 2;
export const GiB = 1024 ** 3;

/** As people read it: GiB with one decimal at the most. */
export function inGib(bytes: number): number {
  return Math.round((bytes / GiB) * 10) / 10;
}
