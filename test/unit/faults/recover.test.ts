import { describe, expect, test } from "vitest";
import {
  BOOTSTRAP,
  candidates,
  controlPlanes,
  holdsMaskedSecret,
  RELEASE,
  secretOf,
  plaintext,
  strangerVm,
  unfinishedRelease,
  VM,
  withDiskPlaces,
  worthRefreshing,
  type Planned,
} from "../../../scripts/recover/decide.ts";
import {
  marked,
  providerReference,
  withoutPending,
  withoutResource,
  withResource,
  type Deployment,
} from "../../../scripts/recover/deployment.ts";
import { holders, isLockError, stillHeld } from "../../../scripts/recover/lock.ts";
import { withoutCredentials } from "../../../scripts/recover/target.ts";

const planned = (type: string, inputs: Record<string, unknown> = {}): Planned => ({
  urn: `urn::${type}`,
  type,
  inputs,
});

describe("what must not be made twice", () => {
  test("a VM, a release and the bootstrap are looked for, by the ids that their providers know them by", () => {
    const found = candidates([
      planned(VM, { vmId: 126 }),
      planned(RELEASE, { namespace: "longhorn-system", name: "longhorn" }),
      planned(BOOTSTRAP),
      planned("talos:machine/configurationApply:ConfigurationApply"),
      planned("kubernetes:core/v1:Namespace"),
    ]);
    expect(found.map(({ id }) => id)).toEqual(["126", "longhorn-system/longhorn", "machine_bootstrap"]);
  });

  test("a release in a namespace that is still to be made is a stranger's, and not looked for", () => {
    const release = planned(RELEASE, { namespace: "traefik", name: "traefik" });
    const namespace = (name: string) => planned("kubernetes:core/v1:Namespace", { metadata: { name } });
    expect(candidates([namespace("traefik"), release])).toEqual([]);
    expect(candidates([namespace("longhorn-system"), release])).toHaveLength(1);
  });

  test("nothing is looked for whose id is not known yet", () => {
    expect(
      candidates([planned(VM, { vmId: "04da6b54-80e4-46f7-96ec-b56ff0331ba9" }), planned(RELEASE)]),
    ).toEqual([]);
  });

  test("inputs with a masked secret are no inputs", () => {
    expect(holdsMaskedSecret({ a: [{ b: "[secret]" }] })).toBe(true);
    expect(holdsMaskedSecret({ a: [{ b: "open" }] })).toBe(false);
  });
});

describe("a VM that was found", () => {
  const wanted = planned(VM, { vmId: 126, name: "lab-cp-1", tags: ["lab", "talos"] });
  const found = (name: string, tags: string[]) => ({
    urn: "",
    type: VM,
    custom: true,
    id: "126",
    outputs: { name, tags },
  });

  test("is ours by name and tags", () => {
    expect(strangerVm(wanted, found("lab-cp-1", ["talos", "lab"]))).toBeUndefined();
  });

  test("is a stranger's otherwise, and that is said", () => {
    expect(strangerVm(wanted, found("nas", ["talos", "lab"]))).toBe('VM 126 is called "nas", not "lab-cp-1"');
    expect(strangerVm(wanted, found("lab-cp-1", []))).toContain('has the tags "", not "lab,talos"');
  });
});

test("a VM whose disks were not all read gets the missing ones back from its inputs, to be read again", () => {
  const os = { interface: "scsi0", size: 32, __defaults: [] };
  const data = { interface: "virtio1", size: 40 };
  const vm = (known: unknown[], inputs: unknown[] = [os, data]) => ({
    resources: [
      { urn: "u::vm", type: VM, custom: true, inputs: { disks: inputs }, outputs: { disks: known } },
    ],
  });
  const { deployment, names } = withDiskPlaces(vm([{ interface: "" }, { ...data, speed: {} }]));
  expect(names).toEqual(["vm"]);
  expect(deployment.resources?.[0]?.outputs?.["disks"]).toEqual([
    { interface: "scsi0", size: 32 },
    { ...data, speed: {} },
  ]);
  for (const fine of [vm([os, data]), vm([{}, data], [{}, data]), vm([])]) {
    expect(withDiskPlaces(fine)).toEqual({ deployment: fine, names: [] });
  }
});

test("a release that Helm does not call deployed is unfinished; other resources have no such thing", () => {
  const release = (status: string) => ({
    urn: "",
    type: RELEASE,
    custom: true,
    outputs: { status: { status } },
  });
  expect(unfinishedRelease(release("deployed"))).toBeUndefined();
  expect(unfinishedRelease(release("failed"))).toBe("failed");
  expect(unfinishedRelease({ ...release("failed"), type: VM })).toBeUndefined();
});

describe("edits of a state", () => {
  const state: Deployment = {
    resources: [
      { urn: "stack", type: "pulumi:pulumi:Stack", custom: false },
      { urn: "provider", type: "pulumi:providers:proxmoxve", custom: true, id: "new-id" },
      { urn: "vm", type: VM, custom: true, id: "127", provider: "provider::new-id" },
    ],
    pending_operations: [{ type: "creating", resource: { urn: "x", type: VM, custom: true } }],
  };

  test("open operations go, everything else stays", () => {
    expect(withoutPending(state)).toEqual({ resources: state.resources });
  });

  test("what is entered depends on all that was there, so that a destroy takes it first", () => {
    const added = withResource(state, { urn: "new", type: VM, custom: true, id: "126" }).resources?.at(-1);
    expect(added).toMatchObject({ urn: "new", id: "126", dependencies: ["provider", "vm"] });
  });

  test("a provider is named by the id that the state knows, and missing without it", () => {
    expect(providerReference(state, "provider::planned-id")).toBe("provider::new-id");
    expect(providerReference({ resources: [] }, "provider::planned-id")).toBeUndefined();
  });

  test("a mark makes the next `up` update it; taking out takes out that one", () => {
    expect(marked(state, "vm", "why").resources?.[2]).toMatchObject({ initErrors: ["why"] });
    expect(withoutResource(state, "vm").resources?.map(({ urn }) => urn)).toEqual(["stack", "provider"]);
  });

  test("VMs and releases are looked at again: their deletion fails when they are gone", () => {
    expect(worthRefreshing(state)).toEqual({ proxmox: ["vm"], kubernetes: [] });
  });

  test("control planes are known by their configs", () => {
    const applied = (node: string, type: string) => ({
      urn: node,
      type: "talos:machine/configurationApply:ConfigurationApply",
      custom: true,
      inputs: { node },
      outputs: { machineConfiguration: secretOf(`machine:\n    type: ${type}\n`) },
    });
    const resources = [applied("10.0.0.1", "controlplane"), applied("10.0.0.2", "worker")];
    expect(controlPlanes({ resources })).toEqual(["10.0.0.1"]);
    expect(plaintext(secretOf({ a: 1 }))).toEqual({ a: 1 });
  });
});

describe("a lock", () => {
  const message =
    "error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end or delete the lock file " +
    "with `pulumi cancel`.\n  file:///locks/x.json: created by root@here (pid 4711) at 2026-01-01T00:00:00Z";

  test("is known by Pulumi's words, and its holder too", () => {
    expect(isLockError(message)).toBe(true);
    expect(isLockError("error: update failed")).toBe(false);
    expect(holders(message)).toEqual([{ user: "root", host: "here", pid: 4711 }]);
  });

  test("of a process that lives here stays", () => {
    expect(stillHeld(message, "here", (pid) => pid === 4711)).toContain("process 4711");
    expect(stillHeld(message, "here", () => false)).toBeUndefined();
    expect(stillHeld(message, "elsewhere", () => true)).toBeUndefined();
  });
});

test.each([
  ["file:///home/me/state", "file:///home/me/state"],
  ["https://app.pulumi.com", "https://app.pulumi.com"],
  ["s3://bucket/a@b?region=eu&awssdk=v2", "s3://bucket/a@b"],
  ["postgres://me:pass@word@db.home/state?sslmode=off", "postgres://db.home/state"],
  ["azblob://box?sas=sig", "azblob://box"],
])("the backend of the stack is named without what opens it: %s", (address, said) => {
  expect(withoutCredentials(address)).toBe(said);
});
