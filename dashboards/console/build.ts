/** Builds the page into `dist`; the composition root calls it when the page is not there or older than its sources. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const HERE = import.meta.dirname;
export const DIST = join(HERE, 'dist');

const newestMs = (folder: string): number =>
  Math.max(
    0,
    ...readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => statSync(join(entry.parentPath, entry.name)).mtimeMs),
  );

/** Whether the page is built and not older than what it is built from. */
export function isBuilt(outDir = DIST): boolean {
  const page = join(outDir, 'index.html');
  if (!existsSync(page)) return false;
  const builtMs = statSync(page).mtimeMs;
  const sources = [newestMs(join(HERE, 'src')), newestMs(join(HERE, 'public'))];
  return builtMs >= Math.max(...sources, statSync(join(HERE, 'index.html')).mtimeMs);
}

/** Takes about a second; resolves to the folder that the API serves. */
export async function buildConsole(outDir = DIST): Promise<string> {
  const { build } = await import('vite');
  await build({
    configFile: join(HERE, 'vite.config.ts'),
    logLevel: 'warn',
    build: { outDir, emptyOutDir: true },
  });
  return outDir;
}
