/**
 * Builds the nodes into `dist/nodes`: CommonJS, as Node-RED loads them, beside the HTML, catalogues and help texts that are
 * made from their descriptions. `fengsui node-red` calls it when the result is not there or older than its sources.
 */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
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

/** Takes less than a second; resolves to the folder that holds `nodes/`. Several processes may call it at once. */
export async function buildNodes(dist = DIST): Promise<string> {
  const draft = join(dist, `.new-${process.pid}`);
  try {
    await buildInto(join(draft, 'nodes'));
    // Whoever was first has put the same there, and others may be reading it.
    if (isBuilt(dist)) return dist;
    rmSync(markOf(dist), { force: true });
    rmSync(join(dist, 'nodes'), { recursive: true, force: true });
    renameSync(join(draft, 'nodes'), join(dist, 'nodes'));
    writeFileSync(markOf(dist), '{ "type": "commonjs" }\n');
    return dist;
  } catch (cause) {
    if (isBuilt(dist)) return dist;
    throw cause;
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}
