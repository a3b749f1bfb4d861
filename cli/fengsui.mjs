#!/usr/bin/env node
// The `fengsui` command: finds a Node that can run the project (24 or later) and hands over to main.ts.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import module from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const pinned = join(here, '..', 'node_modules', '.bin', 'node');

if (!existsSync(join(here, '..', 'node_modules'))) {
  console.error(
    'The packages are not installed yet: run `npm ci --ignore-scripts` in the project folder (npm start and npm test do it by themselves).',
  );
  process.exit(1);
}
if (Number(process.versions.node.split('.')[0]) >= 24) {
  // Shared by all processes of the chain; it outlives them and goes with the packages.
  module.enableCompileCache?.(join(here, '..', 'node_modules', '.cache', 'compile'));
  // What ends by SIGKILL or a power cut would leave nothing for its next start.
  setTimeout(() => module.flushCompileCache?.(), 10_000).unref();
  const { main } = await import('./main.ts');
  await main(process.argv.slice(2));
} else if (existsSync(pinned)) {
  const child = spawn(pinned, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(signal === null ? (code ?? 1) : 1));
} else {
  console.error(
    `Fengsui runs on Node 24 or later; this is ${process.versions.node}. Run \`npm ci --ignore-scripts\` (it brings Node 24 along on Linux) or install Node 24.`,
  );
  process.exit(1);
}
