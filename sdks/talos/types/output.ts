/* eslint-disable @typescript-eslint/no-namespace -- types only; upstream's names are namespaces */
/** Nested outputs, under upstream's names. */
import type * as shape from "./shapes.js";

export namespace client {
  export type GetConfigurationClientConfiguration = shape.ClientConfiguration;
}

export namespace cluster {
  export type GetHealthClientConfiguration = shape.ClientConfiguration;
  export type GetHealthTimeouts = shape.ReadTimeout;
  export type GetKubeconfigClientConfiguration = shape.ClientConfiguration;
  export type GetKubeconfigKubernetesClientConfiguration = shape.KubernetesClientConfiguration;
  export type GetKubeconfigTimeouts = shape.ReadTimeout;
  export type KubeconfigClientConfiguration = shape.ClientConfiguration;
  export type KubeconfigKubernetesClientConfiguration = shape.KubernetesClientConfiguration;
  export type KubeconfigTimeouts = shape.CreateUpdateTimeout;
}

export namespace imageFactory {
  export type GetVersionsFilters = shape.VersionsFilter;
}

export namespace machine {
  export type BootstrapClientConfigurationWo = shape.ClientConfiguration;
  export type BootstrapTimeouts = shape.CreateTimeout;
  export type Certificate = shape.Certificate;
  export type Certificates = shape.Certificates;
  export type ClientConfiguration = shape.ClientConfiguration;
  export type Cluster = shape.Cluster;
  export type ConfigurationApplyClientConfigurationWo = shape.ClientConfiguration;
  export type ConfigurationApplyOnDestroy = shape.OnDestroy;
  export type GetDisksClientConfiguration = shape.ClientConfiguration;
  export type GetDisksDisk = shape.Disk;
  export type GetDisksTimeouts = shape.ReadTimeout;
  export type Key = shape.Key;
  export type KubernetesSecrets = shape.KubernetesSecrets;
  export type MachineSecrets = shape.MachineSecrets;
  export type Timeout = shape.Timeout;
  export type TrustdInfo = shape.TrustdInfo;
}
