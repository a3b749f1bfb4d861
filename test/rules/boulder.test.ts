import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Registry } from '#model/registry.ts';
import { compileRules } from '#rules/compile.ts';
import { createEngine } from '#rules/engine.ts';
import { rowMaker } from '#test/rules/rows.ts';

const shared = process.env['FENGSUI_SHARED'] ?? new URL('../../../shared/', import.meta.url).pathname;
const file = `${shared}/data/boulder-2013/805325-precip-daily-2003-2013.csv`;
const HOUR = 3_600_000;

/** Hours that have rain, as local hour-ending stamps read as UTC, in steps of 0.001 mm. */
function rainHours(): ReadonlyMap<number, number> {
  const hours = new Map<number, number>();
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    const match = /,(\d{4})(\d\d)(\d\d) (\d\d):00,([\d.]+),/.exec(line);
    if (match === null || match[5] === '999.99') continue;
    const atMs = Date.UTC(Number(match[1]), Number(match[2]) - 1, Number(match[3]), Number(match[4]));
    hours.set(atMs, Math.round(Number(match[5]) * 25_400));
  }
  return hours;
}

const text = { zh: '博尔德', en: 'Boulder' };
const county: Registry = {
  version: '1',
  county: { code: '451099', name: text, zone: 'UTC' },
  grids: new Map(),
  people: new Map(),
  duty: [],
  points: new Map([
    [
      'boulder',
      {
        id: 'boulder',
        name: text,
        kind: 'rain-station',
        riskGrade: 'major',
        lon: 0,
        lat: 0,
        gridCode: '1',
        households: [],
      },
    ],
  ]),
  sensors: new Map([
    ['gauge', { id: 'gauge', pointId: 'boulder', edgeId: 'e1', quantity: 'rain', name: text, staleAfterMs: 2 * HOUR }],
  ]),
  edges: new Map([
    ['e1', { id: 'e1', township: '1', origin: 'replay', name: text, buses: [], links: [], outputs: [], mutes: [] }],
  ]),
  channels: [],
};

describe.skipIf(!existsSync(file))('the Boulder flood of September 2013 under the national table', () => {
  it('is blue at 19:00, yellow at 21:00, orange at 23:00 and red at midnight, to the hour', () => {
    const rules = readFileSync(new URL('../../county/rules/rainstorm-national.yaml', import.meta.url), 'utf8');
    const compiled = compileRules([{ file: 'rainstorm-national.yaml', text: rules }], county, { tickMs: 1_000 });
    const [[partition, ruleSet] = [], ..._rest] = compiled.ok ? [...compiled.value] : [];
    if (partition === undefined || ruleSet === undefined) throw new Error('the national rules do not compile');
    const make = rowMaker(partition);
    const engine = createEngine(partition);
    const from = Date.UTC(2013, 8, 9);
    engine.apply(make.rules(ruleSet, from));
    const hours = rainHours();
    const raised: string[] = [];
    let worst = 0;
    for (let atMs = from; atMs <= Date.UTC(2013, 8, 14); atMs += HOUR) {
      const row = make.batch([{ id: 'gauge', atMs, value: hours.get(atMs) ?? 0 }], atMs, { origin: 'replay' });
      for (const { to, from: was, atMs: when, origin, evidence, condition } of engine.apply(row)) {
        expect(origin).toBe('replay');
        worst = Math.max(worst, evidence.value ?? 0);
        if (condition === 'active' && was === 'none') raised.push(`${to} ${new Date(when).toISOString().slice(5, 16)}`);
        if (was === 'orange' && to === 'red') raised.push(`red ${new Date(when).toISOString().slice(5, 16)}`);
      }
    }
    expect(raised.slice(0, 4)).toEqual([
      'blue 09-11T19:00',
      'yellow 09-11T21:00',
      'orange 09-11T23:00',
      'red 09-12T00:00',
    ]);
    // The highest 3 h sum of the event, exact: 43 steps of 2.54 mm.
    expect(worst).toBe(109_220);
  });
});
