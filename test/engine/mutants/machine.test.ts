/* eslint-disable @typescript-eslint/no-unsafe-member-access -- inputs on their way to the engine have no types */
/** Machines on which Talos does not come up, or only once. */
import type { Props } from "../support/rehearse.ts";
import { outputs, vm, type Mutant, type Twin } from "./mutant.ts";
import { tryAll } from "./try-all.ts";

const MUTANTS: Mutant[] = [
  {
    what: "Proxmox's default CPU type",
    mutations: [vm("", (props) => (props["cpu"].type = "kvm64"))],
    cause: /microarchitecture level 2 or higher is required, halting: its CPU type is kvm64/,
  },
  {
    what: "an old AMD's CPU type on one node",
    mutations: [vm("worker-1", (props) => (props["cpu"].type = "Opteron_G3"))],
    cause: /halting: its CPU type is Opteron_G3/,
  },
  {
    what: "the CPU type left out",
    mutations: [vm("cp-1", (props) => delete props["cpu"].type)],
    cause: /halting: its CPU type is (qemu64|kvm64)/,
  },
  {
    what: "1 GiB of memory",
    mutations: [vm("cp-1", (props) => (props["memory"].dedicated = 1024))],
    cause: /does not meet memory requirements: expected at least 1698 MiB, actual 874 MiB/,
  },
  {
    what: "half a GiB of memory on a worker",
    mutations: [vm("worker-1", (props) => (props["memory"].dedicated = 512))],
    cause: /does not meet memory requirements: expected at least 874 MiB/,
  },
  {
    what: "memory left out",
    mutations: [vm("", (props) => delete props["memory"])],
    cause: /does not meet memory requirements/,
  },
  {
    what: "Microsoft's keys enrolled with an unsigned image",
    mutations: [vm("", (props) => (props["efiDisk"].preEnrolledKeys = true))],
    cause: /keys enrolled .* refuses an image that is not signed/,
  },
  {
    what: "the SCSI controller lsi",
    mutations: [vm("", (props) => (props["scsiHardware"] = "lsi"))],
    cause: /no driver for its SCSI controller \(lsi\)/,
  },
  {
    what: "the SCSI controller lsi53c810 on one node",
    mutations: [vm("worker-1", (props) => (props["scsiHardware"] = "lsi53c810"))],
    cause: /no driver for its SCSI controller \(lsi53c810\)/,
  },
  {
    what: "a network card rtl8139",
    mutations: [vm("cp-1", (props) => (props["networkDevices"][0].model = "rtl8139"))],
    cause: /no driver for its network card/,
  },
  {
    what: "cloud-init of the type configdrive2",
    mutations: [vm("", (props) => (props["initialization"].type = "configdrive2"))],
    cause: /no route to host/,
  },
  {
    what: "cloud-init of a Windows machine",
    mutations: [vm("worker-1", (props) => (props["operatingSystem"].type = "win11"))],
    cause: /no route to host/,
  },
  {
    what: "no cloud-init at all",
    mutations: [vm("worker-1", (props) => delete props["initialization"])],
    cause: /no route to host/,
  },
  {
    what: "the guest agent's channel off, its extension in the image",
    mutations: [vm("", (props) => (props["agent"].enabled = false))],
    cause: /boot sequence has not finished: ext-qemu-guest-agent not running/,
  },
  {
    what: "machines that do not start after a power cut",
    mutations: [vm("", (props) => (props["onBoot"] = false))],
    cause: /does not start when \S+ comes back from a power cut/,
  },
  {
    what: "one machine that does not start after a power cut",
    mutations: [vm("worker-1", (props) => (props["onBoot"] = false))],
    cause: /worker-1 does not start when \S+ comes back from a power cut/,
  },
];

const TWINS: Twin[] = [
  {
    what: "the CPU type x86-64-v2-AES",
    mutations: [vm("", (props) => (props["cpu"].type = "x86-64-v2-AES"))],
  },
  { what: "the CPU type Nehalem", mutations: [vm("", (props) => (props["cpu"].type = "Nehalem"))] },
  {
    what: "a network card e1000",
    mutations: [vm("", (props) => (props["networkDevices"][0].model = "e1000"))],
  },
  {
    what: "the data disk on scsi1",
    mutations: [
      vm("", (props) => (props["disks"][1].interface = "scsi1")),
      outputs(({ nodes }) => {
        for (const { dataDisk } of nodes as Props[]) dataDisk.interface = "scsi1";
      }),
    ],
  },
  {
    what: "cloud-init's type said",
    mutations: [vm("", (props) => (props["initialization"].type = "nocloud"))],
  },
];

tryAll("machine", MUTANTS, TWINS);
