/** The nodes of this package, one line each; `src/io/nodes/TYPE.ts` runs what stands here. */
import type { NodeSpec } from '../spec.ts';
import { ALERT_ACTION } from './alert-action.ts';
import { ALERTS_IN } from './alerts-in.ts';
import { SERVER } from './server.ts';

export const NODE_SPECS: readonly NodeSpec[] = [SERVER, ALERTS_IN, ALERT_ACTION];
