/**
 * Generated disk layouts of one node, each a right one to which things happened. What happened says whether the layout is
 * still right, so the verdict on it comes from how it was made and not from any code that judges disks.
 */
import fc from "fast-check";
import type { ReportedDisk } from "../../../src/talos/data-disk.ts";

export const GIB = 1024 ** 3;
export const OS_BYTES = 32 * GIB;
export const DATA_BYTES = 40 * GIB;
export const SERIAL = "data-127";

type Bus = "scsi" | "virtio" | "usb" | "nvme" | "iscsi" | "sata" | "cd" | "loop";

/** A disk of the layout, before it has a name. */
export interface LayoutDisk {
  /** What it is in truth. */
  is: "os" | "data" | "other";
  bus: Bus;
  size: number;
  serial: string;
  readonly?: boolean;
}

export interface Layout {
  disks: LayoutDisk[];
  /** What makes it a wrong one. */
  wrong: string[];
}

type Change = (layout: Layout) => void;

const other = (disk: Partial<LayoutDisk>): LayoutDisk => ({
  is: "other",
  bus: "virtio",
  size: DATA_BYTES,
  serial: "",
  ...disk,
});

const add =
  (disk: Partial<LayoutDisk>): Change =>
  ({ disks }) =>
    disks.push(other(disk));

const spoil =
  (what: string, change: Change): Change =>
  (layout) => {
    change(layout);
    layout.wrong.push(what);
  };

const change =
  (is: "os" | "data", changes: Partial<LayoutDisk>): Change =>
  ({ disks }) => {
    for (const disk of disks.filter((each) => each.is === is)) Object.assign(disk, changes);
  };

const remove =
  (is: "os" | "data"): Change =>
  (layout) => {
    layout.disks = layout.disks.filter((disk) => disk.is !== is);
  };

const size = fc.constantFrom(DATA_BYTES, OS_BYTES);
const foreignBus = fc.constantFrom<Bus>("usb", "nvme", "iscsi", "sata");
const virtioBus = fc.constantFrom<Bus>("virtio", "scsi");
const serial = fc.constantFrom("", "data-126", "DATA-127", "data-1270", "backup");
const otherSize = fc
  .oneof(
    fc.integer({ min: 1, max: 4000 }).map((gib) => gib * GIB),
    fc.constantFrom(-512, 512, 4096, -GIB).map((difference) => DATA_BYTES + difference),
    fc.constantFrom(40e9, 43e9, 34e9),
  )
  .filter((bytes) => bytes !== DATA_BYTES && bytes !== OS_BYTES);

/** What leaves a right layout right. */
const harmless: fc.Arbitrary<Change> = fc.oneof(
  fc.tuple(size, foreignBus, serial).map(([bytes, bus, text]) => add({ size: bytes, bus, serial: text })),
  fc.tuple(size, virtioBus).map(([bytes, bus]) => add({ size: bytes, bus, readonly: true })),
  fc.tuple(size, fc.boolean()).map(([bytes, readonly]) => add({ size: bytes, bus: "cd", readonly })),
  fc.tuple(otherSize, virtioBus, serial).map(([bytes, bus, text]) => add({ size: bytes, bus, serial: text })),
  fc.constant(add({ bus: "loop", size: 74e6, readonly: true })),
  fc.constant(change("data", { bus: "scsi" })),
  fc.constant(change("os", { bus: "virtio", serial: "os" })),
);

/** What makes any layout wrong, whatever else happened to it. */
const harmful: fc.Arbitrary<Change> = fc.oneof(
  fc
    .tuple(virtioBus, serial)
    .map(([bus, text]) => spoil("a second disk of the size", add({ bus, serial: text }))),
  fc
    .tuple(virtioBus, serial)
    .map(([bus, text]) => spoil("a second OS disk", add({ bus, serial: text, size: OS_BYTES }))),
  fc.constant(spoil("no OS disk", remove("os"))),
  fc.constant(spoil("no data disk", remove("data"))),
  serial.map((text) => spoil("another serial", change("data", { bus: "virtio", serial: text }))),
  otherSize.map((bytes) => spoil("another size", change("data", { size: bytes }))),
  foreignBus.map((bus) => spoil("another transport", change("data", { bus }))),
  fc.constant(spoil("read-only", change("data", { readonly: true }))),
  // A stranger in the data disk's place, whose serial gives it away.
  serial.map((text) =>
    spoil("a stranger", (layout) => {
      remove("data")(layout);
      add({ serial: text })(layout);
    }),
  ),
);

export const layouts: fc.Arbitrary<Layout> = fc
  .tuple(
    fc.array(harmless, { maxLength: 5 }),
    fc.option(harmful, { freq: 2 }),
    fc.array(harmless, { maxLength: 2 }),
    fc.infiniteStream(fc.nat()),
  )
  .map(([before, harm, after, dice]) => {
    const layout: Layout = {
      disks: [
        other({ is: "os", bus: "scsi", size: OS_BYTES }),
        other({ is: "data", bus: "virtio", serial: SERIAL }),
      ],
      wrong: [],
    };
    for (const happen of before) happen(layout);
    harm?.(layout);
    // What comes after must not heal what was spoilt: it only adds.
    for (const happen of after) {
      const count = layout.disks.length;
      const kept = layout.disks.map((disk) => ({ ...disk }));
      happen(layout);
      if (layout.disks.length === count) layout.disks = kept;
    }
    return { ...layout, disks: shuffled(layout.disks, dice) };
  });

function shuffled<T>(items: T[], dice: Iterator<number>): T[] {
  const rest = [...items];
  const result: T[] = [];
  while (rest.length > 0) result.push(...rest.splice((dice.next().value as number) % rest.length, 1));
  return result;
}

const NAMES: Record<Bus, string> = {
  scsi: "sd",
  virtio: "vd",
  usb: "sd",
  nvme: "nvme",
  iscsi: "sd",
  sata: "sd",
  cd: "sr",
  loop: "loop",
};
const TRANSPORTS: Record<Bus, string> = {
  scsi: "virtio",
  virtio: "virtio",
  usb: "usb",
  nvme: "nvme",
  iscsi: "iscsi",
  sata: "sata",
  cd: "virtio",
  loop: "",
};

/** As Talos reports them: names in the order of the list, and no serial of a SCSI disk under QEMU. */
export function reported({ disks }: Layout): ReportedDisk[] {
  const counts = new Map<string, number>();
  return disks.map(({ bus, size: bytes, serial: text, readonly = false }) => {
    const prefix = NAMES[bus];
    const index = counts.get(prefix) ?? 0;
    counts.set(prefix, index + 1);
    const letter = ["sd", "vd"].includes(prefix) ? String.fromCharCode(97 + index) : String(index);
    return {
      devPath: `/dev/${prefix}${letter}`,
      size: bytes,
      serial: bus === "scsi" ? "" : text,
      transport: TRANSPORTS[bus],
      readonly,
      cdrom: bus === "cd",
    };
  });
}
