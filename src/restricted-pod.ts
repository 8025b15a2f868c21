/** What pods of our own run with where they need no privilege: the `restricted` profile of Kubernetes, and less. */

/** `nobody`, as busybox and most systems number it. */
const NOBODY = 65534;

export const RESTRICTED_POD = {
  automountServiceAccountToken: false,
  securityContext: {
    runAsNonRoot: true,
    runAsUser: NOBODY,
    runAsGroup: NOBODY,
    seccompProfile: { type: "RuntimeDefault" },
  },
};

export const RESTRICTED_CONTAINER = {
  securityContext: {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ["ALL"] },
  },
};

/** Of a shell script that runs for a moment, or mostly sleeps. No limit on the CPU: throttling helps nobody here. */
export const SCRIPT_RESOURCES = {
  requests: { cpu: "10m", memory: "16Mi" },
  limits: { memory: "64Mi" },
};
