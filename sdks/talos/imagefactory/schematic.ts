import * as pulumi from "@pulumi/pulumi";
import { resourceType } from "../core.js";

/** Arguments of {@link Schematic}. */
export interface SchematicArgs {
  /**
   * The schematic in YAML: extensions, kernel arguments, overlay, bootloader.
   * @default plain Talos
   */
  schematic?: pulumi.Input<string>;
}

/** What {@link Schematic.get} can be told. */
export type SchematicState = SchematicArgs;

const type = resourceType<SchematicArgs, SchematicState>("talos:imageFactory/schematic:Schematic", {
  schematic: "optional",
});

/**
 * A schematic, registered with the Image Factory; `id` is what image URLs have in them. The provider updates it in
 * place although its id then is another: use `replaceOnChanges: ["schematic"]`, or a preview goes on with the old one.
 */
export class Schematic extends pulumi.CustomResource {
  /** @internal */
  static readonly __pulumiType = type.token;

  declare readonly schematic: pulumi.Output<string | undefined>;

  constructor(name: string, args?: SchematicArgs, opts?: pulumi.CustomResourceOptions) {
    super(...type.construct(name, args, opts));
  }

  /** Looks up a schematic that exists already. */
  static get(
    name: string,
    id: pulumi.Input<pulumi.ID>,
    state?: SchematicState,
    opts?: pulumi.CustomResourceOptions,
  ): Schematic {
    return new Schematic(name, state, { ...opts, id });
  }

  /** Tells whether `obj` is such a resource, also one of another copy of this package. */
  static override isInstance(obj: unknown): obj is Schematic {
    return type.is(obj);
  }
}
