/** The nodes of this package, one line each; `src/io/nodes/TYPE.ts` runs what stands here. */
import type { NodeSpec } from '../spec.ts';
import { SERVER } from './server.ts';

export const NODE_SPECS: readonly NodeSpec[] = [SERVER];
