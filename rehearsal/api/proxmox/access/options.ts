/** Which privilege each option of a VM takes [qemu-server: API2/Qemu.pm, check_vm_modify_config_perm]. */
import { isDriveSlot } from "../../../world/proxmox/qemu/drive.ts";
import { ProxmoxError } from "../../../world/proxmox/errors.ts";
import type { Caller } from "./permission.ts";

const words = (text: string): Set<string> => new Set(text.split(" "));

const KINDS: [privilege: string, options: Set<string>][] = [
  ["VM.Config.CPU", words("cores cpu cpulimit cpuunits numa smp sockets vcpus")],
  ["VM.Config.Memory", words("memory balloon shares allow-ksm")],
  ["VM.Config.HWType", words("acpi hotplug kvm machine scsihw smbios1 tablet vga watchdog audio0 rng0")],
  [
    "VM.Config.Options",
    words(
      "agent autostart bios description keyboard localtime migrate_downtime migrate_speed name onboot ostype protection " +
        "reboot startdate startup tdf template",
    ),
  ],
  ["VM.PowerMgmt", words("freeze")],
  ["VM.Config.Disk", words("boot bootdisk vmstatestorage")],
];

const CLOUD_INIT = words("cicustom cipassword citype ciuser ciupgrade nameserver searchdomain sshkeys");

/** Judged by their values, or free. */
const ELSEWHERE = /^((unused|serial|usb|hostpci|virtiofs)\d+|cdrom|tags)$/;

/** In a request, and no option of the VM. */
const NO_OPTION = words(
  "node vmid pool storage archive force unique bwlimit start live-restore ha-managed import-working-storage delete revert digest " +
    "skiplock background_delay",
);

/** @throws ProxmoxError for the first option that the caller may not set or remove. */
export function checkOptions(caller: Caller, vmid: string, options: string[]): void {
  const path = `/vms/${vmid}`;
  for (const option of options) {
    if (NO_OPTION.has(option) || isDriveSlot(option) || ELSEWHERE.test(option)) continue;
    const privilege = /^numa\d+$/.test(option)
      ? "VM.Config.CPU"
      : KINDS.find(([, names]) => names.has(option))?.[0];
    if (privilege) caller.demand(path, privilege);
    else if (/^net\d+$/.test(option)) caller.demand(path, "VM.Config.Network");
    else if (CLOUD_INIT.has(option) || /^ipconfig\d+$/.test(option)) {
      caller.demandAny(path, "VM.Config.Cloudinit", "VM.Config.Network");
    } else throw new ProxmoxError(500, `only root can set '${option}' config`);
    // The order in which a host starts its machines is the host's affair.
    if (option === "startup") caller.demand("/", "Sys.Modify");
  }
}
