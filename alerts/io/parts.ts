/** The parts of the stage; a new one is its files and one line here. Their order is the order in which they see a change. */
import { accessPart } from './access/part.ts';
import { broadcastPart } from './broadcast/part.ts';
import { callsPart } from './calls/part.ts';
import { capPart } from './cap/part.ts';
import { channelsPart } from './channel-health/part.ts';
import { drillPart } from './drill/part.ts';
import { ebdPart } from './ebd/part.ts';
import { evacuationPart } from './evacuation/part.ts';
import { lifePart } from './life/part.ts';
import type { Part } from './part.ts';
import { reportsPart } from './reports/part.ts';
import { rosterPart } from './roster/part.ts';
import { warningPart } from './warning/part.ts';

export const PARTS: readonly Part[] = [
  channelsPart,
  evacuationPart,
  accessPart,
  warningPart,
  capPart,
  ebdPart,
  callsPart,
  broadcastPart,
  drillPart,
  rosterPart,
  reportsPart,
  // Last: it may answer a change with another one, which the parts before it must see after the first.
  lifePart,
];
