/** Recorded series as buckets, for the statistics of trends; the folder may be missing. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Bucket } from '#model/history.ts';
import { HOUR_MS } from '#model/time.ts';

const shared = process.env['FENGSUI_SHARED'] ?? fileURLToPath(new URL('../../../shared/', import.meta.url));
const at = (name: string): string => `${shared}/data/${name}`;

export const BOULDER = at('boulder-2013/805325-precip-daily-2003-2013.csv');
export const PREONZO = at('preonzo-2012/preonzo_E1_digitised.csv');
export const GRAND_RAPIDS = at('usgs-river-stage/04119000_00065_iv.tsv');
export const SEATTLE = at('usgs-seattle-2010-2011/KPAE_t.txt');
export const isThere = existsSync;

/** One value an hour as a bucket. */
export const hourBucket = (fromMs: number, value: number): Bucket => ({
  fromMs,
  toMs: fromMs + HOUR_MS,
  ...{ n: 1, min: value, max: value, sum: value, last: value, suspect: 0, bad: 0 },
});

const STANDARD_H = -7;

/** Hours of Boulder 2 in steps: stamps are the hour's end, an omitted hour was dry, stretches in brackets are missing. */
export function boulderHours(): readonly Bucket[] {
  const wet = new Map<number, number>();
  const gaps: { readonly fromMs: number; toMs: number }[] = [];
  for (const line of readFileSync(BOULDER, 'utf8').split('\n')) {
    const match = /,(\d{4})(\d\d)(\d\d) (\d\d):00,([\d.]+),(.)/.exec(line);
    if (match === null) continue;
    const [, y, m, d, h] = match.map(Number);
    const fromMs = Date.UTC(y ?? 0, (m ?? 1) - 1, d, (h ?? 0) - 1 - STANDARD_H);
    if (match[5] !== '999.99') wet.set(fromMs, Math.round(Number(match[5]) * 25_400));
    else if (/[[{]/.test(match[6] ?? '')) gaps.push({ fromMs, toMs: fromMs });
    else {
      const open = gaps.at(-1);
      if (open !== undefined) open.toMs = fromMs;
    }
  }
  const buckets: Bucket[] = [];
  const endMs = Date.UTC(2014, 0, 1, -STANDARD_H);
  let gap = 0;
  for (let fromMs = Date.UTC(2003, 0, 1, -STANDARD_H); fromMs < endMs; fromMs += HOUR_MS) {
    while ((gaps[gap]?.toMs ?? Number.POSITIVE_INFINITY) < fromMs) gap++;
    if ((gaps[gap]?.fromMs ?? Number.POSITIVE_INFINITY) <= fromMs && !wet.has(fromMs)) continue;
    buckets.push(hourBucket(fromMs, wet.get(fromMs) ?? 0));
  }
  return buckets;
}

/** The extensometer at Preonzo in steps of 0.01 mm, one an hour, the last one ending at `endMs`. */
export function preonzoHours(endMs: number): readonly Bucket[] {
  const rows = readFileSync(PREONZO, 'utf8').trim().split('\n').slice(1);
  const last = Number(rows.at(-1)?.split(',')[0]);
  return rows.map((row) => {
    const [index = 0, , mm = 0] = row.split(',').map(Number);
    return hourBucket(endMs - (last - index + 1) * HOUR_MS, Math.round(mm * 100));
  });
}

/** Grand River at Grand Rapids, quarters of an hour in steps of a millimetre. */
export function grandRapids(): readonly { readonly atMs: number; readonly value: number }[] {
  return readFileSync(GRAND_RAPIDS, 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => {
      const [, , time = '', feet = ''] = line.split('\t');
      return { atMs: Date.parse(`${time.trim().replace(' ', 'T')}Z`), value: Math.round(Number(feet) * 304.8) };
    });
}

/** Paine Field in steps, hours ending as stamped; what the file leaves out is missing. */
export function seattleHours(): readonly Bucket[] {
  return readFileSync(SEATTLE, 'utf8')
    .trim()
    .split('\n')
    .map((line) => {
      const [y, m, d, h] = [line.slice(2, 6), line.slice(6, 8), line.slice(8, 10), line.slice(10, 12)].map(Number);
      const fromMs = Date.UTC(y ?? 0, (m ?? 1) - 1, d, (h ?? 0) - 1 + 8);
      return hourBucket(fromMs, Math.round(Number(line.slice(12)) * 254));
    });
}
