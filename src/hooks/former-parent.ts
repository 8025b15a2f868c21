import * as pulumi from "@pulumi/pulumi";

/** The alias of a resource that was the child of a component once, which was itself a child of today's parent and is no more. */
export function formerParent(parent: pulumi.Resource, type: string, name: string): pulumi.Alias {
  return { parent: pulumi.createUrn(name, type, parent) };
}
