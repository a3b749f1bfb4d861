// Bundles the edge agent into dist/fengsui.js: Node refuses TypeScript under node_modules, and the package must not
// need anything of the centre. Its own dependencies stay outside the bundle and are installed by npm.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const { dependencies } = JSON.parse(readFileSync(here('package.json'), 'utf8'));

await build({
  entryPoints: [here('io/bin.ts')],
  outfile: process.argv[2] ?? here('dist/fengsui.js'),
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  external: Object.keys(dependencies),
  banner: { js: '#!/usr/bin/env node' },
  legalComments: 'none',
});
