/** The options of a drive, by the bus that it is on [qemu-server: QemuServer/Drive.pm; values as in Proxmox VE 9's API schema]. */
import { alias, flag, int, number, oneOf, options, required, text, type Fact, type Facts } from "./facts.ts";

const FILE = required(text({ format: "pve-volume-id-or-qm-path" }));
const IMPORT = text({ format: "pve-volume-id-or-absolute-path" });
const SIZE = text({ format: "disk-size" });
const FORMATS = oneOf("raw qcow qed qcow2 vmdk cloop");

/** `<what>`, `<what>_rd`, `<what>_wr`, each with its bursts. */
function limits(what: "bps" | "iops" | "mbps", fact: Fact, bursts: boolean, lengths: boolean): Facts {
  const made: Facts = {};
  for (const name of [what, `${what}_rd`, `${what}_wr`]) {
    made[name] = fact;
    if (bursts) made[`${name}_max`] = fact;
    if (!lengths) continue;
    made[`${name}_max_length`] = int(1);
    if (name !== what) made[`${name}_length`] = alias(`${name}_max_length`);
  }
  return made;
}

const common: Facts = {
  ...limits("bps", int(), false, true),
  ...limits("iops", int(), true, true),
  ...limits("mbps", number(), true, false),
  aio: oneOf("native threads io_uring"),
  backup: flag,
  cache: oneOf("none writethrough writeback unsafe directsync"),
  detect_zeroes: flag,
  discard: oneOf("ignore on"),
  file: FILE,
  format: FORMATS,
  "import-from": IMPORT,
  media: oneOf("cdrom disk"),
  replicate: flag,
  rerror: oneOf("ignore report stop"),
  serial: text({ maxLength: 60, format: "urlencoded" }),
  shared: flag,
  size: SIZE,
  snapshot: flag,
  volume: alias("file"),
  werror: oneOf("enospc ignore report stop"),
};
const ssd = { ssd: flag };
const wwn = { wwn: text({ pattern: "(?^:^(0x)[0-9a-fA-F]{16})" }) };
const virtual = { iothread: flag, ro: flag };

const drive = (keys: Facts): Fact => options(keys, { defaultKey: "file" });

export const drives: Facts = {
  "ide[n]": drive({
    ...common,
    ...ssd,
    ...wwn,
    model: text({ maxLength: 120, format: "urlencoded" }),
  }),
  "sata[n]": drive({ ...common, ...ssd, ...wwn }),
  "scsi[n]": drive({
    ...common,
    ...ssd,
    ...wwn,
    ...virtual,
    product: text({ pattern: "[A-Za-z0-9\\-_\\s]{,16}" }),
    queues: int(2),
    scsiblock: flag,
    vendor: text({ pattern: "[A-Za-z0-9\\-_\\s]{,8}" }),
  }),
  "virtio[n]": drive({ ...common, ...virtual }),
  efidisk0: drive({
    efitype: oneOf("2m 4m"),
    file: FILE,
    format: FORMATS,
    "import-from": IMPORT,
    "ms-cert": oneOf("2011 2023"),
    "pre-enrolled-keys": flag,
    size: SIZE,
    volume: alias("file"),
  }),
  tpmstate0: drive({
    file: FILE,
    format: oneOf("raw qcow2 vmdk"),
    "import-from": IMPORT,
    size: SIZE,
    version: oneOf("v1.2 v2.0"),
    volume: alias("file"),
  }),
  "unused[n]": options(
    { file: required(text({ format: "pve-volume-id" })), volume: alias("file") },
    { defaultKey: "file" },
  ),
};
