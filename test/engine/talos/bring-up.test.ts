/**
 * The lab comes up through Talos's API alone, from maintenance mode to the kubeconfig: by Talos's own client on the network, where
 * each machine has an end of its own, and by the provider server, with the same result.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Lab } from "../../support/world/lab.ts";
import { newSecrets } from "../../support/world/world.ts";
import { kubeconfigIn, networkEnd, providerEnd, type End, type NetworkEnd } from "./ends.ts";

const CP = "192.168.1.126";
const WORKER = "192.168.1.127";
const NODES = [
  { vmId: 126, name: "cp-1", role: "controlplane", address: CP },
  { vmId: 127, name: "worker-1", role: "worker", address: WORKER },
] as const;

let lab: Lab;
beforeAll(async () => {
  lab = await Lab.open();
  for (const { vmId, name, address } of NODES) {
    lab.addVm({ vmId, name, address });
    await lab.start(vmId);
  }
  lab.world.state.elapsed = lab.clock.now();
});

/** @returns The kubeconfig. */
async function bringUp(end: End): Promise<string> {
  const each = <Result>(work: (node: (typeof NODES)[number]) => Promise<Result>) =>
    Promise.all(NODES.map(work));
  await each(({ address }) => end.call("disks", address));
  await each(async ({ address, name, role }) =>
    end.call("apply", address, await lab.config({ role, hostname: name, address })),
  );
  await end.call("bootstrap", CP);
  const kubeconfig = kubeconfigIn(await end.call("kubeconfig", CP));
  for (let round = 0; round < 20; round++) {
    await end.world.clock.sleep(30);
    await end.world.settle();
  }
  return kubeconfig;
}

function outcome({ state }: End["world"]) {
  const [cluster] = Object.values(state.clusters);
  return {
    nodes: Object.keys(cluster?.nodes ?? {}).sort(),
    members: Object.keys(cluster?.etcd ?? {}).length,
    record: state.events
      .filter(({ kind }) =>
        /^(disks-inspected|config-applied|format|bootstrap|kubeconfig-issued)$/.test(kind),
      )
      .map(({ kind, subject }) => `${kind} ${subject}`)
      .sort(),
    catastrophes: state.events.filter(({ severity }) => severity === "catastrophe"),
  };
}

describe("Talos's own client, on the network", () => {
  let end: NetworkEnd;
  beforeAll(async () => {
    end = await networkEnd(lab, lab.world.state);
  });
  afterAll(() => end.close());

  it("finds each machine in maintenance mode, which shows its disks and little else", async () => {
    const disks = await end.client<{ size: number }[]>("disks", WORKER);
    expect(disks.map(({ size }) => size)).toContain(40 * 1024 ** 3);
    await expect(end.client("version", WORKER)).rejects.toMatchObject({
      grpc: "Unimplemented",
      desc: "API is not implemented in maintenance mode",
    });
    await expect(end.client("bootstrap", CP)).rejects.toMatchObject({
      grpc: "Unimplemented",
      desc: "method Bootstrap not implemented",
    });
  });

  it("brings the lab up, as the provider server does", async () => {
    const kubeconfig = await bringUp(end);
    expect(kubeconfig).toContain(`server: https://${CP}:6443`);
    const other = await providerEnd(lab, lab.world.state);
    expect(await bringUp(other)).toContain(`server: https://${CP}:6443`);
    const found = outcome(end.world);
    expect(found).toMatchObject({ nodes: ["cp-1", "worker-1"], members: 1, catastrophes: [] });
    // It looked at one machine's disks once more, above.
    expect(new Set(found.record)).toEqual(new Set(outcome(other.world).record));
    expect({ ...found, record: [] }).toEqual({ ...outcome(other.world), record: [] });
  });

  it("is answered what the provider's health checks ask", async () => {
    expect(await end.client("version", WORKER)).toEqual({ tag: "v1.12.0" });
    expect(await end.client("health", CP)).toMatchObject({ etcd: true, members: ["cp-1"] });
  });

  it("is refused, once a machine has a config, without the right certificate", async () => {
    const caCertificate = lab.secrets.clientConfiguration.caCertificate;
    const { clientCertificate, clientKey } = (await newSecrets()).clientConfiguration;
    await expect(
      end.client("version", CP, { caCertificate, clientCertificate, clientKey }),
    ).rejects.toMatchObject({ grpc: "Unavailable" });
  });
});
