/** Overlays that several tests give the lab. */

/** Of every volume, whichever nodes come and go. */
export const TWO_COPIES = "longhorn.replicaCount=2";

/** An entry of a further worker. @param more Fields after the usual ones. */
export const worker2 = (...more: string[]): string => `{${[WORKER_2, ...more].join(", ")}}`;

const WORKER_2 =
  "name: worker-2, role: worker, host: pve, vmId: 128, address: 192.168.1.128, osDisk: {sizeGiB: 32}, dataDisk: {sizeGiB: 40}";
