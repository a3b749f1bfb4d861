/** Writes `examples/` anew from the flows: `node dashboards/node-red/io/write-examples.ts`; a test compares the two. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EXAMPLES } from '../flows/all.ts';
import { PACKAGE_DIR } from './place.ts';

export const EXAMPLES_DIR = join(PACKAGE_DIR, 'examples');

if (import.meta.main) {
  mkdirSync(EXAMPLES_DIR, { recursive: true });
  for (const [file, flow] of Object.entries(EXAMPLES))
    writeFileSync(join(EXAMPLES_DIR, file), `${JSON.stringify(flow(), null, 2)}\n`);
}
