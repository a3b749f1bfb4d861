/** `fengsui grid export`: the registry as tables and maps that an import reads back to the same. */
import { writeFileSync } from 'node:fs';
import { readCountyFiles } from '#cli/load/io/read-county.ts';
import { openExisting } from '#cli/registry/existing.ts';
import { featuresOf, tableOf } from '#cli/registry/export-rows.ts';
import { csvText, xlsxBytes } from '#cli/registry/io/write-table.ts';
import type { ImportKind } from '#cli/registry/kinds.ts';
import { fileText } from '#cli/registry/plan.ts';
import { err, ok, type Result } from '#model/result.ts';

export type ExportFormat = 'xlsx' | 'csv' | 'geojson';

/** The bytes of one kind in one format. */
export async function exportKind(
  files: ReadonlyMap<string, string>,
  kind: ImportKind,
  format: ExportFormat,
): Promise<Result<{ readonly bytes: Buffer | string; readonly count: number }, string>> {
  const items = openExisting(files)(kind).map(({ item }) => item);
  const count = items.length;
  if (kind === 'boundaries')
    return format === 'geojson'
      ? ok({ bytes: fileText(kind, items), count })
      : err('Boundaries go out as GeoJSON only.');
  if (format === 'geojson')
    return kind === 'points' || kind === 'shelters' || kind === 'routes'
      ? ok({ bytes: featuresOf(kind, items), count })
      : err(`${kind} have no place of their own: export them as xlsx or CSV.`);
  const table = tableOf(kind, items);
  return ok({ bytes: format === 'csv' ? csvText(table) : await xlsxBytes(table, kind), count });
}

export async function exportCommand(
  path: string,
  options: { readonly county: string; readonly kind: ImportKind; readonly format: ExportFormat },
): Promise<number> {
  const made = await exportKind(readCountyFiles(options.county), options.kind, options.format);
  if (!made.ok) {
    console.error(made.error);
    return 2;
  }
  // People and their telephones: for the owner's eyes.
  writeFileSync(path, made.value.bytes, { mode: 0o600 });
  console.log(`${path}: ${made.value.count} ${options.kind}.`);
  return 0;
}
