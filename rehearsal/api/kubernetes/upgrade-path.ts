/** In a file of its own: the stand-in that asks for it starts faster without the world. */
export const UPGRADE_PATH = "/rehearsal/upgrade-k8s";
