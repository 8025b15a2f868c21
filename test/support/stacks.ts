/**
 * Pulumi keeps the stack of every promise that it makes, thousands in a run (sdk/nodejs/runtime/debuggable.ts), and nobody reads them.
 * The runner of the tests maps each frame to its source, which is a tenth of what a run costs.
 */
const prepare = Error.prepareStackTrace?.bind(Error);

// Modules outlive a test file, and this runs before each of them.
if (prepare && prepare.name !== "bound prepareRead") {
  Error.prepareStackTrace = function prepareRead(error, frames) {
    return frames[0]?.getFunctionName() === "debuggablePromise" ? "" : (prepare(error, frames) as unknown);
  };
}
