/** Where a homelab lies: what its config names, and what its machines were given before the config changed. */
import type { HomelabConfig } from "../../../../src/config/types.ts";
import { parseNetworkDevice } from "../../../world/proxmox/qemu/drive.ts";
import type { WorldState } from "../../../world/kernel/state.ts";
import type { Places } from "./grants.ts";

export function placesOf(config: HomelabConfig, { proxmox }: Pick<WorldState, "proxmox">): Places {
  const own = Object.values(proxmox.vms).filter(({ foreign }) => !foreign);
  const bridges = own.flatMap((vm) =>
    Object.entries(vm.config)
      .filter(([name]) => /^net\d+$/.test(name))
      .flatMap(([, line]) => parseNetworkDevice(String(line)).bridge ?? []),
  );
  const declared = config.nodes.flatMap(({ osDisk, dataDisk, extraDisks }) =>
    [osDisk, ...(dataDisk ? [dataDisk] : []), ...extraDisks].map(({ datastore }) => datastore),
  );
  const made = own.flatMap(({ disks }) => Object.values(disks).map(({ datastore }) => datastore));
  const filled = Object.values(proxmox.hosts).flatMap(({ datastores }) =>
    Object.values(datastores).filter(({ files }) => Object.keys(files).length > 0),
  );
  return {
    images: [...new Set([config.proxmox.imageDatastore, ...filled.map(({ name }) => name)])],
    disks: [...new Set([...declared, ...made])],
    bridges: [...new Set([config.network.bridge, ...bridges])],
  };
}
