/** Entry of `npm run rehearse` and `npm start`. */
import { parseArguments, USAGE, type Arguments } from "./arguments.ts";
import { runCommand } from "./command.ts";
import { checkTable, failureText, maskOutputs, outputsText, timeText } from "../report.ts";
import { openRehearsal, type Rehearsal } from "../session.ts";

async function main(argv: string[]): Promise<number> {
  const args = parseArguments(argv);
  if (!args) {
    console.log(USAGE);
    return 0;
  }
  const color = process.stdout.isTTY ? ("always" as const) : ("never" as const);
  const rehearsal = await openRehearsal({
    ...args,
    inhabited: true,
    color,
    onOutput: (text) => process.stdout.write(text),
  });
  try {
    switch (args.command) {
      case "outputs":
        return await printOutputs(rehearsal);
      case "recover":
        return await printRecovery(rehearsal);
      case "preview":
      case "up":
      case "refresh":
      case "destroy":
        return await perform(args, args.command, rehearsal);
    }
  } finally {
    await rehearsal.close();
  }
}

async function printOutputs(rehearsal: Rehearsal): Promise<number> {
  console.log(outputsText(maskOutputs(await rehearsal.stack.outputs())));
  return 0;
}

async function printRecovery(rehearsal: Rehearsal): Promise<number> {
  const { lines } = await rehearsal.recover();
  console.log(lines.join("\n"));
  return 0;
}

async function perform(
  args: Arguments,
  command: "preview" | "up" | "refresh" | "destroy",
  rehearsal: Rehearsal,
) {
  const { report, outputs } = await rehearsal.run(command);
  if (command === "up") console.log(`\nOutputs of ${args.stack}:\n${outputsText(maskOutputs(outputs))}`);
  if (report.checks.length > 0) console.log(`\nWhat this rehearsal proved:\n${checkTable(report.checks)}`);
  for (const warning of report.warnings) console.error(`\nWarning: ${warning}.`);
  const time = timeText(report);
  if (time) console.log(`\n${time}`);
  console.log(`Report: ${rehearsal.paths.report}`);
  if (!report.ok) console.error(`\n${failureText(report)}`);
  return report.ok ? 0 : 1;
}

runCommand(main);
