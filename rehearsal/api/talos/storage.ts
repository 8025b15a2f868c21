/** The old way to ask for disks, by which clients find out whether a machine is in maintenance mode. */
import { nodeResources } from "../../world/talos/resources.ts";
import type { NodeCall, NodeMethod } from "./calls.ts";

export const storageMethods: Record<string, NodeMethod> = {
  "/storage.StorageService/Disks": { changes: false, maintenance: true, answer: disks },
};

/** As Talos makes it from the resources (talos v1.12.0: app/storaged/server.go). */
function disks({ world, machine }: NodeCall): unknown {
  const listed = (type: string) => nodeResources[type]!.list(world, machine);
  const [system] = listed("SystemDisks.block.talos.dev");
  const found = listed("Disks.block.talos.dev").map(({ id, spec }) => ({
    deviceName: `/dev/${id}`,
    model: spec["model"],
    size: String(spec["size"]),
    serial: spec["serial"],
    modalias: spec["modalias"],
    wwid: spec["wwid"],
    uuid: spec["uuid"],
    type: typeOf(spec),
    busPath: spec["bus_path"],
    systemDisk: id === system?.spec["diskID"],
    subsystem: spec["sub_system"],
    readonly: spec["readonly"],
  }));
  return { messages: [{ disks: found }] };
}

function typeOf(spec: Record<string, unknown>): string {
  if (spec["cdrom"]) return "CD";
  if (spec["transport"] === "nvme") return "NVME";
  if (spec["rotational"]) return "HDD";
  return spec["transport"] ? "SSD" : "UNKNOWN";
}
