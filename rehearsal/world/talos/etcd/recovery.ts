/**
 * Recovery from a snapshot: `talosctl bootstrap --recover-from`. A control plane without etcd data gets a new etcd of one member,
 * which holds what the snapshot holds. Where no member lives that is the way back; beside a living one it is a second etcd.
 *
 * Sources: talos v1.12.0 server/v1alpha1/v1alpha1_server.go (EtcdRecover, Bootstrap), services/etcd.go (recoverFromSnapshot: it
 * runs in the service, after the call was answered, so that a bad snapshot shows as an etcd that does not start).
 */
import type { ClusterState } from "./state.ts";
import type { MachineState, Upload } from "../state.ts";
import type { Held } from "../../kernel/world.ts";
import { checkBootstrap, newCluster } from "./cluster.ts";
import { requireControlPlane } from "./api.ts";
import { memberRuns } from "./members.ts";

export function uploadSnapshot(machine: MachineState, upload: Upload): void {
  requireControlPlane(machine, "etcd recover");
  machine.recovery = upload;
}

/** The Bootstrap call with `recoverEtcd`. It is answered before the snapshot is looked at. */
export function recoverEtcd(world: Held, machine: MachineState, skipHashCheck: boolean): void {
  const { facts, state } = checkBootstrap(world, machine);
  const upload = machine.recovery;
  delete machine.recovery;
  const content = restorable(world, upload, skipHashCheck);
  if (content instanceof Error) {
    world.note({
      kind: "etcd-recovered",
      subject: facts.hostname,
      severity: "warning",
      text: `etcd of ${facts.hostname} does not start: error recovering from the snapshot: ${content.message}`,
      detail: { vmId: machine.vmId, reason: content.message },
    });
    return;
  }
  const former = world.state.clusters[facts.clusterId];
  const living = former ? Object.keys(former.etcd).filter((id) => memberRuns(world, former, id)) : [];
  const second = living.length > 0;
  const clusterId = second ? world.nextId(facts.clusterId) : facts.clusterId;
  const now = world.clock.now();
  const memberId = world.nextId("member");
  state.etcd = { clusterId, memberId, bootstrappedAt: now };
  const cluster: ClusterState = { ...newCluster(world, clusterId, machine, memberId), ...content };
  world.systems.registry.restored(world, cluster, second ? undefined : former);
  world.state.clusters[clusterId] = cluster;
  const names = living.map((id) => former!.etcd[id]!.name).join(", ");
  world.note({
    kind: "etcd-recovered",
    subject: facts.hostname,
    severity: second ? "catastrophe" : "info",
    text: second
      ? `recovered a second etcd on ${facts.hostname} beside the living one of ${names}`
      : `recovered etcd of cluster ${facts.clusterName} on ${facts.hostname} from a snapshot of revision ${upload!.snapshot!.revision}`,
    detail: { vmId: machine.vmId, clusterId, memberId, revision: upload!.snapshot!.revision },
  });
}

function restorable(
  { systems }: Held,
  upload: Upload | undefined,
  skipHashCheck: boolean,
): Partial<ClusterState> | Error {
  if (!upload) return new Error("no snapshot was uploaded");
  if (upload.damaged !== undefined || !upload.snapshot) return new Error(upload.damaged ?? "it is empty");
  if (!upload.hashed && !skipHashCheck) {
    return new Error("snapshot missing hash but --skip-hash-check=false");
  }
  try {
    return systems.registry.readSnapshot(upload.snapshot);
  } catch (error) {
    return error as Error;
  }
}
