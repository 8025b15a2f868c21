/** Small images of our own choice; the charts pin theirs. */

/**
 * A shell for checks and repairs inside the cluster. The digest, that of the index for all platforms, is what is pulled; the tag is for
 * people and for Renovate. It is the one in Docker's own record (docker-library/repo-info, repos/busybox/remote/1.37.0.md); to compare:
 * `crane digest docker.io/library/busybox:1.37.0`, which names a newer one once Docker has built the tag again.
 */
export const BUSYBOX_IMAGE =
  "docker.io/library/busybox:1.37.0@sha256:9db7b59979c38555a39def84a31fb98b5296952f9e3afd4f6f11f05b07adfab0";
