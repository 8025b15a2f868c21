import { z } from "zod";
import { cidr, ipv4, text, whole } from "./fields.ts";

export const networkSchema = z
  .strictObject({
    subnet: cidr().meta({
      description: "The IPv4 subnet of the nodes, by its first address.",
      examples: ["192.168.1.0/24"],
    }),
    gateway: ipv4().meta({ description: "Default gateway of the nodes.", examples: ["192.168.1.1"] }),
    nameservers: z
      .array(ipv4())
      .min(1, { error: "names no server; give one to three addresses, or leave the key out for the gateway" })
      .max(3, { error: "names more than three servers, and resolvers ask only three" })
      .optional()
      .meta({
        description: "DNS servers of the nodes, in the order they are asked.",
        examples: [["192.168.1.1", "9.9.9.9"]],
        defaultNote: "the gateway",
      }),
    bridge: text(
      /^[a-zA-Z][-_.a-zA-Z0-9]{0,14}$/,
      "is no name of a Linux bridge: a letter, then at most 14 letters, digits, - _ or .",
    )
      .default("vmbr0")
      .meta({ description: "Proxmox bridge that the nodes' network device is on, the same on every host." }),
    vlan: whole(1, 4094, "a VLAN tag")
      .optional()
      .meta({ description: "VLAN tag of the network device.", examples: [20], defaultNote: "untagged" }),
  })
  .meta({ description: "The network that the nodes are on." });
