/**
 * Builds the nodes into `dist/nodes`: CommonJS, as Node-RED loads them, beside the HTML, catalogues and help texts that are
 * made from their descriptions. `fengsui node-red` calls it when the result is not there or older than its sources.
 */
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LANGUAGES, renderCatalogue, renderHelp, renderHtml } from '../src/editor/render.ts';
import { NODE_SPECS } from '../src/editor/specs/all.ts';

/** The package's folder: Node-RED's `nodesDir`, which reads `package.json` there. */
export const PACKAGE_DIR = dirname(import.meta.dirname);
const DIST = join(PACKAGE_DIR, 'dist');
const MODEL = join(PACKAGE_DIR, '../../model');

const newestMs = (folder: string): number =>
  Math.max(
    0,
    ...readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.name.endsWith('.test.ts'))
      .map((entry) => statSync(join(entry.parentPath, entry.name)).mtimeMs),
  );

/** Written last: what stands before it is whole. */
const markOf = (dist: string): string => join(dist, 'package.json');

/** Whether the nodes are built and not older than what they are built from. */
export function isBuilt(dist = DIST): boolean {
  if (!existsSync(markOf(dist))) return false;
  const builtMs = statSync(markOf(dist)).mtimeMs;
  return (
    builtMs >= Math.max(newestMs(join(PACKAGE_DIR, 'src')), newestMs(MODEL), statSync(import.meta.filename).mtimeMs)
  );
}

/** CommonJS beside what the editor reads, in `nodes`. */
async function buildInto(nodes: string): Promise<void> {
  const { build } = await import('esbuild');
  await build({
    entryPoints: NODE_SPECS.map(({ type }) => join(PACKAGE_DIR, 'src/io/nodes', `${type}.ts`)),
    outdir: nodes,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node22',
    external: ['mqtt'],
    logLevel: 'warning',
    // Node-RED calls what a file exports.
    footer: { js: 'module.exports = module.exports.register;' },
  });
  for (const spec of NODE_SPECS) {
    writeFileSync(join(nodes, `${spec.type}.html`), renderHtml(spec));
    for (const [language, lang] of Object.entries(LANGUAGES)) {
      const folder = join(nodes, 'locales', language);
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, `${spec.type}.json`), `${JSON.stringify(renderCatalogue(spec, lang), null, 2)}\n`);
      writeFileSync(join(folder, `${spec.type}.html`), renderHelp(spec, lang));
    }
  }
}

const LOCK_LIMIT_MS = 60_000;
const LOCK_POLL_MS = 50;

/** Takes the lock file; false while a process that lives holds it. */
function takeLock(lock: string): boolean {
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' });
    return true;
  } catch {
    const heldMs = Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    // A build takes a second: whoever held it this long was killed.
    if (heldMs > LOCK_LIMIT_MS / 2) rmSync(lock, { force: true });
    return false;
  }
}

async function replace(dist: string): Promise<void> {
  rmSync(markOf(dist), { force: true });
  rmSync(join(dist, 'nodes'), { recursive: true, force: true });
  await buildInto(join(dist, 'nodes'));
  writeFileSync(markOf(dist), '{ "type": "commonjs" }\n');
}

/** Takes less than a second; resolves to the folder that holds `nodes/`. Of several processes at once one builds. */
export async function buildNodes(dist = DIST): Promise<string> {
  mkdirSync(dist, { recursive: true });
  const lock = join(dist, '.building');
  for (const untilMs = Date.now() + LOCK_LIMIT_MS; !takeLock(lock); ) {
    if (Date.now() > untilMs) throw new Error(`the nodes are being built elsewhere: remove ${lock} if that is not so`);
    await sleep(LOCK_POLL_MS);
  }
  try {
    // Whoever was first has built the same, and others may be reading it.
    if (!isBuilt(dist)) await replace(dist);
    return dist;
  } finally {
    rmSync(lock, { force: true });
  }
}
