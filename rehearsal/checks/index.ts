/** Which checks go with which command. */
import { accessGranted } from "./cluster/access.ts";
import type { CheckFunction } from "./check.ts";
import { bootstrappedOnce, nodesReady, oneNodeAtATime } from "./cluster/nodes.ts";
import { dataVolumesMounted, noCatastrophe, provenBeforeApplied } from "./machines/disks.ts";
import { acmeSurvives, ingressServes, redeploys } from "./ingress.ts";
import { addressesUnique, imageComplete, machinesAsDeclared } from "./machines/machines.ts";
import { copiesKept, oneNodeDown, quorumKept } from "./cluster/outages.ts";
import { survivesPowerCut } from "./cluster/power-cut.ts";
import { outputsTrue } from "./program/outputs.ts";
import { protectedByDefault } from "./program/protection.ts";
import { secondPreviewEmpty } from "./program/second-preview.ts";
import { secretsHidden } from "./program/secrets.ts";
import { selectorsUnambiguous } from "./machines/selectors.ts";
import { snapshotsTaken } from "./cluster/snapshots.ts";
import { longhornHealthy } from "./storage.ts";
import { withinLimits } from "./program/time-limits.ts";
import { servicesBack, upgradedOnce } from "./cluster/upgrades.ts";
import { versionsAsWanted } from "./cluster/versions.ts";
import { nothingLeft, nothingRefused, nothingTouched } from "./program/untouched.ts";

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
