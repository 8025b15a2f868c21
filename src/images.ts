/** Small images of our own choice; the charts pin theirs. */

/** A shell for checks and repairs inside the cluster. */
export const BUSYBOX_IMAGE = "docker.io/library/busybox:1.37.0";
