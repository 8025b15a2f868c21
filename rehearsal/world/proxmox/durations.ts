/**
 * How long things take on the simulated Proxmox, in simulated seconds. Round figures for one NVMe host on a gigabit
 * line; they shape a rehearsal's critical path, nothing else depends on them. How long a machine takes to boot is the
 * business of `talos/`.
 */
import { MiB } from "../kernel/units.ts";

export const DURATIONS = {
  /** The image factory assembles an image that nobody asked for before. */
  factoryBuild: 40,
  /** Of a download, in bytes a second: a gigabit line shared with the rest of the house. */
  downloadRate: 50 * MiB,
  /** qemu-img convert from the import file into a new disk, in bytes a second of the image's data. */
  importRate: 200 * MiB,
  /** Writing the config and allocating one empty volume. */
  createVm: 1,
  allocateDisk: 1,
  resizeDisk: 1,
  /** From the start request until the machine is powered on. */
  startVm: 2,
  /** A guest that gets the power button and goes down in order. */
  shutdownVm: 10,
  stopVm: 1,
  /** Memory and local disks go over the line while the guest runs, in bytes a second; its config alone takes a second. */
  migrateRate: 100 * MiB,
  migrateVm: 1,
  deleteVm: 2,
  /** A synchronous config change. */
  changeConfig: 0.2,
  deleteFile: 0.5,
} as const;
