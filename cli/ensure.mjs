// Installs what is missing before `npm start` and `npm test`. Runs on whatever Node the system has (20 or later),
// before anything is installed, so it uses nothing but Node itself.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const top = dirname(dirname(fileURLToPath(import.meta.url)));
const stampFile = join(top, 'node_modules', '.fengsui-installed');
const pinned = join(top, 'node_modules', '.bin', 'node');

function stop(message) {
  console.error(message);
  process.exit(1);
}

if (Number(process.versions.node.split('.')[0]) < 20) {
  stop(
    `Node ${process.versions.node} is too old to install Fengsui: install Node 20 or later (Debian: see nodejs.org) and run this again.`,
  );
}

const wanted = createHash('sha256')
  .update(readFileSync(join(top, 'package-lock.json')))
  .digest('hex');
const installed = existsSync(stampFile) ? readFileSync(stampFile, 'utf8') : '';
if (installed !== wanted) {
  console.error('Installing packages (npm ci), once ...');
  const run = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: top,
    stdio: ['ignore', 2, 2],
  });
  if (run.error !== undefined)
    stop(`npm could not be started (${run.error.message}): install npm beside Node and run this again.`);
  if (run.status !== 0)
    stop('npm ci failed: its message stands above. A reachable package registry is needed for the first start only.');
  writeFileSync(stampFile, wanted);
}

const runtime = existsSync(pinned) ? pinned : process.execPath;
const version = spawnSync(runtime, ['-p', 'process.versions.node'], { encoding: 'utf8' }).stdout?.trim() ?? '';
if (Number(version.split('.')[0]) < 24) {
  stop(
    `Fengsui runs on Node 24; this machine has ${version || 'none that works'} and no pinned one could be installed for it: install Node 24 or later and run this again.`,
  );
}
