/**
 * Installer images, and how a node gets them. A node has two containerds: that of Talos's own services, from which it
 * upgrades, keeps its images in memory; the CRI's, into which `talosctl image pull` pulls whatever the namespace, keeps them
 * on EPHEMERAL. So an image that a client had pulled proves that it can be had, and is pulled once more by the upgrade.
 *
 * Sources: talos v1.12.0 internal/app/machined/internal/server/v1alpha1/v1alpha1_images.go (CRIContainerdAddress),
 * internal/pkg/install/pull.go (SystemContainerdAddress), services/containerd.go (--root below /system/var, a tmpfs),
 * internal/pkg/containers/image/image.go (Pull); containerd v2 client/pull.go and remotes/docker/resolver.go (the words).
 */
import { buildImage, FactoryError, registerSchematic } from "../../factory/images.ts";
import { hasFault } from "../../kernel/faults.ts";
import type { MachineState, PulledImage } from "../state.ts";
import type { TalosImage } from "../../factory/state.ts";
import type { World } from "../../kernel/world.ts";
import { stateOf, bootDisk } from "../disks/boot-disk.ts";
import { DURATIONS } from "../durations.ts";
import { TalosError } from "../errors.ts";
import { hash } from "../../kernel/random.ts";

const MB = 1000 ** 2;

const FACTORY_INSTALLER =
  /^factory\.talos\.dev\/(?:([a-z]+)-)?installer(?:-secureboot)?\/([0-9a-f]{64}):(v\d+\.\d+\.\d+[^/:@]*)$/;
const PLAIN_INSTALLER = /^ghcr\.io\/siderolabs\/installer:(v\d+\.\d+\.\d+[^/:@]*)$/;

/**
 * What an installer image of that reference installs. Its platform is in the image itself since 1.10, whatever machine it runs
 * on (imager: the UKI's command line); `installer` without a platform is the bare metal one.
 * Throws in containerd's words.
 */
export function installerImage(world: World, reference: string): TalosImage {
  const factory = FACTORY_INSTALLER.exec(reference);
  const plain = PLAIN_INSTALLER.exec(reference);
  if (!factory && !plain) throw notFound(reference);
  try {
    if (plain) {
      const vanilla = registerSchematic(world, "customization: {}\n");
      return buildImage(world, vanilla, plain[1]!, "metal");
    }
    const [, platform = "metal", schematic, version] = factory!;
    return buildImage(world, schematic!, version!, platform);
  } catch (error) {
    if (!(error instanceof FactoryError)) throw error;
    if (error.status === 404) throw notFound(reference);
    throw new PullError(
      reference,
      `unexpected status from HEAD request to ${manifestOf(reference)}: 400 Bad Request`,
    );
  }
}

/** `talosctl image pull`: one that is there already is not pulled again. */
export async function pullForClient(
  world: World,
  machine: MachineState,
  namespace: PulledImage["namespace"],
  reference: string,
): Promise<void> {
  const key = `${namespace} ${reference}`;
  const images = () => {
    const state = stateOf(bootDisk(world.state.proxmox.vms[machine.vmId]!));
    return state && (state.images ??= {});
  };
  if (images()?.[key]) return;
  try {
    await pull(world, machine, reference, 0);
  } catch (error) {
    if (!(error instanceof PullError)) throw error;
    throw error.missing
      ? new TalosError("NotFound", `error pulling image: ${error.message}`)
      : new TalosError("Unknown", error.message);
  }
  const stored = images();
  if (!stored)
    throw new TalosError("Unavailable", "error connecting to containerd: EPHEMERAL is not mounted");
  stored[key] = {
    namespace,
    reference,
    digest: `sha256:${hash(reference)}`,
    sizeBytes: 150 * MB,
    pulledAt: world.clock.now(),
  };
}

/** What an upgrade does before it is accepted: the installer comes into Talos's own containerd, unless it lies there. */
export async function pullInstaller(
  world: World,
  machine: MachineState,
  reference: string,
): Promise<TalosImage> {
  try {
    const known = machine.installers?.includes(reference);
    const image = known ? installerImage(world, reference) : await pull(world, machine, reference, 1);
    const now = world.state.machines[machine.vmId];
    if (!now || now.bootId !== machine.bootId) {
      throw new TalosError("Unavailable", "error reading from server: EOF");
    }
    now.installers = [...new Set([...(now.installers ?? []), reference])];
    return image;
  } catch (error) {
    if (!(error instanceof PullError)) throw error;
    throw new TalosError("Unknown", `error validating installer image "${reference}": ${error.message}`);
  }
}

export function listImages(
  world: World,
  machine: MachineState,
  namespace: PulledImage["namespace"],
): PulledImage[] {
  const images = stateOf(bootDisk(world.state.proxmox.vms[machine.vmId]!))?.images ?? {};
  return Object.values(images).filter((image) => image.namespace === namespace);
}

async function pull(
  world: World,
  machine: MachineState,
  reference: string,
  notFoundRetries: number,
): Promise<TalosImage> {
  if (hasFault(world, "pull-fails", machine.vmId)) {
    await world.clock.sleep(DURATIONS.pullPatience);
    throw new PullError(
      reference,
      `failed to do request: Head "${manifestOf(reference)}": dial tcp: i/o timeout`,
    );
  }
  let image: TalosImage;
  try {
    image = installerImage(world, reference);
  } catch (error) {
    await world.clock.sleep(DURATIONS.pullRetry * notFoundRetries);
    throw error;
  }
  await world.clock.sleep(DURATIONS.pull);
  const node = machine.facts?.hostname ?? String(machine.vmId);
  world.note({
    kind: "image-pulled",
    subject: node,
    text: `${node} pulled ${reference}`,
    detail: { vmId: machine.vmId, reference },
  });
  return image;
}

class PullError extends Error {
  constructor(
    reference: string,
    why: string,
    readonly missing = false,
  ) {
    super(`failed to pull image "${reference}": failed to resolve reference "${reference}": ${why}`);
  }
}

function notFound(reference: string): PullError {
  return new PullError(reference, `${reference}: not found`, true);
}

function manifestOf(reference: string): string {
  const [, host, path, tag] = /^([^/]+)\/(.*?)(?::([^/:]+))?$/.exec(reference) ?? [
    "",
    "",
    reference,
    "latest",
  ];
  return `https://${host}/v2/${path}/manifests/${tag ?? "latest"}`;
}
