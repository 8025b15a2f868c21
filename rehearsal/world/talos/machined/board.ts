/** What Talos needs of the machine that it boots on. A machine without one of these boots nothing, or stops in its first second. */
import { GUEST_AGENT } from "../../factory/extensions.ts";
import type { DiskState, VmState } from "../../proxmox/state.ts";
import type { TalosImage } from "../../factory/state.ts";
import { MiB } from "../../kernel/units.ts";

/**
 * QEMU's CPU models below x86-64-v2, which lacks none of SSE4.2, SSSE3 and POPCNT (qemu: target/i386/cpu.c, docs/system/cpu-models-x86):
 * Proxmox's own default is one of them.
 */
const BELOW_LEVEL_2 = new Set([
  "486",
  "athlon",
  "Conroe",
  "core2duo",
  "coreduo",
  "kvm32",
  "kvm64",
  "Opteron_G1",
  "Opteron_G2",
  "Opteron_G3",
  "Penryn",
  "pentium",
  "pentium2",
  "pentium3",
  "phenom",
  "qemu32",
  "qemu64",
]);

/** Of a VM whose config names none (qemu-server: PVE/QemuServer/CPUConfig.pm). */
const DEFAULT_CPU = "kvm64";

/** SCSI controllers that Talos's kernel has a driver for (siderolabs/pkgs: kernel/build/config-amd64); `lsi`, the default, is none. */
const SCSI_CONTROLLERS = new Set(["virtio-scsi-pci", "virtio-scsi-single", "pvscsi", "megasas"]);

/** Why the machine does not come up with that system disk; undefined when it does. */
export function whyNoBoot(vm: VmState, disk: DiskState | undefined): string | undefined {
  if (disk?.content.kind !== "talos") return "no disk in its boot order holds an operating system";
  const { image } = disk.content;
  return (
    (image.arch === "arm64" ? "its image is for arm64" : undefined) ??
    whyFirmwareRefuses(vm, image) ??
    whyHalted(vm) ??
    whyNoDisk(vm, disk)
  );
}

/** With Microsoft's keys enrolled, OVMF starts signed loaders only; the factory's plain images are not signed by them. */
function whyFirmwareRefuses(vm: VmState, { platform }: TalosImage): string | undefined {
  const enrolled = /(^|,)pre-enrolled-keys=1(,|$)/.test(String(vm.config["efidisk0"] ?? ""));
  if (vm.config["bios"] !== "ovmf" || !enrolled || platform.endsWith("-secureboot")) return undefined;
  return "its firmware has keys enrolled (pre-enrolled-keys=1) and refuses an image that is not signed: Access Denied";
}

/** talos: internal/app/init/main.go, cpuInfo: it waits for a year. */
function whyHalted(vm: VmState): string | undefined {
  const cpu = String(vm.config["cpu"] ?? DEFAULT_CPU);
  const model = /^(?:cputype=)?([^,]+)/.exec(cpu)?.[1] ?? DEFAULT_CPU;
  return BELOW_LEVEL_2.has(model)
    ? `x86_64 microarchitecture level 2 or higher is required, halting: its CPU type is ${model}`
    : undefined;
}

function whyNoDisk(vm: VmState, { interface: slot }: DiskState): string | undefined {
  const controller = String(vm.config["scsihw"] ?? "lsi");
  return slot.startsWith("scsi") && !SCSI_CONTROLLERS.has(controller)
    ? `Talos has no driver for its SCSI controller (${controller}), so it finds no system disk`
    : undefined;
}

/** Bytes below which Talos does not call a node healthy (talos: pkg/minimal/limits.go). */
export const MINIMUM_MEMORY = {
  controlplane: (1848 - 150) * MiB,
  worker: (1024 - 150) * MiB,
} as const;

/** What the kernel keeps for itself, by which Talos lowers its limit. */
const KERNEL_MEMORY = 150 * MiB;

/** What the guest sees of the VM's memory, in bytes. */
export function visibleMemory(vm: VmState): number {
  return Number(vm.config["memory"] ?? 512) * MiB - KERNEL_MEMORY;
}

/**
 * With the agent's extension in the image and no channel in the VM, the extension's service waits for its device and the boot sequence
 * never ends (siderolabs/extensions: guest-agents/qemu-guest-agent; it depends on the path of the virtio port).
 */
export function waitsForAgentChannel(vm: VmState, { extensions }: TalosImage): boolean {
  const channel = /(^|,)(enabled=)?1(,|$)/.test(String(vm.config["agent"] ?? ""));
  return extensions.includes(GUEST_AGENT) && !channel;
}
