/** Proxmox: the machines are the declared ones, and the image they boot has what the rest needs. */
import { type Evidence, verdict } from "../check.ts";
import { GUEST_AGENT, ISCSI_TOOLS, UTIL_LINUX_TOOLS } from "../../world/factory/extensions.ts";
import { networkConflicts } from "../../world/proxmox/network.ts";

export function machinesAsDeclared({ config, world }: Evidence) {
  const { vms } = world.state.proxmox;
  const causes = config.nodes.flatMap((node) => {
    const vm = vms[node.vmId];
    if (!vm) return [`${node.name} has no VM ${node.vmId}`];
    if (vm.foreign)
      return [`VM ${node.vmId} is not ${node.name}, but was there before: ${String(vm.config["name"])}`];
    if (vm.power !== "running") return [`VM ${node.vmId} of ${node.name} does not run`];
    return vm.host === node.host ? [] : [`VM ${node.vmId} runs on ${vm.host}, not on ${node.host}`];
  });
  const declared = new Set(config.nodes.map((node) => String(node.vmId)));
  const strays = Object.values(vms).filter((vm) => !vm.foreign && !declared.has(String(vm.vmId)));
  causes.push(...strays.map((vm) => `VM ${vm.vmId} on ${vm.host} is in no config`));
  return verdict(
    "machines",
    causes,
    `${config.nodes.length} VMs run where the config puts them, and no other`,
  );
}

export function addressesUnique({ config, world }: Evidence) {
  const causes = config.nodes.flatMap((node) => networkConflicts(world, node.vmId));
  return verdict("addresses", [...new Set(causes)], "every MAC and address is used by one machine");
}

/** What Longhorn and Proxmox need of the image, and why. */
const NEEDED: Record<string, string> = {
  [ISCSI_TOOLS]: "Longhorn cannot attach volumes",
  [UTIL_LINUX_TOOLS]: "Longhorn cannot trim volumes",
  [GUEST_AGENT]: "Proxmox can neither shut the node down nor freeze its filesystems",
};

export function imageComplete({ config, world }: Evidence) {
  const { factory, machines } = world.state;
  const causes = config.nodes.flatMap((node) => {
    const machine = machines[node.vmId];
    if (!machine) return [`${node.name} does not run`];
    const { extensions, schematicId } = machine.image;
    const missing = Object.entries(NEEDED)
      .filter(([name]) => !extensions.includes(name))
      .map(([name, effect]) => `the image of ${node.name} lacks ${name}: ${effect}`);
    const installer = /\/([0-9a-f]{64}):/.exec(installImageOf(machine.machineConfig))?.[1];
    if (machine.machineConfig && installer !== schematicId) {
      missing.push(
        `${node.name} boots schematic ${schematicId.slice(0, 12)}…, but would upgrade from ` +
          `${installer ? `${installer.slice(0, 12)}…` : "a plain installer"}: the next upgrade drops its extensions`,
      );
    }
    const image = installImageOf(machine.machineConfig);
    if (image && !image.includes(`/${machine.image.platform}-installer/`)) {
      missing.push(
        `${node.name} would upgrade from ${image}, which is no installer for ${machine.image.platform}`,
      );
    }
    if (installer && !factory?.schematics[installer]) {
      missing.push(`the Image Factory was never given schematic ${installer}`);
    }
    return missing;
  });
  return verdict(
    "image",
    causes,
    `image and installer of every node carry ${Object.keys(NEEDED)
      .map((name) => name.split("/").at(-1))
      .join(", ")}`,
  );
}

function installImageOf(machineConfig: string | undefined): string {
  return /^\s+image: (\S*installer\S*)$/m.exec(machineConfig ?? "")?.[1] ?? "";
}
