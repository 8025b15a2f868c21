/** The machine's own part of the API: versions, files, events, images, and what makes it reboot. */
import type { MachineState, PulledImage } from "../../world/talos/state.ts";
import type { World } from "../../world/kernel/world.ts";
import { TalosError } from "../../world/talos/errors.ts";
import { listImages, pullForClient } from "../../world/talos/machined/installers.ts";
import { issueKubeconfig } from "../../world/talos/machine-config/kubeconfig.ts";
import { machineStatus } from "../../world/talos/machined/status.ts";
import { visibleMemory } from "../../world/talos/machined/board.ts";
import { rebootNode, upgrade } from "../../world/talos/machined/upgrade.ts";
import { streamEvents } from "./events.ts";
import { textOf, type NodeCall, type NodeMethod } from "./calls.ts";
import { dateOf } from "../../world/kernel/clock.ts";

const SERVICE = "/machine.MachineService";

export const machineMethods: Record<string, NodeMethod> = {
  [`${SERVICE}/Version`]: { changes: false, answer: version },
  [`${SERVICE}/Read`]: { changes: false, answer: read },
  [`${SERVICE}/Events`]: { changes: false, answer: streamEvents },
  [`${SERVICE}/ImagePull`]: {
    changes: true,
    async answer({ world, machine, params }) {
      await pullForClient(world, machine, namespaceOf(params), textOf(params, "reference"));
      return { messages: [{}] };
    },
  },
  [`${SERVICE}/ImageList`]: {
    changes: false,
    answer({ world, machine, params, item }) {
      for (const image of listImages(world, machine, namespaceOf(params))) {
        const { reference: name, digest, sizeBytes, pulledAt } = image;
        item({ name, digest, size: String(sizeBytes), createdAt: timestamp(pulledAt) });
      }
    },
  },
  [`${SERVICE}/Upgrade`]: {
    changes: true,
    async answer({ world, machine, params }) {
      const image = textOf(params, "image");
      const request = { image, force: params["force"] === true, stage: params["stage"] === true };
      const actorId = await upgrade(world, machine, request);
      return { messages: [{ ack: "Upgrade request received", actorId }] };
    },
  },
  // The other side wraps it in an archive.
  [`${SERVICE}/Kubeconfig`]: {
    changes: true,
    async answer({ world, machine }) {
      return { kubeconfig: (await issueKubeconfig(world, machine)).kubeconfigRaw };
    },
  },
  [`${SERVICE}/Memory`]: { changes: false, answer: memory },
  [`${SERVICE}/ServiceList`]: {
    changes: false,
    answer: ({ world, machine }) => ({ messages: [{ services: services(world, machine) }] }),
  },
  [`${SERVICE}/Reboot`]: {
    changes: true,
    answer: ({ world, machine }) => ({ messages: [{ actorId: rebootNode(world, machine) }] }),
  },
};

function version({ machine }: NodeCall): unknown {
  const { image } = machine;
  const arch = image.arch ?? "amd64";
  return {
    messages: [
      {
        version: { tag: image.version, sha: "simulated", goVersion: "go1.25.5", os: "linux", arch },
        platform: { name: image.platform, mode: image.platform === "metal" ? "metal" : "cloud" },
        features: { rbac: true },
      },
    ],
  };
}

/** In KiB, as /proc/meminfo has it. */
function memory({ world, machine }: NodeCall): unknown {
  const total = String(Math.floor(visibleMemory(world.state.proxmox.vms[machine.vmId]!) / 1024));
  return { messages: [{ meminfo: { memtotal: total } }] };
}

const BOOT_ID = "/proc/sys/kernel/random/boot_id";

function read({ machine, params, item }: NodeCall): void {
  const path = textOf(params, "path");
  if (path !== BOOT_ID) {
    throw new TalosError("NotFound", `stat ${path}: no such file or directory`);
  }
  item({ bytes: Buffer.from(`${machine.bootId}\n`).toString("base64") });
}

const ALWAYS = ["apid", "containerd", "cri", "machined", "syslogd", "udevd"];

/** What runs beside the CRI stops and fails with what the machine's status says of it. */
function services(world: World, machine: MachineState): unknown[] {
  const controlPlane = machine.facts!.machineType === "controlplane";
  const roles = controlPlane ? ["etcd", "kubelet", "trustd"] : ["kubelet"];
  const complaints = machineStatus(world, machine).status.unmetConditions.find(
    ({ name }) => name === "services",
  );
  const reasons = complaints?.reason.split(", ") ?? [];
  return [...ALWAYS, ...roles].sort().map((id) => {
    const running = !machine.servicesStopped && !reasons.includes(`${id} not running`);
    const healthy = running && !reasons.includes(`${id} not healthy`);
    const own = !ALWAYS.includes(id);
    const state = own && !running ? "Preparing" : "Running";
    const ts = timestamp(machine.answersAt);
    const health = own ? { unknown: !running, healthy } : { healthy: true };
    const event = { msg: state === "Running" ? "Started task" : "Running pre state", state, ts };
    return { id, state, health: { ...health, lastChange: ts }, events: { events: [event] } };
  });
}

function namespaceOf(params: Record<string, unknown>): PulledImage["namespace"] {
  switch (params["namespace"]) {
    case "NS_SYSTEM":
      return "system";
    case "NS_CRI":
      return "k8s.io";
    default:
      throw new TalosError("InvalidArgument", "invalid namespace NS_UNKNOWN");
  }
}

export function timestamp(seconds: number): string {
  return dateOf(seconds).toISOString();
}
