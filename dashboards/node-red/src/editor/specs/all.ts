/** The nodes of this package, one line each; `src/io/nodes/TYPE.ts` runs what stands here. */
import type { NodeSpec } from '../spec.ts';
import { ALERT_ACTION } from './alert-action.ts';
import { ALERTS_IN } from './alerts-in.ts';
import { BROADCAST_OUT } from './broadcast-out.ts';
import { READINGS_IN } from './readings-in.ts';
import { READINGS_OUT } from './readings-out.ts';
import { ROSTER } from './roster.ts';
import { SCENARIO_PLAYER } from './scenario-player.ts';
import { SERVER } from './server.ts';

export const NODE_SPECS: readonly NodeSpec[] = [
  SERVER,
  READINGS_IN,
  READINGS_OUT,
  ALERTS_IN,
  ALERT_ACTION,
  BROADCAST_OUT,
  ROSTER,
  SCENARIO_PLAYER,
];
