/** The stack outputs say what is: compared with the world, not with the config they were made from. */
import type { HomelabConfig } from "../../../src/config/types.ts";
import type { Cluster } from "../../world/kubernetes/cluster.ts";
import { endpointState } from "../../world/kubernetes/api/endpoint.ts";
import { inspect } from "../../world/kubernetes/api/reach.ts";
import type { DiskState } from "../../world/proxmox/state.ts";
import { prettyBytes } from "../../world/talos/disks/inventory.ts";
import { serves } from "../../world/traefik/serves.ts";
import type { World } from "../../world/kernel/world.ts";
import { type Evidence, verdict } from "../check.ts";
import { theCluster } from "../cluster/nodes.ts";
import { dataDiskOf } from "../../world/talos/disks/declared.ts";
import { GiB } from "../../world/kernel/units.ts";

/** An output by its path, what it says, and what is so in the world; undefined where the world has no such thing. */
type Row = [path: string, said: Value, found: Value];

interface DiskOutput {
  interface: string;
  sizeGiB: number;
  bytes: number;
  talosSize: string;
}

interface NodeOutput {
  name: string;
  role: string;
  host: string;
  vmId: number;
  address: string;
  osDisk?: DiskOutput;
  dataDisk?: DiskOutput & { serial: string; selector: string };
}

/** What is read of them: the program may say anything. */
interface Said {
  clusterName?: string;
  endpoint?: string;
  schematicId?: string;
  installerImage?: string;
  nodes?: NodeOutput[];
  longhorn?: Record<"version" | "namespace" | "storageClass" | "dataPath", string> & { replicaCount: number };
  traefik?: Record<"version" | "namespace" | "exposure", string> & {
    acme?: { resolver: string; storage: string; mode: string; runAsUser: number; fsGroup: null };
  };
}

type Value = string | number | null | undefined;

export async function outputsTrue(evidence: Evidence) {
  const { config, world } = evidence;
  const said = Object.fromEntries(
    Object.entries(evidence.outputs).map(([name, { value }]) => [name, value]),
  ) as Said;
  const cluster = theCluster(evidence);
  const rows = [
    ...nodeRows(said.nodes ?? [], config, world),
    ...(await machineRows(said, config, world)),
    ...(cluster ? serviceRows(said, cluster) : []),
  ];
  const causes = rows.flatMap(([path, value, found]) =>
    value === found ? [] : [`the output ${path} says ${show(value)}, it is ${show(found)}`],
  );
  if (cluster && endpointState(world, cluster.state) === "closed")
    causes.push(`nothing answers at ${show(said.endpoint)}, the output endpoint`);
  return verdict(
    "outputs",
    [...new Set(causes)],
    "endpoint, addresses, disks, selectors, images, versions, namespaces and paths are those of the world",
  );
}

function nodeRows(nodes: NodeOutput[], config: HomelabConfig, world: World): Row[] {
  const names = (list: { name: string }[]) =>
    list
      .map(({ name }) => name)
      .sort()
      .join(", ") || undefined;
  const rows: Row[] = [["nodes", names(nodes), names(config.nodes)]];
  nodes.forEach((node, index) => {
    const at = `nodes[${index}]`;
    const vm = world.state.proxmox.vms[node.vmId];
    const machine = world.state.machines[node.vmId];
    const answers = machine?.addresses.includes(node.address);
    rows.push(
      [`${at}.name`, node.name, machine?.facts?.hostname],
      [`${at}.role`, node.role, machine?.facts?.machineType],
      [`${at}.host`, node.host, vm?.host],
      [`${at}.address`, node.address, answers ? node.address : machine?.address],
      ...diskRows(`${at}.osDisk`, node.osDisk, vm?.disks[node.osDisk?.interface ?? ""]),
    );
    const { dataDisk } = node;
    if (!dataDisk) {
      rows.push([`${at}.dataDisk.interface`, undefined, dataDiskOf(world.state, vm)?.interface]);
      return;
    }
    const selectors = machine?.facts?.volumes.map(({ diskSelector }) => diskSelector) ?? [];
    const disk = vm?.disks[dataDisk.interface];
    rows.push(
      ...diskRows(`${at}.dataDisk`, dataDisk, disk),
      [`${at}.dataDisk.serial`, dataDisk.serial, disk?.serial],
      [
        `${at}.dataDisk.selector`,
        dataDisk.selector,
        selectors.includes(dataDisk.selector) ? dataDisk.selector : selectors[0],
      ],
    );
  });
  return rows;
}

function diskRows(at: string, said: DiskOutput | undefined, disk: DiskState | undefined): Row[] {
  return [
    [`${at}.bytes`, said?.bytes, disk?.sizeBytes],
    [`${at}.sizeGiB`, said?.sizeGiB, disk && disk.sizeBytes / GiB],
    [`${at}.talosSize`, said?.talosSize, disk && prettyBytes(disk.sizeBytes)],
  ];
}

/** What every machine has by its own image and config. */
async function machineRows(said: Said, config: HomelabConfig, world: World): Promise<Row[]> {
  const rows: Row[] = [];
  for (const { vmId } of config.nodes) {
    const machine = world.state.machines[vmId];
    if (!machine) continue;
    rows.push(["schematicId", said.schematicId, machine.image.schematicId]);
    if (!machine.facts || machine.machineConfig === undefined) continue;
    const { installImage } = await inspect(world, machine.machineConfig);
    rows.push(
      ["clusterName", said.clusterName, machine.facts.clusterName],
      ["endpoint", said.endpoint, machine.facts.clusterEndpoint],
      ["installerImage", said.installerImage, installImage],
    );
  }
  return rows;
}

/** Releases and what they made; one that is not there is the business of its own check. */
function serviceRows(said: Said, cluster: Cluster): Row[] {
  const rows: Row[] = [];
  const { longhorn } = cluster.state;
  const storage = said.longhorn;
  if (longhorn) {
    rows.push(
      ["longhorn.version", storage?.version, longhorn.version],
      ["longhorn.namespace", storage?.namespace, longhorn.namespace],
      ["longhorn.storageClass", storage?.storageClass, longhorn.storageClass],
      ["longhorn.replicaCount", storage?.replicaCount, longhorn.classReplicaCount],
      ["longhorn.dataPath", storage?.dataPath, longhorn.dataPath],
    );
  }
  const [traefik] = serves(cluster);
  const ingress = said.traefik;
  if (!traefik) return rows;
  const acme = ingress?.acme;
  return [
    ...rows,
    ["traefik.version", ingress?.version, traefik.version],
    ["traefik.namespace", ingress?.namespace, traefik.release.split("/")[0]],
    ["traefik.exposure", ingress?.exposure, traefik.exposure === "host" ? "hostNetwork" : traefik.exposure],
    ["traefik.acme.resolver", acme?.resolver, known(acme?.resolver, traefik.resolvers)],
    ["traefik.acme.storage", acme?.storage, traefik.acme?.storage],
    ["traefik.acme.mode", acme?.mode, traefik.acme?.mode],
    ["traefik.acme.runAsUser", acme?.runAsUser, traefik.runAsUser],
    ["traefik.acme.fsGroup", acme?.fsGroup, traefik.fsGroup],
  ];
}

function known(name: string | undefined, all: { name: string }[]): string | undefined {
  return all.some((each) => each.name === name) ? name : all[0]?.name;
}

function show(value: Value): string {
  return String(value ?? "nothing");
}
