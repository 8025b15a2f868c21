/** A program as people write it. Never run: schema.test.ts and the project's type check compile it. */
import * as pulumi from "@pulumi/pulumi";
import * as talos from "@pulumiverse/talos";

export function cluster(provider: talos.Provider): pulumi.Output<string> {
  const secrets = new talos.machine.Secrets(
    "cluster",
    { talosVersion: "v1.12" },
    { provider, protect: true },
  );
  const machineConfigurationInput = talos.machine.getConfigurationOutput({
    clusterName: "lab",
    clusterEndpoint: pulumi.interpolate`https://${"10.0.0.1"}:6443`,
    machineType: "controlplane",
    machineSecrets: secrets.machineSecrets,
    configPatches: [pulumi.output("machine: {}")],
  }).machineConfiguration;

  const access: pulumi.Output<talos.types.output.machine.ClientConfiguration> = secrets.clientConfiguration;
  const onDestroy: talos.types.input.machine.ConfigurationApplyOnDestroy = { reset: pulumi.output(true) };
  const applied = new talos.machine.ConfigurationApply("cp", {
    node: "10.0.0.1",
    clientConfiguration: access,
    machineConfigurationInput,
    onDestroy,
  });
  const bootstrap = new talos.machine.Bootstrap(
    "first",
    { node: applied.node, clientConfiguration: access },
    { dependsOn: [applied] },
  );
  const kubeconfig = new talos.cluster.Kubeconfig("admin", {
    node: bootstrap.node,
    clientConfiguration: access,
  });

  const disks = talos.machine.getDisksOutput(
    { node: applied.node, clientConfiguration: access },
    { dependsOn: [applied] },
  );
  const sizes: pulumi.Output<number[]> = disks.disks.apply((all) => all.map((disk) => disk.size));
  const talosconfig = talos.client.getConfigurationOutput({
    clusterName: "lab",
    clientConfiguration: access,
  });
  return pulumi.interpolate`${kubeconfig.kubernetesClientConfiguration.host} ${talosconfig.talosConfig} ${sizes}`;
}

export async function plain(clientConfiguration: talos.types.input.cluster.GetHealthClientConfiguration) {
  const schematic = talos.imagefactory.Schematic.get("image", "88d1");
  const { talosVersions } = await talos.imagefactory.getVersions();
  const all: string[] = talosVersions;
  await talos.cluster.getHealth({
    clientConfiguration,
    controlPlaneNodes: ["10.0.0.1"],
    endpoints: ["10.0.0.1"],
  });
  const terraform: talos.Provider.TerraformConfigResult = { result: {} };
  return { id: schematic.id, all, terraform };
}

/** What must not compile. */
export function mistakes(output: pulumi.Output<string>, node: string) {
  const half = { caCertificate: "", clientCertificate: "" };
  const access = { ...half, clientKey: "" };
  return [
    // @ts-expect-error -- node is required
    () => new talos.machine.Bootstrap("first", {}),
    // @ts-expect-error -- no such argument
    () => new talos.machine.Secrets("cluster", { talosversion: "v1.12" }),
    // @ts-expect-error -- the key is missing
    () => new talos.machine.Bootstrap("first", { node, clientConfiguration: half }),
    // @ts-expect-error -- a number is no duration
    () => new talos.machine.Bootstrap("first", { node, timeouts: { create: 600 } }),
    // @ts-expect-error -- only the provider sets it
    () => new talos.cluster.Kubeconfig("admin", { node, clientConfiguration: access, kubeconfigRaw: "" }),
    // @ts-expect-error -- the plain form takes no outputs
    () => talos.client.getConfiguration({ clusterName: output, clientConfiguration: access }),
    // @ts-expect-error -- upstream's module is all lower case, whatever its documentation says
    () => void talos.imageFactory,
  ];
}
