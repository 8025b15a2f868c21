import * as pulumi from "@pulumi/pulumi";
import * as talos from "@pulumiverse/talos";
import { valueOf } from "../hooks/context.ts";
import { schematicId, schematicYaml } from "./schematic.ts";

export interface ImageSchematicArgs {
  /** Official extension names. */
  extensions: string[];
}

/** The schematic, registered at the Image Factory, which serves no image of a schematic it was never given. */
export class ImageSchematic extends pulumi.ComponentResource {
  /** Computed here, so that it is known in a preview of a fresh stack. */
  readonly schematicId: string;
  readonly schematic: talos.imagefactory.Schematic;

  constructor(name: string, args: ImageSchematicArgs, opts?: pulumi.ComponentResourceOptions) {
    super("homelab:talos:ImageSchematic", name, {}, opts);

    this.schematicId = schematicId(args.extensions);
    this.schematic = new talos.imagefactory.Schematic(
      `${name}-schematic`,
      { schematic: schematicYaml(args.extensions) },
      // The provider updates in place, but another schematic has another id.
      { parent: this, replaceOnChanges: ["schematic"] },
    );

    this.registerOutputs({ schematicId: this.schematicId });
  }

  /**
   * Rejects when the factory gave another id than was computed here. Only meaningful once the schematic exists, i.e.
   * in a hook of a resource that depends on it.
   */
  async confirm(): Promise<void> {
    const actual = await valueOf(this.schematic.id);
    if (actual === this.schematicId) return;
    throw new Error(
      `the Image Factory calls this schematic ${actual}, but ${this.schematicId} was computed for it: ` +
        "nothing is downloaded, because image and installer would not be the ones that the plan showed",
    );
  }
}
