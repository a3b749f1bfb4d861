/** `fengsui print`: cards, wall maps and grid tables as one HTML file or, where Chromium is installed, a PDF. */
import { spawn } from 'node:child_process';
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Command } from 'commander';
import { err, ok, type Result } from '#model/result.ts';

type PrintOptions = {
  readonly out?: string;
  readonly lang: string;
  readonly drill: boolean;
  readonly household?: string;
  readonly county?: string;
};
const KINDS = { card: 'card', map: 'map', table: 'grid' } as const;
type Kind = keyof typeof KINDS;

const REQUEST_LIMIT_MS = 15_000;
const PRINT_LIMIT_MS = 60_000;
const BROWSERS = ['chromium', 'chromium-browser', 'google-chrome'] as const;

/** From the running console, as the token's person: what it shows in full stands in its ledger. */
async function fromConsole(kind: Kind, id: string, options: PrintOptions): Promise<Result<string, string>> {
  const base = process.env['FENGSUI_URL'] ?? 'http://127.0.0.1:8080';
  const token = process.env['FENGSUI_TOKEN'] ?? '';
  if (token === '')
    return err(
      'FENGSUI_TOKEN is not set: give the console’s token, or --county FOLDER for a page with masked telephones.',
    );
  const query = new URLSearchParams({ lang: options.lang, drill: String(options.drill) });
  if (options.household !== undefined) query.set('household', options.household);
  try {
    const response = await fetch(new URL(`/print/${KINDS[kind]}/${encodeURIComponent(id)}?${query}`, base), {
      redirect: 'manual',
      headers: { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(REQUEST_LIMIT_MS),
    });
    const text = await response.text();
    if (response.ok) return ok(text);
    const said = /"message":"([^"]{1,300})"/u.exec(text)?.[1] ?? text.slice(0, 300);
    return err(`The console at ${base} answers ${response.status}: ${said}`);
  } catch (cause) {
    return err(
      `The console at ${base} cannot be asked (${String(cause)}): is it running? FENGSUI_URL names another one.`,
    );
  }
}

/** From the county's files, without a centre: nothing can be entered in a ledger, so nothing personal is printed. */
async function fromFiles(
  kind: Kind,
  id: string,
  folder: string,
  options: PrintOptions,
): Promise<Result<string, string>> {
  const { readCounty } = await import('#cli/load/io/read-county.ts');
  const { readProfiles } = await import('#cli/io/county-source.ts');
  const { NOBODY } = await import('#dashboards/print/sheet.ts');
  const profiles = readProfiles(join(import.meta.dirname, '..', '..', 'devices'));
  const county = readCounty(folder, Date.now(), profiles.ok ? profiles.value : undefined);
  if (!county.ok) return err(`The county in ${folder} cannot be read: run fengsui check ${folder}.`);
  const registry = county.value;
  const lang = options.lang === 'en' ? 'en' : 'zh';
  const sheet = { registry, lang, drill: options.drill, nowMs: Date.now(), reader: NOBODY } as const;
  if (kind === 'card') {
    const { cardPage } = await import('#dashboards/print/card.ts');
    const point = registry.points.get(id);
    const page = point === undefined ? null : cardPage(sheet, point, options.household);
    return page === null ? err(`${folder} has no such hazard point or household: ${id}`) : ok(page);
  }
  const grid = registry.grids.get(id);
  if (grid === undefined) return err(`${folder} has no grid ${id}.`);
  const { mapPage } = await import('#dashboards/print/map.ts');
  const { gridPage } = await import('#dashboards/print/table.ts');
  return ok(kind === 'map' ? mapPage(sheet, grid) : gridPage(sheet, grid));
}

function findBrowser(): string | undefined {
  for (const name of BROWSERS)
    for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
      const path = join(folder, name);
      try {
        accessSync(path, constants.X_OK);
        return path;
      } catch {
        // Not in this folder.
      }
    }
  return undefined;
}

const BROWSER_ARGS = ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--no-pdf-header-footer'];

/** The page printed by Chromium, in a profile folder of its own. */
async function writePdf(page: string, out: string): Promise<Result<null, string>> {
  const browser = findBrowser();
  if (browser === undefined)
    return err(`A PDF needs Chromium (${BROWSERS.join(', ')}), which is not installed: print to .html and open it.`);
  const folder = mkdtempSync(join(tmpdir(), 'fengsui-print-'));
  try {
    const source = join(folder, 'page.html');
    writeFileSync(source, page);
    const target = resolve(out);
    const where = [`--user-data-dir=${join(folder, 'profile')}`, `--print-to-pdf=${target}`];
    const child = spawn(browser, [...BROWSER_ARGS, ...where, pathToFileURL(source).href], {
      stdio: 'ignore',
      timeout: PRINT_LIMIT_MS,
    });
    const code = await new Promise<number | null>((done) => {
      child.once('error', () => done(null));
      child.once('exit', (status) => done(status));
    });
    return code === 0 ? ok(null) : err(`Chromium could not print (${code ?? 'killed or not started'}).`);
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function print(kind: Kind, id: string, options: PrintOptions): Promise<Result<string | null, string>> {
  const { STYLE_LINK } = await import('#dashboards/print/sheet.ts');
  const { PRINT_CSS } = await import('#dashboards/print/style.ts');
  const { county } = options;
  const page = county === undefined ? await fromConsole(kind, id, options) : await fromFiles(kind, id, county, options);
  if (!page.ok) return page;
  // A file has no server to ask for its style.
  const whole = page.value.replace(STYLE_LINK, () => `<style>\n${PRINT_CSS}</style>`);
  if (options.out === undefined) return ok(whole);
  if (!options.out.toLowerCase().endsWith('.pdf')) {
    writeFileSync(options.out, whole, { mode: 0o600 });
    return ok(null);
  }
  return writePdf(whole, options.out);
}

export function addPrintCommand(program: Command): void {
  program
    .command('print')
    .argument('<kind>', 'card (明白卡, of a hazard point), map (挂图) or table (台账), of a grid')
    .argument('<id>', 'a hazard point of card, otherwise a grid code')
    .option('--out <file>', '.html, or .pdf where Chromium is installed; without it the page goes to the terminal')
    .option('--lang <lang>', 'zh or en', 'zh')
    .option('--drill', 'marked 演练 on every page', false)
    .option('--household <id>', 'of card: only this household')
    .option(
      '--county <folder>',
      "from the county's files without a running centre; telephones and households are masked",
    )
    .description(
      'a page to print, from the running console (FENGSUI_URL, FENGSUI_TOKEN), whose ledger says who printed it',
    )
    .action(async (kind: string, id: string, options: PrintOptions) => {
      if (!(kind in KINDS) || !['zh', 'en'].includes(options.lang)) {
        console.error('The kind is card, map or table; the language zh or en.');
        process.exitCode = 2;
        return;
      }
      const printed = await print(kind as Kind, id, options);
      if (!printed.ok) console.error(printed.error);
      else console.log(printed.value ?? `Written: ${options.out}`);
      process.exitCode = printed.ok ? 0 : 1;
    });
}
