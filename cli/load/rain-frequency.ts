/**
 * How rare rains are at a point, as `rainFrequency:` of points.yaml: for each duration the mean, Cv and Cs (or Cs/Cv) of the
 * annual maxima, as the province's handbook prints them. A curve that a slip makes impossible is refused.
 */
import { z } from 'zod';
import { type Path, parsePart, type Source } from '#cli/load/source.ts';
import type { RainFrequency, RainFrequencyRow } from '#model/trend.ts';
import { nearest } from '#rules/words.ts';

const HOURS: { readonly [duration: string]: number } = { '1h': 1, '3h': 3, '6h': 6, '12h': 12, '24h': 24, '72h': 72 };
const NAMES = Object.keys(HOURS);

const rowSchema = z
  .strictObject({
    mean: z.number().min(1).max(3_000),
    cv: z.number().min(0.05).max(2),
    cs: z.number().min(0.1).max(12).optional(),
    csOverCv: z.number().min(1).max(6).optional(),
  })
  .refine(({ cs, csOverCv }) => (cs === undefined) !== (csOverCv === undefined), 'needs either cs or csOverCv (3.5)');

const tableSchema = z.strictObject({
  source: z.string().min(1).max(200),
  durations: z.record(z.string(), z.unknown()),
});

type Row = RainFrequencyRow & { readonly name: string };

function bindRow(source: Source, path: Path, name: string, raw: unknown): Row | undefined {
  const hours = HOURS[name];
  if (hours === undefined) {
    const meant = nearest(name, NAMES);
    const mend = meant === undefined ? `use ${NAMES.join(', ')}` : `did you mean "${meant}"?`;
    source.find([...path, name], {
      kind: 'unknown-duration',
      message: `"${name}" is no duration of this table`,
      mend,
      onKey: true,
    });
    return undefined;
  }
  const row = parsePart(source, [...path, name], raw, rowSchema);
  if (row === undefined) return undefined;
  const { mean: meanMm, cv } = row;
  const cs = row.cs ?? (row.csOverCv ?? 0) * cv;
  // A hair below for 2 × 0.35 and the like.
  if (cs < 2 * cv - 1e-9) {
    const message = `Cs ${cs} is less than twice Cv (${2 * cv}): the curve would have rains below zero`;
    source.find([...path, name], {
      kind: 'frequency',
      message,
      mend: 'mend one of the two; storms have Cs of about 3.5 Cv',
    });
    return undefined;
  }
  return { name, hours, meanMm, cv, cs };
}

/** A longer time brings more rain, and less of it an hour. */
function checkOrder(source: Source, path: Path, rows: readonly Row[]): void {
  for (const [index, row] of rows.entries()) {
    const shorter = rows[index - 1];
    if (shorter === undefined) continue;
    const here = [...path, row.name, 'mean'];
    if (row.meanMm <= shorter.meanMm) {
      const message = `${row.name} has a mean of ${row.meanMm} mm, not more than ${shorter.name} (${shorter.meanMm} mm)`;
      source.find(here, { kind: 'frequency', message, mend: 'mend one of the two: a longer time brings more' });
    } else if (row.meanMm / row.hours >= shorter.meanMm / shorter.hours) {
      const message = `${row.name} (${row.meanMm} mm) rains as hard an hour as ${shorter.name} (${shorter.meanMm} mm)`;
      source.find(here, { kind: 'frequency', message, mend: 'mend one of the two: a longer time rains less hard' });
    }
  }
}

/** Reads `rainFrequency:` of a point; undefined when it has none or it cannot be read. */
export function bindRainFrequency(
  source: Source,
  path: Path,
  raw: unknown,
  hasRain: boolean,
): { readonly rainFrequency?: RainFrequency } {
  if (raw === undefined) return {};
  const table = parsePart(source, path, raw, tableSchema);
  if (table === undefined) return {};
  const here = [...path, 'durations'];
  const rows = Object.entries(table.durations)
    .flatMap(([name, row]) => bindRow(source, here, name, row) ?? [])
    .sort((a, b) => a.hours - b.hours);
  checkOrder(source, here, rows);
  if (!hasRain)
    source.find(path, {
      kind: 'frequency',
      message: 'this point has no rain gauge, so that nothing is looked up in the table',
      mend: 'give the table to the point that has the gauge',
      severity: 'warning',
      onKey: true,
    });
  return {
    rainFrequency: {
      source: table.source,
      rows: rows.map(({ hours, meanMm, cv, cs }) => ({ hours, meanMm, cv, cs })),
    },
  };
}
