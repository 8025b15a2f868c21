/** Small translations between protocol messages and property maps. */
import struct from "google-protobuf/google/protobuf/struct_pb.js";
import { decode, encode, strip, type PropertyMap } from "./values.ts";

/** With `Secret` and `UNKNOWN` in place. */
export function fromStruct(from: struct.Struct | undefined): PropertyMap {
  return from ? (decode(from.toJavaScript()) as PropertyMap) : {};
}

/** What a handler gets to see: secrets unwrapped. */
export function plain(value: PropertyMap): PropertyMap {
  return strip(value) as PropertyMap;
}

/** What the engine knows of a resource from before. */
export function oldsOf(request: {
  getOldInputs(): struct.Struct | undefined;
  getOlds(): struct.Struct | undefined;
}): { inputs: PropertyMap; state: PropertyMap } {
  return { inputs: plain(fromStruct(request.getOldInputs())), state: plain(fromStruct(request.getOlds())) };
}

export function toStruct(value: unknown): struct.Struct {
  return struct.Struct.fromJavaScript(encode(value) as Record<string, struct.JavaScriptValue>);
}

/** `urn:pulumi:stack::project::parentType$type::name` -> `type`. */
export function tokenOf(urn: string): string {
  const types = urn.split("::")[2] ?? "";
  return types.slice(types.lastIndexOf("$") + 1);
}
