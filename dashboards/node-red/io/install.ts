/** Installs Node-RED from the package's own lock file when it is missing: once, never at an editor's wish. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { err, ok, type Result } from '../../../model/result.ts';
import { MODULES_DIR, PACKAGE_DIR, RED_ENTRY } from './place.ts';

const LIMIT_MS = 10 * 60_000;
const stampFile = join(MODULES_DIR, '.fengsui-installed');
const wanted = (): string =>
  createHash('sha256')
    .update(readFileSync(join(PACKAGE_DIR, 'package-lock.json')))
    .digest('hex');

type Package = { readonly version?: string; readonly optional?: boolean };
const packagesOf = (file: string): ReadonlyMap<string, Package> => {
  try {
    const { packages = {} } = JSON.parse(readFileSync(file, 'utf8')) as { packages?: { [place: string]: Package } };
    return new Map(Object.entries(packages));
  } catch {
    return new Map();
  }
};

/** What belongs to another platform is left out by npm. */
function isComplete(): boolean {
  const there = packagesOf(join(MODULES_DIR, '.package-lock.json'));
  return [...packagesOf(join(PACKAGE_DIR, 'package-lock.json'))].every(
    ([place, { version, optional }]) => place === '' || optional === true || there.get(place)?.version === version,
  );
}

/** Whether what the lock file names is there. Packages that somebody installed by hand count as well. */
export function isInstalled(): boolean {
  if (!existsSync(RED_ENTRY)) return false;
  const stamp = existsSync(stampFile) ? readFileSync(stampFile, 'utf8') : '';
  return stamp === wanted() || isComplete();
}

function runNpm(): Promise<Result<null, string>> {
  return new Promise((resolve) => {
    const child = spawn('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
      cwd: PACKAGE_DIR,
      stdio: ['ignore', 2, 2],
      timeout: LIMIT_MS,
    });
    child.on('error', (cause) => resolve(err(`npm could not be started (${cause.message}): install npm beside Node.`)));
    child.on('close', (code) =>
      resolve(
        code === 0
          ? ok(null)
          : err(
              'npm ci in dashboards/node-red failed: its message stands above. A reachable package registry is needed once; without internet bring dashboards/node-red/node_modules from a machine that has it.',
            ),
      ),
    );
  });
}

/** Says what it does only when there is something to do. */
export async function ensureInstalled(say: (text: string) => void): Promise<Result<null, string>> {
  if (isInstalled()) return ok(null);
  say('Installing Node-RED (npm ci in dashboards/node-red), once, about half a minute ...');
  const installed = await runNpm();
  if (installed.ok) writeFileSync(stampFile, wanted());
  return installed;
}
