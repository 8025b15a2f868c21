/** The paths that concern the Proxmox cluster as a whole: what is where, which ids are taken, and going from host to host. */
import { refuse, refuseParameter } from "../../world/proxmox/errors.ts";
import { guestWithId } from "../../world/proxmox/qemu/guests.ts";
import { migrate } from "../../world/proxmox/qemu/migrate.ts";
import { nextVmId } from "../../world/proxmox/qemu/vms.ts";
import { clusterResources, clusterStatus, nodeList } from "./cluster-views.ts";
import { route, type Route } from "./route.ts";

const CURRENT = "9.1.1";

export const clusterRoutes: Route[] = [
  route("GET", "/version", ({ world }) => {
    const version = world.state.proxmox.version ?? CURRENT;
    return { release: version.split(".").slice(0, 2).join("."), repoid: "rehearsal", version };
  }),
  route("GET", "/nodes", ({ world, caller }) => nodeList(world, caller)),
  route("GET", "/cluster/status", ({ world }) => clusterStatus(world)),
  route("GET", "/cluster/resources", ({ world, caller, parameters }) =>
    clusterResources(world, caller, parameters["type"]),
  ),
  // Whoever has it, seen or unseen by the one who asks [pve-manager: API2/Cluster.pm, nextid].
  route("GET", "/cluster/nextid", ({ world, parameters }) => {
    const wanted = parameters["vmid"];
    if (wanted && guestWithId(world.state.proxmox, Number(wanted)))
      refuseParameter("vmid", `VM ${wanted} already exists`);
    return wanted ?? String(nextVmId(world));
  }),
  // No machine of this simulation is in HA's hands while somebody migrates it [pve-ha-manager: API2/HA/Resources.pm].
  route("GET", "/cluster/ha/resources/{sid}", ({ path: [id] }) => refuse(`no such resource '${id}'`)),
  route("POST", "/nodes/{node}/qemu/{vmid}/migrate", ({ world, tasks, path: [host, id], parameters }) =>
    tasks.start(
      migrate(world, host!, Number(id), {
        target: parameters["target"]!,
        online: parameters["online"] === "1",
        withLocalDisks: parameters["with-local-disks"] === "1",
      }),
    ),
  ),
];
