import { z } from "zod";
import { datastore, httpsUrl, says } from "./fields.ts";

const ENDPOINT = "is no address of a Proxmox API: https://<host>:8006/ with nothing behind it";

export const proxmoxSchema = z
  .strictObject({
    endpoint: httpsUrl(ENDPOINT)
      .refine((value) => isBareUrl(value), says(ENDPOINT))
      .meta({
        description: "URL of the Proxmox API; any host of the Proxmox cluster will do.",
        examples: ["https://192.168.1.10:8006/"],
      }),
    insecure: z.boolean().default(false).meta({
      description:
        "Accept any certificate: whoever gets in between then reads the API token. Better trust Proxmox's own authority.",
    }),
    imageDatastore: datastore().default("local").meta({
      description:
        "Datastore for the boot image, on every host in use and local to it; its content types must include `import`.",
    }),
    diskDatastore: datastore().default("local-lvm").meta({
      description: "Datastore for the VMs' disks, on every host in use, unless a disk names its own.",
    }),
    startOrder: z.boolean().default(false).meta({
      description:
        "Start control planes before workers, 30 seconds ahead, when a host starts. Proxmox lets only a token with `Sys.Modify` on `/` say so.",
    }),
  })
  .meta({ description: "How Proxmox is reached and where it keeps things." });

/** The provider appends `/api2/json` itself, and credentials in a URL would be shown in every error. */
function isBareUrl(value: string): boolean {
  if (!URL.canParse(value)) return true; // already told
  const url = new URL(value);
  return (
    url.pathname === "/" && url.search === "" && url.hash === "" && url.username === "" && url.password === ""
  );
}
