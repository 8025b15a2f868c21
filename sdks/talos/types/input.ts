/* eslint-disable @typescript-eslint/no-namespace -- types only; upstream's names are namespaces */
/**
 * Nested inputs, under upstream's names. A function's shape has two: the bare name for the plain form, and with
 * `Args` for the `*Output` form. A resource's has one, without `Args`, and takes outputs.
 */
import type { AsInputs } from "../core.js";
import type * as shape from "./shapes.js";

export namespace client {
  export type GetConfigurationClientConfiguration = shape.ClientConfiguration;
  export type GetConfigurationClientConfigurationArgs = AsInputs<shape.ClientConfiguration>;
}

export namespace cluster {
  export type GetHealthClientConfiguration = shape.ClientConfiguration;
  export type GetHealthClientConfigurationArgs = AsInputs<shape.ClientConfiguration>;
  export type GetHealthTimeouts = shape.ReadTimeout;
  export type GetHealthTimeoutsArgs = AsInputs<shape.ReadTimeout>;
  export type GetKubeconfigClientConfiguration = shape.ClientConfiguration;
  export type GetKubeconfigClientConfigurationArgs = AsInputs<shape.ClientConfiguration>;
  export type GetKubeconfigTimeouts = shape.ReadTimeout;
  export type GetKubeconfigTimeoutsArgs = AsInputs<shape.ReadTimeout>;
  export type KubeconfigClientConfiguration = AsInputs<shape.ClientConfiguration>;
  export type KubeconfigKubernetesClientConfiguration = AsInputs<
    Partial<shape.KubernetesClientConfiguration>
  >;
  export type KubeconfigTimeouts = AsInputs<shape.CreateUpdateTimeout>;
}

export namespace imageFactory {
  export type GetVersionsFilters = shape.VersionsFilter;
  export type GetVersionsFiltersArgs = AsInputs<shape.VersionsFilter>;
}

export namespace machine {
  export type BootstrapClientConfigurationWo = AsInputs<shape.ClientConfiguration>;
  export type BootstrapTimeouts = AsInputs<shape.CreateTimeout>;
  export type Certificate = shape.Certificate;
  export type CertificateArgs = AsInputs<shape.Certificate>;
  export type Certificates = shape.Certificates;
  export type CertificatesArgs = AsInputs<shape.Certificates>;
  export type ClientConfiguration = AsInputs<shape.ClientConfiguration>;
  export type Cluster = shape.Cluster;
  export type ClusterArgs = AsInputs<shape.Cluster>;
  export type ConfigurationApplyClientConfigurationWo = AsInputs<shape.ClientConfiguration>;
  export type ConfigurationApplyOnDestroy = AsInputs<Partial<shape.OnDestroy>>;
  export type GetDisksClientConfiguration = shape.ClientConfiguration;
  export type GetDisksClientConfigurationArgs = AsInputs<shape.ClientConfiguration>;
  export type GetDisksTimeouts = shape.ReadTimeout;
  export type GetDisksTimeoutsArgs = AsInputs<shape.ReadTimeout>;
  export type Key = shape.Key;
  export type KeyArgs = AsInputs<shape.Key>;
  export type KubernetesSecrets = shape.KubernetesSecrets;
  export type KubernetesSecretsArgs = AsInputs<shape.KubernetesSecrets>;
  export type MachineSecrets = shape.MachineSecrets;
  export type MachineSecretsArgs = AsInputs<shape.MachineSecrets>;
  export type Timeout = AsInputs<shape.Timeout>;
  export type TrustdInfo = shape.TrustdInfo;
  export type TrustdInfoArgs = AsInputs<shape.TrustdInfo>;
}
