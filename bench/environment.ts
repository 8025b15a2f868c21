/** Homelabs of a given size, as stack files: what is measured should not depend on which environments somebody keeps. */
import { stringify } from "yaml";

/** Nodes on one host at most. */
const NODES_PER_HOST = 17;

/**
 * A stack file for a homelab of that many nodes (2 to 250): one control plane below four nodes, else three; storage on the workers, and on
 * the control planes only where there is but one.
 */
export function stackFile(nodes: number): string {
  const controlPlanes = nodes < 4 ? 1 : 3;
  const hosts = Math.max(Math.ceil(nodes / NODES_PER_HOST), 1);
  const node = (index: number) => {
    const controlPlane = index < controlPlanes;
    return {
      name: controlPlane ? `cp-${index + 1}` : `worker-${index + 1 - controlPlanes}`,
      role: controlPlane ? "controlplane" : "worker",
      host: `pve${(index % hosts) + 1}`,
      vmId: 1000 + index,
      address: `10.20.${Math.floor((index + 20) / 250)}.${((index + 20) % 250) + 1}`,
      osDisk: { sizeGiB: 32 },
      ...((!controlPlane || controlPlanes === 1) && { dataDisk: { sizeGiB: 40 } }),
    };
  };
  const config = {
    "homelab:cluster": {
      name: "bench",
      talosVersion: "v1.12.0",
      ...(controlPlanes > 1 && { vip: "10.20.0.10" }),
    },
    "homelab:network": { subnet: "10.20.0.0/22", gateway: "10.20.0.1", nameservers: ["10.20.0.1"] },
    "homelab:proxmox": { endpoint: "https://pve1.home.arpa:8006/" },
    "homelab:nodes": Array.from({ length: nodes }, (_, index) => node(index)),
    "homelab:traefik": { ingressNode: "worker-1" },
  };
  return stringify({ config });
}
