/**
 * The rights that the program's token needs and the README has people grant, no more: what the provider asks Proxmox for in `up`, in
 * changes, refreshes, upgrades and `destroy`, and what our own reads ask for. A test takes away each of them and sees a request fail,
 * another compares them with the README's commands.
 */
import type { HomelabConfig } from "../../../../src/config/types.ts";
import type { Access } from "./rights.ts";

/** Where the homelab lies in a Proxmox. */
export interface Places {
  /** Datastores of boot images. */
  images: string[];
  /** Datastores of VM disks. */
  disks: string[];
  bridges: string[];
}

export interface Grant {
  role: string;
  privileges: string[];
  paths: (places: Places) => string[];
  propagate: boolean;
}

export const GRANTS: readonly Grant[] = [
  {
    role: "HomelabMachines",
    privileges: [
      ...[
        "VM.Allocate",
        "VM.Audit",
        "VM.PowerMgmt",
        "VM.Config.CPU",
        "VM.Config.Cloudinit",
        "VM.Config.Disk",
      ],
      ...["VM.Config.HWType", "VM.Config.Memory", "VM.Config.Network", "VM.Config.Options"],
    ],
    paths: () => ["/vms"],
    propagate: true,
  },
  {
    role: "HomelabImages",
    privileges: ["Datastore.Allocate", "Datastore.AllocateTemplate", "Datastore.Audit"],
    paths: ({ images }) => images.map((name) => `/storage/${name}`),
    propagate: true,
  },
  {
    role: "HomelabDisks",
    privileges: ["Datastore.AllocateSpace", "Datastore.Audit"],
    paths: ({ disks }) => disks.map((name) => `/storage/${name}`),
    propagate: true,
  },
  {
    // A plain bridge lies in the zone `localnetwork`, with its VLANs below it [pve-guest-common: GuestHelpers.pm, check_vnet_access].
    role: "HomelabNetwork",
    privileges: ["SDN.Use"],
    paths: ({ bridges }) => bridges.map((name) => `/sdn/zones/localnetwork/${name}`),
    propagate: true,
  },
  {
    role: "HomelabHosts",
    privileges: ["Sys.AccessNetwork"],
    paths: () => ["/nodes"],
    propagate: true,
  },
  {
    role: "HomelabCluster",
    privileges: ["Sys.Audit"],
    paths: () => ["/"],
    propagate: false,
  },
];

/** Beside them, where `proxmox.startOrder` is set. */
export const START_ORDER: Grant = {
  role: "HomelabStartOrder",
  privileges: ["Sys.Modify"],
  paths: () => ["/"],
  propagate: false,
};

export function grantsFor({ proxmox }: Pick<HomelabConfig, "proxmox">): readonly Grant[] {
  return proxmox.startOrder ? [...GRANTS, START_ORDER] : GRANTS;
}

/**
 * A Proxmox where the user of a token has these grants and nothing else.
 * @param token `user@realm!name`, or the same with `=secret` behind it.
 */
export function grant(token: string, places: Places, grants: readonly Grant[] = GRANTS): Access {
  const [name = ""] = token.split("=");
  const [user = ""] = name.split("!");
  return {
    roles: Object.fromEntries(grants.map(({ role, privileges }) => [role, privileges])),
    tokens: { [name]: { privilegeSeparation: false } },
    acl: grants.flatMap(({ role, paths, propagate }) =>
      paths(places).map((path) => ({ path, subject: user, role, propagate })),
    ),
  };
}
