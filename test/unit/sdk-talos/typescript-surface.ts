/**
 * Reads the package's types with the compiler and writes each as one line, such as `{a: string, b?: number[]}`, so
 * that they can be compared with the provider's schema.
 */
import path from "node:path";
import ts from "typescript";

export const root = path.resolve(import.meta.dirname, "../../..");

const program = ts.createProgram(
  [path.join(root, "sdks/talos/index.ts"), path.join(import.meta.dirname, "consumer.ts")],
  {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    types: ["node"],
  },
);
const checker = program.getTypeChecker();

/** What the compiler has to say about the package and the program that uses it. */
export function diagnostics(): string[] {
  return ts.getPreEmitDiagnostics(program).map((found) => {
    const where = found.file && `${path.relative(root, found.file.fileName)}:${found.start ?? 0} `;
    return `${where ?? ""}${ts.flattenDiagnosticMessageText(found.messageText, " ")}`;
  });
}

function exportsOf(symbol: ts.Symbol): Map<string, ts.Symbol> {
  const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  return new Map(checker.getExportsOfModule(target).map((found) => [found.name, found]));
}

function mainModule(): ts.Symbol {
  const file = program.getSourceFile(path.join(root, "sdks/talos/index.ts"));
  const symbol = file && checker.getSymbolAtLocation(file);
  if (!symbol) throw new Error("sdks/talos/index.ts is not a module");
  return symbol;
}

/** The exported names at a dotted path, such as "types.input.machine"; empty for no path. */
export function names(dotted: string): string[] {
  return [...(find(dotted) ?? new Map<string, ts.Symbol>()).keys()].sort();
}

function find(dotted: string): Map<string, ts.Symbol> | undefined {
  let at = exportsOf(mainModule());
  for (const part of dotted.split(".").filter(Boolean)) {
    const next = at.get(part);
    if (!next) return undefined;
    at = exportsOf(next);
  }
  return at;
}

function symbolAt(dotted: string): ts.Symbol {
  const cut = dotted.lastIndexOf(".");
  const found = find(dotted.slice(0, Math.max(cut, 0)))?.get(dotted.slice(cut + 1));
  if (!found) throw new Error(`${dotted} is not exported`);
  return found.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(found) : found;
}

const member = (type: ts.Type, name: string) =>
  type.isUnion() ? type.types.find((part) => part.symbol?.name === name) : undefined;
function argument(type: ts.Type): ts.Type {
  const [first] = checker.getTypeArguments(type as ts.TypeReference);
  if (!first) throw new Error(`${checker.typeToString(type)} has no type argument`);
  return first;
}

/** One line for a type. `inputs`: every value below must also be allowed as a promise and as an output. */
function line(type: ts.Type, inputs: boolean): string {
  if (inputs) {
    const promise = member(type, "Promise");
    if (!promise || !member(type, "OutputInstance")) return `no input: ${checker.typeToString(type)}`;
    return value(argument(promise), true);
  }
  return value(type, false);
}

function value(type: ts.Type, inputs: boolean): string {
  if (type.flags & ts.TypeFlags.String) return "string";
  if (type.flags & ts.TypeFlags.Number) return "number";
  if (type.flags & ts.TypeFlags.Boolean) return "boolean";
  if (checker.isArrayType(type)) return `${line(argument(type), inputs)}[]`;
  if (type.flags & ts.TypeFlags.Object) return object(type, inputs);
  return `odd: ${checker.typeToString(type)}`;
}

function object(type: ts.Type, inputs: boolean): string {
  const properties = checker.getPropertiesOfType(type).map((property) => {
    const optional = (property.flags & ts.SymbolFlags.Optional) !== 0;
    const own = checker.getTypeOfSymbol(property);
    return `${property.name}${optional ? "?" : ""}: ${line(optional ? checker.getNonNullableType(own) : own, inputs)}`;
  });
  return `{${properties.sort().join(", ")}}`;
}

/** The line of an exported type; `inputs` as for its fields, the outermost object being plain. */
export function typeLine(dotted: string, inputs: boolean): string {
  return object(checker.getDeclaredTypeOfSymbol(symbolAt(dotted)), inputs);
}

/** The line of a resource's own outputs, without those that every resource has. */
export function outputsLine(dotted: string): string {
  const declared = checker.getDeclaredTypeOfSymbol(symbolAt(dotted));
  const inherited = new Set(
    declared.getBaseTypes()?.flatMap((base) => base.getProperties().map((own) => own.name)),
  );
  const properties = declared.getProperties().filter((own) => !inherited.has(own.name));
  const lines = properties.flatMap((property) => {
    const type = checker.getTypeOfSymbol(property);
    if (type.getCallSignatures().length > 0) return [];
    const held = type.aliasSymbol?.name === "Output" ? type.aliasTypeArguments?.[0] : undefined;
    if (!held) return [`${property.name}: no output`];
    const optional = held.isUnion() && held.types.some((part) => part.flags & ts.TypeFlags.Undefined);
    return [`${property.name}${optional ? "?" : ""}: ${value(checker.getNonNullableType(held), false)}`];
  });
  return `{${lines.sort().join(", ")}}`;
}

/** Whether the arguments of a function or constructor may be left out, and what a function gives. */
export function signature(dotted: string): { argsOptional: boolean; gives: string } {
  const symbol = symbolAt(dotted);
  const type = checker.getTypeOfSymbol(symbol);
  const found = type.getConstructSignatures()[0] ?? type.getCallSignatures()[0];
  const parameter = found?.parameters.find((own) => own.name === "args")?.valueDeclaration;
  if (!found || !parameter) throw new Error(`${dotted} takes no args`);
  return {
    argsOptional: checker.isOptionalParameter(parameter as ts.ParameterDeclaration),
    gives: checker.typeToString(found.getReturnType()),
  };
}
