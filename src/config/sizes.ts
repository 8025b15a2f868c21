/** Sizes: Proxmox counts disks in GiB, Talos prints them in decimal units. Both are needed to recognise a disk. */

export const GIB = 1024 ** 3;

export function gibToBytes(sizeGiB: number): number {
  return sizeGiB * GIB;
}

const UNITS = ["B", "kB", "MB", "GB", "TB", "PB", "EB"] as const;

/**
 * The size as `talosctl get disks` prints it: 32 GiB is `34 GB`, 40 GiB is `43 GB`. Talos formats with go-humanize's
 * `Bytes` (base 1000, one decimal below ten, none from there on), whose printf rounds exact halves to the even number.
 */
export function talosSize(bytes: number): string {
  if (bytes < 10) return `${bytes} B`;
  let exponent = Math.min(Math.floor(Math.log10(bytes) / 3), UNITS.length - 1);
  // log10 of a number just below a power may round up to it.
  if (bytes < 1000 ** exponent) exponent -= 1;
  const unit = UNITS[exponent] ?? "B";
  const tenths = Math.floor((bytes / 1000 ** exponent) * 10 + 0.5) / 10;
  return tenths < 10 ? `${tenths.toFixed(1)} ${unit}` : `${roundHalfEven(tenths)} ${unit}`;
}

function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

export const MIB_PER_GIB = 1024;
