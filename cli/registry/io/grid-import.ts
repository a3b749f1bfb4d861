/**
 * `fengsui grid import`: a county's own tables and maps into its folder. Each file of theirs becomes one file of ours;
 * what people wrote by hand is never rewritten. Every refused row is reported with its place and its mend.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { parse as parseYaml } from 'yaml';
import { readCountyFiles } from '#cli/load/io/read-county.ts';
import type { CellError } from '#cli/registry/cell.ts';
import { type ExistingItems, namedItems, openExisting } from '#cli/registry/existing.ts';
import { type Datum, featureSheet, readBoundaries, readFeatures } from '#cli/registry/geojson.ts';
import { type Readable, readSheets } from '#cli/registry/io/read-sheets.ts';
import { type Refusal, readItems } from '#cli/registry/items.ts';
import { type ImportKind, KINDS, type TableKind } from '#cli/registry/kinds.ts';
import { type Incoming, type Plan, planImport } from '#cli/registry/plan.ts';
import { openReferences, type References } from '#cli/registry/references.ts';
import { bindColumns, type HeadingMap, type Sheet } from '#cli/registry/table.ts';
import { err, formatLint, ok, type Result } from '#model/result.ts';

export type ImportOptions = {
  readonly kind: ImportKind;
  readonly county: string;
  readonly sheet?: string;
  readonly map?: string;
  readonly into?: string;
  readonly from?: Datum;
  readonly dryRun?: boolean;
  readonly report?: string;
  readonly nowMs: number;
};

export type FileOutcome = {
  readonly file: string;
  readonly written: boolean;
  readonly error?: CellError;
  readonly plan?: Plan;
};

/** The import's own file is called after the county's: letters of any script, digits, `-` and `_`. */
export const importName = (path: string): string =>
  `import-${basename(path, extname(path))
    .normalize('NFKC')
    .replace(/[^\p{L}\p{N}_-]+/gu, '-')
    .slice(0, 60)}`;

function readMap(path: string | undefined): Result<HeadingMap, CellError> {
  if (path === undefined) return ok({});
  try {
    const raw: unknown = parseYaml(readFileSync(path, 'utf8'));
    const fields = Object.entries((raw ?? {}) as object).filter(([, heading]) => typeof heading === 'string');
    return ok(Object.fromEntries(fields));
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    return err({
      message: `the map ${path} cannot be read (${message})`,
      mend: 'write lines such as "phone: 村长电话"',
    });
  }
}

function referencesOf(existing: ExistingItems): References {
  const kinds = ['grids', 'people', 'points', 'shelters', 'routes'] as const;
  return openReferences(Object.fromEntries(kinds.map((kind) => [kind, namedItems(existing, kind)])));
}

function fromSheet(
  kind: TableKind,
  sheet: Sheet,
  references: References,
  own: HeadingMap,
): Result<Incoming, CellError> {
  const bound = bindColumns(sheet, KINDS[kind].columns, own);
  if (!bound.ok) {
    const names = bound.missing.map(({ headings }) => headings.slice(0, 3).join(' or ')).join('; ');
    return err({ message: `has no column ${names}`, mend: 'name the columns so, or say which is which with --map' });
  }
  const read = readItems(kind, sheet, bound.value, references);
  return ok({ kind, file: sheet.file, sheet: sheet.sheet, ...read, unknown: bound.value.unknown });
}

function incomingOf(
  file: string,
  readable: Readable,
  options: ImportOptions,
  references: References,
  own: HeadingMap,
): Result<Incoming, CellError> {
  const { kind, from = 'wgs84' } = options;
  if (readable.kind === 'sheets') {
    const [sheet] = readable.sheets;
    if (kind === 'boundaries') return err({ message: 'is no map', mend: 'boundaries come from GeoJSON' });
    return sheet === undefined
      ? err({ message: 'is empty', mend: 'check the file' })
      : fromSheet(kind, sheet, references, own);
  }
  const features = readFeatures(readable.text);
  if (!features.ok) return features;
  if (kind === 'boundaries')
    return ok({ kind, file, sheet: null, unknown: [], ...readBoundaries(file, features.value, from, references, own) });
  return fromSheet(kind, featureSheet(file, features.value, from), references, own);
}

/** Whole or not at all, so that the running centre never reads half a file. */
function writeWhole(path: string, text: string): void {
  if (text === '') {
    rmSync(path, { force: true });
    return;
  }
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}

/** Imports the files one after another; a later one sees what an earlier one brought. */
export async function importFiles(paths: readonly string[], options: ImportOptions): Promise<readonly FileOutcome[]> {
  const outcomes: FileOutcome[] = [];
  let files: ReadonlyMap<string, string> = readCountyFiles(options.county);
  const own = readMap(options.map);
  for (const path of paths) {
    const existing = openExisting(files);
    const file = basename(path);
    const readable = own.ok ? await readSheets(path, options.sheet) : own;
    const incoming =
      readable.ok && own.ok ? incomingOf(file, readable.value, options, referencesOf(existing), own.value) : readable;
    if (!incoming.ok || !('items' in incoming.value)) {
      const error = incoming.ok ? { message: 'cannot be used', mend: 'check the file' } : incoming.error;
      outcomes.push({ file, written: false, error });
      continue;
    }
    const plan = planImport(incoming.value, options.into ?? importName(path), {
      files,
      existing,
      nowMs: options.nowMs,
    });
    const may = plan.breaks.length === 0 && plan.text !== null;
    if (may && plan.text !== null) {
      if (options.dryRun !== true) writeWhole(join(options.county, plan.target), plan.text);
      files = new Map(files).set(plan.target, plan.text);
    }
    outcomes.push({ file, written: may && options.dryRun !== true, plan });
  }
  return outcomes;
}

const placeOf = ({ file, sheet, row, column }: Refusal): string =>
  [file, sheet, `row ${row}`, column].filter((part) => part !== null && part !== '').join(' ');
const formatRefusal = (refusal: Refusal): string => `${placeOf(refusal)}: ${refusal.message} — ${refusal.mend}`;

function printOutcome({ file, error, plan, written }: FileOutcome, dryRun: boolean): void {
  if (error !== undefined) console.log(`${file}: ${error.message} — ${error.mend}`);
  if (plan === undefined) return;
  for (const refusal of plan.refusals) console.log(formatRefusal(refusal));
  for (const note of plan.notes) console.log(`note: ${formatRefusal(note)}`);
  for (const lint of plan.breaks) console.log(formatLint(lint));
  const { counts } = plan;
  if (plan.unknown.length > 0) console.log(`${file}: columns that are not taken: ${plan.unknown.join(', ')}`);
  console.log(
    `${file} → ${plan.target}: ${counts.new} new, ${counts.changed} changed, ${counts.same} the same, ${counts.gone} gone, ${counts.refused} refused.`,
  );
  if (plan.kept.length > 0)
    console.log(`Kept although the table does not have them, because rows were refused: ${plan.kept.join(', ')}`);
  if (plan.breaks.length > 0) console.log('Nothing is written: the county would not hold together any more.');
  else if (plan.text === null) console.log('Nothing changes.');
  else console.log(dryRun ? 'Dry run: nothing is written.' : written ? 'Written.' : 'Nothing is written.');
}

/** Prints the outcomes and writes the report; 0 when everything was taken. */
export async function importCommand(paths: readonly string[], options: ImportOptions): Promise<number> {
  if (!existsSync(join(options.county, 'county.yaml')) && !existsSync(join(options.county, 'county.json'))) {
    console.error(`${options.county} is no county: it has no county.yaml.`);
    return 2;
  }
  const outcomes = await importFiles(paths, options);
  for (const outcome of outcomes) printOutcome(outcome, options.dryRun === true);
  if (options.report !== undefined)
    writeFileSync(
      options.report,
      `${JSON.stringify(
        outcomes.map(({ file, written, error, plan }) => ({
          ...{ file, written, target: plan?.target ?? null, counts: plan?.counts ?? null },
          ...{
            error: error ?? null,
            refused: plan?.refusals ?? [],
            notes: plan?.notes ?? [],
            breaks: plan?.breaks ?? [],
            unknown: plan?.unknown ?? [],
            kept: plan?.kept ?? [],
          },
        })),
        null,
        2,
      )}\n`,
    );
  const bad = outcomes.some(
    ({ error, plan }) => error !== undefined || (plan?.refusals.length ?? 0) > 0 || (plan?.breaks.length ?? 0) > 0,
  );
  return bad ? 1 : 0;
}
