/** Values for every nested input, recognisable in what is sent. */
export const access = { caCertificate: "ca", clientCertificate: "cert", clientKey: "client key" };

export const machineSecrets = {
  certs: {
    etcd: { cert: "etcd", key: "etcd key" },
    k8s: { cert: "k8s", key: "k8s key" },
    k8sAggregator: { cert: "aggregator", key: "aggregator key" },
    k8sServiceaccount: { key: "service account key" },
    os: { cert: "os", key: "os key" },
  },
  cluster: { id: "cluster id", secret: "cluster secret" },
  secrets: { bootstrapToken: "token", secretboxEncryptionSecret: "secretbox" },
  trustdinfo: { token: "trustd token" },
};
