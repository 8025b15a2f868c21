import { describe, expect, test } from "vitest";
import {
  bootImageFileName,
  bootImageUrl,
  installerImage,
  schematicId,
  schematicYaml,
} from "../../../src/talos/schematic.ts";

/** What the Image Factory answers for the three required extensions. */
const ID = "88d1f7a5c4f1d3aba7df787c448c1d3d008ed29cfb34af53fa0df4336a56040b";

describe("the schematic", () => {
  test("is written as the factory writes it: sorted, four spaces, a trailing newline", () => {
    expect(schematicYaml(["siderolabs/util-linux-tools", "siderolabs/iscsi-tools"])).toBe(
      "customization:\n" +
        "    systemExtensions:\n" +
        "        officialExtensions:\n" +
        "            - siderolabs/iscsi-tools\n" +
        "            - siderolabs/util-linux-tools\n",
    );
  });

  // Ids by the real factory.
  test.each([
    [["qemu-guest-agent"], "ce4c980550dd2ab1b17bbf2b08801c7eb59418eafe8f279833297925d67c7515"],
    [["iscsi-tools", "util-linux-tools"], "613e1592b2da41ae5e265e8789429f22e121aab91cb4deb6bc3c0b6262961245"],
    [["iscsi-tools", "qemu-guest-agent", "util-linux-tools"], ID],
  ])("of %j has the factory's id", (names, id) => {
    expect(schematicId(names.map((name) => `siderolabs/${name}`))).toBe(id);
  });

  test("has one id whatever the order and however often an extension is named", () => {
    const [iscsi, agent, tools] = ["iscsi-tools", "qemu-guest-agent", "util-linux-tools"].map(
      (name) => `siderolabs/${name}`,
    ) as [string, string, string];
    expect(schematicId([tools, agent, iscsi])).toBe(ID);
    expect(schematicId([iscsi, agent, tools, agent])).toBe(ID);
  });
});

describe("the images of a schematic", () => {
  test("boot image: an uncompressed qcow2 of the nocloud platform, which Proxmox imports without SSH", () => {
    expect(bootImageUrl(ID, "v1.12.0")).toBe(
      `https://factory.talos.dev/image/${ID}/v1.12.0/nocloud-amd64.qcow2`,
    );
  });

  test("installer: the platform's own, with the schematic's extensions", () => {
    expect(installerImage(ID, "v1.12.0")).toBe(`factory.talos.dev/nocloud-installer/${ID}:v1.12.0`);
  });

  test("every version and every schematic has a file of its own", () => {
    expect(bootImageFileName(ID, "v1.12.0")).toBe("talos-v1.12.0-88d1f7a5c4f1-nocloud-amd64.qcow2");
    expect(bootImageFileName(ID, "v1.12.1")).toBe("talos-v1.12.1-88d1f7a5c4f1-nocloud-amd64.qcow2");
    expect(bootImageFileName("f".repeat(64), "v1.12.0")).toBe(
      "talos-v1.12.0-ffffffffffff-nocloud-amd64.qcow2",
    );
  });
});
