/** Which checks go with which command. */
import { accessGranted } from "./access.ts";
import type { CheckFunction } from "./check.ts";
import { bootstrappedOnce, nodesReady, oneNodeAtATime } from "./cluster.ts";
import { dataVolumesMounted, noCatastrophe, provenBeforeApplied } from "./disks.ts";
import { acmeSurvives, ingressServes, redeploys } from "./ingress.ts";
import { addressesUnique, imageComplete, machinesAsDeclared } from "./machines.ts";
import { copiesKept, oneNodeDown, quorumKept } from "./outages.ts";
import { survivesPowerCut } from "./power-cut.ts";
import { outputsTrue } from "./outputs.ts";
import { protectedByDefault } from "./protection.ts";
import { secondPreviewEmpty } from "./second-preview.ts";
import { secretsHidden } from "./secrets.ts";
import { selectorsUnambiguous } from "./selectors.ts";
import { snapshotsTaken } from "./snapshots.ts";
import { longhornHealthy } from "./storage.ts";
import { withinLimits } from "./time-limits.ts";
import { servicesBack, upgradedOnce } from "./upgrades.ts";
import { versionsAsWanted } from "./versions.ts";
import { nothingLeft, nothingRefused, nothingTouched } from "./untouched.ts";

const CHECKS: Record<string, CheckFunction[]> = {
  preview: [nothingTouched, secretsHidden],
  up: [
    nothingRefused,
    machinesAsDeclared,
    addressesUnique,
    imageComplete,
    versionsAsWanted,
    provenBeforeApplied,
    noCatastrophe,
    selectorsUnambiguous,
    dataVolumesMounted,
    bootstrappedOnce,
    nodesReady,
    withinLimits,
    oneNodeAtATime,
    oneNodeDown,
    quorumKept,
    copiesKept,
    upgradedOnce,
    snapshotsTaken,
    servicesBack,
    longhornHealthy,
    ingressServes,
    acmeSurvives,
    redeploys,
    survivesPowerCut,
    outputsTrue,
    accessGranted,
    protectedByDefault,
    secondPreviewEmpty,
    secretsHidden,
  ],
  refresh: [nothingRefused, noCatastrophe, secretsHidden],
  destroy: [noCatastrophe, nothingRefused, withinLimits, nothingLeft],
};

export function checksFor(command: string): CheckFunction[] {
  return CHECKS[command] ?? [];
}
