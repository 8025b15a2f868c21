import { describe, expect, test } from "vitest";
import {
  buildImage,
  canonicalSchematic,
  findImage,
  registerSchematic,
  schematicId,
} from "../../../../rehearsal/world/factory/images.ts";
import { OFFICIAL_EXTENSIONS } from "../../../../src/config/extensions.ts";
import { parseSchematic } from "../../../../rehearsal/world/factory/schematic.ts";
import { EXTENSIONS, fixture, IMAGE_URL, SCHEMATIC, SCHEMATIC_ID } from "../../../support/world/proxmox.ts";

const withExtensions = (...names: string[]): string =>
  `customization: {systemExtensions: {officialExtensions: [${names.join(", ")}]}}`;

describe("a schematic's id is the factory's own", () => {
  test.each([
    ["{}", "376567988ad370138ad8b2698212367b8edcb69b5fd68c80be1f2ec7d603b4ba"],
    ["", "376567988ad370138ad8b2698212367b8edcb69b5fd68c80be1f2ec7d603b4ba"],
    [
      withExtensions("siderolabs/qemu-guest-agent"),
      "ce4c980550dd2ab1b17bbf2b08801c7eb59418eafe8f279833297925d67c7515",
    ],
    [
      withExtensions("siderolabs/iscsi-tools", "siderolabs/util-linux-tools"),
      "613e1592b2da41ae5e265e8789429f22e121aab91cb4deb6bc3c0b6262961245",
    ],
    [SCHEMATIC, SCHEMATIC_ID],
  ])("%s", (yaml, id) => expect(schematicId(yaml)).toBe(id));

  test("the order of the extensions is part of it, the layout of the text is not", () => {
    expect(schematicId(withExtensions(...[...EXTENSIONS].reverse()))).not.toBe(SCHEMATIC_ID);
    const spread = `customization:\n  systemExtensions:\n    officialExtensions:\n${EXTENSIONS.map((name) => `      - ${name}\n`).join("")}`;
    expect(schematicId(spread)).toBe(SCHEMATIC_ID);
  });

  test("fields are printed in the factory's order, not the writer's", () => {
    const text = canonicalSchematic(
      parseSchematic(
        "customization: {systemExtensions: {officialExtensions: [a/b]}, extraKernelArgs: [console=ttyS0]}",
      ),
    );
    expect(text).toBe(
      "customization:\n    extraKernelArgs:\n        - console=ttyS0\n    systemExtensions:\n        officialExtensions:\n            - a/b\n",
    );
  });

  test("an unknown key is refused", () => {
    expect(() => schematicId("customization: {extensions: [a]}")).toThrow(/customization.*extensions/);
  });
});

describe("images", () => {
  test("exist for what was registered, with its extensions", () => {
    const { world } = fixture();
    expect(registerSchematic(world, SCHEMATIC)).toBe(SCHEMATIC_ID);
    expect(findImage(world, IMAGE_URL)).toMatchObject({
      format: "qcow2",
      fileName: "nocloud-amd64.qcow2",
      virtualBytes: 1246 * 1024 ** 2,
      image: { schematicId: SCHEMATIC_ID, version: "v1.12.0", platform: "nocloud", extensions: EXTENSIONS },
    });
  });

  test.each([
    ["a schematic that nobody registered", IMAGE_URL.replace("88d1", "99d1"), 404],
    ["a version that does not exist", IMAGE_URL.replace("v1.12.0", "v1.12.99"), 404],
    ["a platform that does not exist", IMAGE_URL.replace("nocloud", "proxmox"), 404],
    ["a file that is not served", IMAGE_URL.replace("qcow2", "img"), 404],
    ["another server", IMAGE_URL.replace("factory.talos.dev", "example.org"), 404],
  ])("are not there for %s", (_, url, status) => {
    const { world } = fixture();
    registerSchematic(world, SCHEMATIC);
    expect(() => findImage(world, url)).toThrowError(expect.objectContaining({ status }));
  });

  test("are built with every extension that a configuration may name", () => {
    const { world } = fixture();
    const id = registerSchematic(world, withExtensions(...OFFICIAL_EXTENSIONS));
    expect(buildImage(world, id, "v1.12.0", "nocloud").extensions).toEqual(OFFICIAL_EXTENSIONS);
  });

  test("cannot be built with an extension that does not exist, though the schematic is accepted", () => {
    const { world } = fixture();
    const id = registerSchematic(world, withExtensions("siderolabs/iscsi-tool"));
    expect(() => buildImage(world, id, "v1.12.0", "nocloud")).toThrow(
      'official extension "siderolabs/iscsi-tool" is not available for Talos version v1.12.0',
    );
  });
});
