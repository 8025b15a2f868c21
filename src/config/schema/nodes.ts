import { z } from "zod";
import { datastore, ipv4, label, proxmoxHost, text, whole } from "./fields.ts";

/** Talos's documented minimum for its system disk (system requirements); it warns below 6 GiB and then fills up with images. */
const OS_DISK_LEAST_GIB = 10;
/**
 * Longhorn holds back 30 % of a default disk and schedules nothing onto one with less than 25 % free (its settings
 * storage-reserved-percentage-for-default-disk and storage-minimal-available-percentage): a smaller disk holds nothing of use.
 */
const DATA_DISK_LEAST_GIB = 10;
/** 64 TiB: keeps byte sizes exact in a JavaScript number with room to spare. */
const DISK_MOST_GIB = 65_536;

/** Proxmox has virtio0 to virtio15; the data disk is virtio1 and these follow it. */
const EXTRA_DISKS_MOST = 14;

const DISK_DATASTORE = { defaultNote: "`homelab:proxmox.diskDatastore`", examples: ["local-lvm"] };

const osDiskSchema = z
  .strictObject({
    sizeGiB: whole(OS_DISK_LEAST_GIB, DISK_MOST_GIB, `GiB; Talos needs ${OS_DISK_LEAST_GIB}`).meta({
      description: "Size in GiB. Talos prints decimal sizes: 32 GiB shows as 34 GB.",
      examples: [32],
    }),
    datastore: datastore()
      .optional()
      .meta({ description: "Datastore of this disk.", ...DISK_DATASTORE }),
  })
  .meta({ description: "The disk that Talos boots from." });

const dataDiskSchema = z
  .strictObject({
    sizeGiB: whole(DATA_DISK_LEAST_GIB, DISK_MOST_GIB, `GiB; Longhorn needs ${DATA_DISK_LEAST_GIB}`).meta({
      description:
        "Size in GiB, different from every other disk of the node: the disk is recognised by it. 40 GiB shows as 43 GB.",
      examples: [40],
    }),
    datastore: datastore()
      .optional()
      .meta({ description: "Datastore of this disk.", ...DISK_DATASTORE }),
    // virtio-blk carries 20 bytes of serial (VIRTIO_BLK_ID_BYTES); QEMU cuts the rest off without a word.
    serial: text(
      /^[A-Za-z0-9_-]{1,20}$/,
      "is no disk serial: 1 to 20 letters, digits, - or _ (virtio carries 20)",
    )
      .optional()
      .meta({ description: "Serial that Talos shows for the disk.", defaultNote: "`data-<vmId>`" }),
  })
  .meta({ description: "Longhorn's disk." });

const extraDiskSchema = z
  .strictObject({
    sizeGiB: whole(1, DISK_MOST_GIB, "GiB").meta({
      description: "Size in GiB, different from the OS disk's and the data disk's.",
    }),
    datastore: datastore()
      .optional()
      .meta({ description: "Datastore of this disk.", ...DISK_DATASTORE }),
  })
  .meta({ description: "A further disk of the VM that this program never touches." });

export const nodeSchema = z
  .strictObject({
    name: label().meta({ description: "Hostname, and name of the Kubernetes node.", examples: ["cp-1"] }),
    role: z
      .enum(["controlplane", "worker"])
      .meta({ description: "What the node is; control planes run etcd and the Kubernetes API." }),
    host: proxmoxHost().meta({ description: "Proxmox host that the VM runs on.", examples: ["pve1"] }),
    // pve-vmid in Proxmox's JSONSchema.pm.
    vmId: whole(100, 999_999_999, "ids of Proxmox").meta({
      description: "Id of the VM, unique in the whole Proxmox cluster.",
      examples: [126],
    }),
    address: ipv4().meta({ description: "Static address inside the subnet.", examples: ["192.168.1.126"] }),
    macAddress: text(
      /^[0-9a-fA-F][02468aceACE](?::[0-9a-fA-F]{2}){5}$/,
      "is no MAC address of one machine, such as BC:24:11:00:01:26 (six pairs, the second digit even)",
    )
      .optional()
      .meta({
        description:
          "MAC address, for a network that knows its machines. Set it before the machine is made: the card of a running machine is not changed.",
        examples: ["BC:24:11:00:01:26"],
        defaultNote: "Proxmox picks one",
      }),
    // Defaults: 4 cores and 4 GiB are what Talos recommends for a control plane and Longhorn for a storage node.
    cores: whole(1, 512, "cores").default(4).meta({ description: "CPU cores. A control plane needs 2." }),
    memoryGiB: whole(2, 4096, "GiB of memory").default(4).meta({ description: "Memory in GiB." }),
    osDisk: osDiskSchema,
    dataDisk: dataDiskSchema.optional().meta({
      description: "Longhorn's disk; a node without one holds no replicas.",
      defaultNote: "none",
    }),
    extraDisks: z
      .array(extraDiskSchema)
      .max(EXTRA_DISKS_MOST, {
        error: `holds more than ${EXTRA_DISKS_MOST} disks, which is what the virtio bus of a VM has room for`,
      })
      .default([])
      .meta({ description: "Further disks of the VM, which this program attaches and never touches." }),
    retiring: z
      .boolean()
      .optional()
      .meta({
        description:
          "True for a node that is about to go: the copies on it move to other nodes, and its VM is no longer protected. Once " +
          "that is through, its entry may be taken away; a control plane leaves etcd then. False brings it back.",
        defaultNote: "it stays",
      }),
  })
  .meta({ description: "One virtual machine." });
