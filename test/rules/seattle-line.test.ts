import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Registry } from '#model/registry.ts';
import { formatLint } from '#model/result.ts';
import { compileRules } from '#rules/compile.ts';
import { createEngine } from '#rules/engine.ts';
import { rowMaker } from '#test/rules/rows.ts';

const shared = process.env['FENGSUI_SHARED'] ?? new URL('../../../shared/', import.meta.url).pathname;
const folder = `${shared}/data/usgs-seattle-2010-2011`;
const HOUR = 3_600_000;
/** Ten readings, as for any sensor: the station left out up to six hours at a time, and once 43. */
const ALLOWED_MS = 10 * HOUR;

const text = { zh: '埃弗里特', en: 'Everett' };
const place = { lon: 0, lat: 0, gridCode: '1', households: [], riskGrade: 'major' } as const;
const county: Registry = {
  version: '1',
  county: { code: '451099', name: text, zone: 'UTC' },
  ...{ grids: new Map(), people: new Map(), duty: [], channels: [] },
  points: new Map([['bluff', { id: 'bluff', name: text, kind: 'slope', ...place }]]),
  sensors: new Map([
    ['gauge', { id: 'gauge', pointId: 'bluff', edgeId: 'e1', quantity: 'rain', name: text, staleAfterMs: ALLOWED_MS }],
  ]),
  edges: new Map([
    ['e1', { id: 'e1', township: '1', origin: 'replay', name: text, buses: [], links: [], outputs: [], mutes: [] }],
  ]),
};

/** Hours of the station, local time read as UTC, with steps of 0.001 mm (0.01 inch is 254). */
const readHours = (): readonly (readonly [number, number])[] =>
  readFileSync(`${folder}/KPAE_t.txt`, 'utf8')
    .split('\n')
    .filter((line) => line.length >= 15)
    .map((line) => [
      Date.UTC(+line.slice(2, 6), +line.slice(6, 8) - 1, +line.slice(8, 10), +line.slice(10, 12)),
      Number(line.slice(12, 15)) * 254,
    ]);

const stamp = (ms: number): string => new Date(ms).toISOString().slice(0, 13);

/** Every stretch in which the rule stood, by the engine; `until` is the first hour in which it no longer did. */
function standing(rules: string, ruleId: string): readonly { readonly from: number; readonly until: number }[] {
  const compiled = compileRules([{ file: 'rain-seattle.yaml', text: rules }], county, { tickMs: 60_000 });
  if (!compiled.ok) throw new Error(compiled.error.map(formatLint).join('\n'));
  const [[partition, ruleSet] = []] = [...compiled.value];
  if (partition === undefined || ruleSet === undefined) throw new Error('no rule set');
  const make = rowMaker(partition);
  const engine = createEngine(partition);
  const hours = readHours();
  engine.apply(make.rules(ruleSet, hours[0]?.[0] ?? 0));
  const found: { from: number; until: number }[] = [];
  for (const [atMs, value] of hours) {
    const row = make.batch([{ id: 'gauge', atMs, value }], atMs, { origin: 'replay' });
    for (const { rule, from, to, atMs: when } of engine.apply(row)) {
      if (!rule.startsWith(`${ruleId}@`)) continue;
      const last = found.at(-1);
      if (from === 'none') found.push({ from: when, until: Number.NaN });
      else if (to === 'none' && last !== undefined) last.until = when;
    }
  }
  return found;
}

const ownSlides = (): readonly string[] =>
  readFileSync(`${folder}/dates2011Muk.txt`, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => line.trim().replace(/(\d\d)\/(\d\d)\/(\d{4})/, '$3-$1-$2'));

describe.skipIf(!existsSync(folder))(
  "Seattle's line on the rain of Everett, 2010 and 2011, through compiler and engine",
  () => {
    const rules = readFileSync(new URL('../../county/examples/rain-seattle.yaml', import.meta.url), 'utf8');

    it('stands for 198 hours in three periods, and 4 of the 11 known slides fall on their days', () => {
      const stretches = standing(rules, 'seattle-line');
      const periods: { from: number; until: number }[] = [];
      for (const { from, until } of stretches) {
        const last = periods.at(-1);
        // Short breaks within a spell are counted out of the hours, and not as a spell of their own.
        if (last !== undefined && from - last.until < 24 * HOUR) last.until = until;
        else periods.push({ from, until });
      }
      const hours = stretches.reduce((sum, { from, until }) => sum + (until - from) / HOUR, 0);
      expect(hours).toBe(198);
      expect(periods.map(({ from, until }) => `${stamp(from)} ${stamp(until - HOUR)}`)).toEqual([
        '2010-12-24T23 2010-12-25T18',
        '2011-03-14T23 2011-03-19T16',
        '2011-11-23T03 2011-11-26T13',
      ]);
      const days = ownSlides();
      const inside = days.filter((day) =>
        periods.some(({ from, until }) => day >= stamp(from).slice(0, 10) && day <= stamp(until - HOUR).slice(0, 10)),
      );
      expect(days).toHaveLength(11);
      expect(inside).toEqual(['2011-03-14', '2011-03-15', '2011-03-18', '2011-11-23']);
    });

    it('stands for 612 hours when the validity range is left out', () => {
      const unbounded = rules.replace(/ *(min|max)Antecedent: .*\n/g, '');
      const hours = standing(unbounded, 'seattle-line').reduce(
        (sum, { from, until }) => sum + (until - from) / HOUR,
        0,
      );
      expect(hours).toBe(612);
    });
  },
);
