/** What may be said of a VM when it is made or changed [Proxmox VE 9's API schema: /nodes/{node}/qemu and its config]. */
import { drives } from "./drives.ts";
import { alias, flag, int, number, oneOf, options, required, text, type Facts } from "./facts.ts";

const MODELS =
  "e1000 e1000-82540em e1000-82544gc e1000-82545em e1000e i82551 i82557b i82559er ne2k_isa ne2k_pci pcnet rtl8139 virtio vmxnet3";
const RANGES = "(?^:\\d+(?:-\\d+)?(?:;\\d+(?:-\\d+)?)*)";
const BASE64 = text({ pattern: "[A-Za-z0-9+\\/]+={0,2}" });

export const node = required(text({ format: "pve-node" }));
export const vmid = required({ ...int(100, 999_999_999), format: "pve-vmid" });
const storageId = text({ format: "pve-storage-id" });

export const machine = options(
  {
    "aw-bits": number(32, 64),
    "enable-s3": flag,
    "enable-s4": flag,
    type: text({
      maxLength: 40,
      pattern:
        "(pc|pc(-i440fx)?-\\d+(\\.\\d+)+(\\+pve\\d+)?(\\.pxe)?|q35|pc-q35-\\d+(\\.\\d+)+(\\+pve\\d+)?(\\.pxe)?" +
        "|virt(?:-\\d+(\\.\\d+)+)?(\\+pve\\d+)?)",
    }),
    viommu: oneOf("intel virtio"),
  },
  { defaultKey: "type" },
);

const network = options(
  {
    ...Object.fromEntries(MODELS.split(" ").map((model) => [model, alias("macaddr")])),
    bridge: text({ format: "pve-bridge-id" }),
    firewall: flag,
    link_down: flag,
    macaddr: text({ format: "mac-addr" }),
    model: required(oneOf(MODELS)),
    mtu: int(1, 65520),
    queues: int(0, 64),
    rate: number(0),
    tag: int(1, 4094),
    trunks: text({ pattern: RANGES }),
  },
  { defaultKey: "model" },
);

const identity = options(
  {
    base64: flag,
    ...Object.fromEntries(
      ["version", "serial", "manufacturer", "product", "sku", "family"].map((name) => [name, BASE64]),
    ),
    uuid: text({ pattern: "[a-fA-F0-9]{8}(?:-[a-fA-F0-9]{4}){3}-[a-fA-F0-9]{12}" }),
  },
  { format: "pve-qm-smbios1", maxLength: 512 },
);

const cpu = options(
  Object.fromEntries(
    [
      "cputype",
      "flags",
      "guest-phys-bits",
      "hidden",
      "hv-vendor-id",
      "level",
      "phys-bits",
      "reported-model",
    ].map((name) => [name, text()]),
  ),
  { format: "pve-vm-cpu-conf", defaultKey: "cputype" },
);

/** Of a VM's config, whether it is new or not. */
export const config: Facts = {
  ...drives,
  acpi: flag,
  affinity: text({ format: "pve-cpuset" }),
  agent: options(
    {
      enabled: required(flag),
      "freeze-fs-on-backup": flag,
      fstrim_cloned_disks: flag,
      type: oneOf("virtio isa"),
    },
    { defaultKey: "enabled" },
  ),
  "allow-ksm": flag,
  "amd-sev": text({ format: "pve-qemu-sev-fmt" }),
  arch: oneOf("x86_64 aarch64"),
  args: text(),
  audio0: options({ device: required(oneOf("ich9-intel-hda intel-hda AC97")), driver: oneOf("spice none") }),
  autostart: flag,
  balloon: int(0),
  bios: oneOf("seabios ovmf"),
  boot: options(
    { legacy: text({ pattern: "[acdn]{1,4}" }), order: text() },
    { format: "pve-qm-boot", defaultKey: "legacy" },
  ),
  bootdisk: text({ pattern: "(ide|sata|scsi|virtio)\\d+", format: "pve-qm-bootdisk" }),
  cdrom: text({ format: "pve-qm-ide" }),
  cicustom: text({ format: "pve-qm-cicustom" }),
  cipassword: text(),
  citype: oneOf("configdrive2 nocloud opennebula"),
  ciupgrade: flag,
  ciuser: text(),
  cores: int(1),
  cpu,
  cpulimit: number(0, 128),
  cpuunits: int(1, 262_144),
  description: text({ maxLength: 8192 }),
  freeze: flag,
  hookscript: text({ format: "pve-volume-id" }),
  "hostpci[n]": text({ format: "pve-qm-hostpci" }),
  hotplug: text({ format: "pve-hotplug-features" }),
  hugepages: oneOf("any 2 1024"),
  "intel-tdx": text({ format: "pve-qemu-tdx-fmt" }),
  "ipconfig[n]": options({ gw: text(), gw6: text(), ip: text(), ip6: text() }, { format: "pve-qm-ipconfig" }),
  ivshmem: options({ name: text({ pattern: "[a-zA-Z0-9\\-]+" }), size: required(int(1)) }),
  keephugepages: flag,
  keyboard: oneOf(
    "de de-ch da en-gb en-us es fi fr fr-be fr-ca fr-ch hu is it ja lt mk nl no pl pt pt-br sv sl tr",
  ),
  kvm: flag,
  localtime: flag,
  lock: oneOf("backup clone create migrate rollback snapshot snapshot-delete suspending suspended"),
  machine,
  memory: options({ current: required(int(16)) }, { defaultKey: "current" }),
  migrate_downtime: number(0),
  migrate_speed: int(0),
  name: text({ format: "dns-name" }),
  nameserver: text({ format: "address-list" }),
  "net[n]": network,
  numa: flag,
  "numa[n]": options({
    cpus: required(text({ pattern: RANGES })),
    hostnodes: text({ pattern: RANGES }),
    memory: number(),
    policy: oneOf("preferred bind interleave"),
  }),
  onboot: flag,
  ostype: oneOf("other wxp w2k w2k3 w2k8 wvista win7 win8 win10 win11 l24 l26 solaris"),
  "parallel[n]": text({ pattern: "/dev/parport\\d+|/dev/usb/lp\\d+" }),
  protection: flag,
  reboot: flag,
  rng0: text({ format: "pve-qm-rng" }),
  scsihw: oneOf("lsi lsi53c810 virtio-scsi-pci virtio-scsi-single megasas pvscsi"),
  searchdomain: text(),
  "serial[n]": text({ pattern: "(/dev/.+|socket)" }),
  shares: int(0, 50_000),
  smbios1: identity,
  smp: int(1),
  sockets: int(1),
  spice_enhancements: options({ foldersharing: flag, videostreaming: oneOf("off all filter") }),
  sshkeys: text({ format: "urlencoded" }),
  startdate: text({ pattern: "(now|\\d{4}-\\d{1,2}-\\d{1,2}(T\\d{1,2}:\\d{1,2}:\\d{1,2})?)" }),
  startup: text({ format: "pve-startup-order" }),
  tablet: flag,
  tags: text({ format: "pve-tag-list" }),
  tdf: flag,
  template: flag,
  "usb[n]": options(
    {
      host: text({
        pattern:
          "(?^:(?:(?:(?^:(0x)?([0-9A-Fa-f]{4}):(0x)?([0-9A-Fa-f]{4})))|(?:(?^:(\\d+)\\-(\\d+(\\.\\d+)*)))|[Ss][Pp][Ii][Cc][Ee]))",
      }),
      mapping: text({ format: "pve-configid" }),
      usb3: flag,
    },
    { defaultKey: "host" },
  ),
  vcpus: int(1),
  vga: options(
    {
      clipboard: oneOf("vnc"),
      memory: int(4, 512),
      type: oneOf(
        "cirrus qxl qxl2 qxl3 qxl4 none serial0 serial1 serial2 serial3 std virtio virtio-gl vmware",
      ),
    },
    { defaultKey: "type" },
  ),
  "virtiofs[n]": options(
    {
      cache: oneOf("auto always metadata never"),
      "direct-io": flag,
      dirid: required(text({ format: "pve-configid" })),
      "expose-acl": flag,
      "expose-xattr": flag,
    },
    { defaultKey: "dirid" },
  ),
  vmgenid: text({ pattern: "(?:[a-fA-F0-9]{8}(?:-[a-fA-F0-9]{4}){3}-[a-fA-F0-9]{12}|[01])" }),
  vmstatestorage: storageId,
  watchdog: text({ format: "pve-qm-watchdog" }),
};

export const creation: Facts = {
  ...config,
  node,
  vmid,
  archive: text({ maxLength: 255 }),
  bwlimit: int(0),
  force: { ...flag, requires: "archive" },
  "ha-managed": flag,
  "import-working-storage": storageId,
  "live-restore": flag,
  pool: text({ format: "pve-poolid" }),
  start: flag,
  storage: storageId,
  unique: { ...flag, requires: "archive" },
};

export const change: Facts = {
  ...config,
  node,
  vmid,
  delete: text({ format: "pve-configid-list" }),
  digest: text({ maxLength: 40 }),
  force: { ...flag, requires: "delete" },
  revert: text({ format: "pve-configid-list" }),
  skiplock: flag,
};

/** The same in the background, by POST. */
export const changeInBackground: Facts = {
  ...change,
  background_delay: int(1, 30),
  "import-working-storage": storageId,
};
