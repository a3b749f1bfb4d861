import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { JournalRow } from '#model/journal.ts';
import { type DoubtNote, isDoubt, type Transition } from '#model/transition.ts';
import { createEngine, type Engine, restoreEngine } from '#rules/engine.ts';
import { compiled, countyOf, findings, TOWNSHIP } from '#test/rules/county-of.ts';
import { MINUTE, rowMaker, T0 } from '#test/rules/rows.ts';

const title = 'title: { zh: 规则, en: rule }';
const edgeId = `edge-${TOWNSHIP}`;

/** Plays rows; `restart` lets the engine go on from its snapshot after every row. */
function play(rows: readonly JournalRow[], restart = false) {
  let engine: Engine = createEngine(3);
  const told: Transition[] = [];
  const doubts: DoubtNote[] = [];
  for (const row of rows) {
    told.push(...engine.apply(row));
    doubts.push(...engine.notes().filter(isDoubt));
    if (!restart) continue;
    const next = restoreEngine(3, engine.snapshot());
    if (next === undefined) throw new Error('the snapshot is of another form');
    engine = next;
  }
  return { told, doubts };
}
const lines = ({ told }: ReturnType<typeof play>) =>
  told
    .filter(({ evidence }) => evidence.measure !== 'silence')
    .map(({ atMs, rule, from, to, condition }) => {
      const name = rule.split('@')[0];
      return `${Math.round((atMs - T0) / MINUTE)}m ${name} ${from}→${to} ${condition}`;
    });

const slope = countyOf(
  { slope: {} },
  {
    crack: { point: 'slope', quantity: 'displacement', staleAfterMs: 20 * MINUTE },
    gauge: { point: 'slope', quantity: 'rain', staleAfterMs: 20 * MINUTE },
  },
);
const example = readFileSync(new URL('../../county/examples/rain-and-motion.yaml', import.meta.url), 'utf8');

describe('a rule by expression', () => {
  const ruleSet = compiled(slope, example);
  /** 4 mm a day for a day and a half; after a day it rains 5 mm a quarter of an hour for three hours. */
  function story(): JournalRow[] {
    const make = rowMaker();
    const rows = [make.rules(ruleSet)];
    for (let minute = 0; minute <= 2_160; minute += 15) {
      const atMs = T0 + minute * MINUTE;
      const rain = minute > 1_500 && minute <= 1_680 ? 5_000 : 0;
      const values = [
        { id: 'crack', atMs, value: Math.round((minute * 400) / 1_440) },
        { id: 'gauge', atMs, value: rain },
      ];
      rows.push(make.batch(values, atMs, { edgeId }));
    }
    return rows;
  }

  it('raises by motion, raises one higher when it has rained as well, and says both values', () => {
    const run = play(story());
    expect(lines(run)).toEqual([
      '210m slope-rain-and-motion none→blue active',
      '1680m slope-rain-and-motion blue→yellow active',
    ]);
    const [, worse] = run.told;
    expect(worse?.reason.zh).toBe('6 小时位移速率 4.0 mm/d，24 小时降雨量 55.0 mm，达到黄色阈值 2，持续 30 分钟');
    expect(worse?.evidence).toMatchObject({ measure: 'expression', value: 2, figure: { decimals: 0 } });
  });

  it('goes on from a snapshot after every row as if nothing had been', () => {
    const rows = story();
    expect(play(rows, true)).toEqual(play(rows));
  });

  it('that is wrong names file, line, column, the character and the mend', () => {
    const rule = (expression: string, value = 'name: speed') => `rules:
  - id: own
    ${title}
    hazard: landslide
    quantity: displacement
    measure:
      kind: expression
      expression: '${expression}'
      values:
        - { ${value}, quantity: displacement, stat: rate, window: 6h }
    levels: { red: 1 }`;
    expect(findings(slope, rule('speed > 2.0'))).toEqual([]);
    expect(findings(slope, rule('sped > 2.0'))[0]).toMatch(
      /^rules\.yaml:8:19: error: .*at character 1: Unknown variable: sped — name it under values$/,
    );
    expect(findings(slope, rule('speed > '))[0]).toMatch(
      /^rules\.yaml:8:19: error: .*at character 9: Unexpected token/,
    );
    expect(findings(slope, rule('speed > 2.0', 'name: in'))[0]).toMatch(
      /^rules\.yaml:\d+:\d+: error: .*cannot be a name/,
    );
    expect(findings(slope, rule('speed', 'name: speed, per: soon'))[0]).toMatch(
      /^rules\.yaml:10:\d+: error: .*duration/,
    );
  });
});

describe('absence', () => {
  const rules = `rules:
  - { id: quiet, ${title}, hazard: equipment, quantity: displacement, measure: { kind: absence },
      levels: { blue: 30, yellow: 60 } }
  - { id: lost, ${title}, hazard: equipment, quantity: displacement, measure: { kind: lostTogether, silentFor: 45m },
      inputs: { others: { sensors: [gauge] } }, levels: { orange: 2 } }`;

  it('raises as time goes by, clears with a value, and is no lost data of its own', () => {
    const make = rowMaker();
    const ruleSet = compiled(slope, rules);
    const rows: JournalRow[] = [make.rules(ruleSet), make.edge(T0, 'online', edgeId)];
    const value = (id: string, minute: number) =>
      rows.push(make.batch([{ id, atMs: T0 + minute * MINUTE, value: 0 }], T0 + minute * MINUTE, { edgeId }));
    value('crack', 0);
    value('gauge', 0);
    for (let minute = 1; minute <= 70; minute++) rows.push(make.tick(T0 + minute * MINUTE));
    value('gauge', 71);
    for (let minute = 72; minute <= 75; minute++) rows.push(make.tick(T0 + minute * MINUTE));
    value('crack', 76);
    const run = play(rows);
    expect(lines(run)).toEqual([
      '30m quiet none→blue active',
      '46m lost none→orange active',
      '60m quiet blue→yellow active',
      '71m lost orange→none cleared',
      '76m quiet yellow→none cleared',
    ]);
    expect(run.told.find(({ rule }) => rule.startsWith('quiet'))?.reason.zh).toBe(
      '已 30 分钟没有有效数值，达到蓝色阈值 30 min',
    );
    expect(play(rows, true)).toEqual(run);
  });
});

describe('a doubt about a lone gauge', () => {
  const at = (lon: number) => ({ kind: 'rain-station', lon, lat: 24.4 }) as const;
  const rain = { quantity: 'rain', staleAfterMs: 30 * MINUTE } as const;
  const county = countyOf(
    { bay: at(106.4), hill: at(106.42), mill: at(106.44) },
    { bay: { point: 'bay', ...rain }, hill: { point: 'hill', ...rain }, mill: { point: 'mill', ...rain } },
  );
  const read = (name: string) => readFileSync(new URL(`../../county/rules/${name}.yaml`, import.meta.url), 'utf8');
  const ruleSet = compiled(
    county,
    `${read('rain-lone-gauge')}${read('rainstorm-national').replace(/^[\s\S]*?rules:\n/, '')}`,
  );

  it('raises all the same and says so, lowers nothing while it lasts, and survives a restart', () => {
    const make = rowMaker();
    const rows: JournalRow[] = [make.rules(ruleSet)];
    for (let minute = 0; minute <= 1_200; minute += 15) {
      const atMs = T0 + minute * MINUTE;
      const storm = minute >= 180 && minute <= 240 ? 13_000 : 0;
      const values = ['hill', 'mill', 'bay'].map((id) => ({ id, atMs, value: id === 'bay' ? storm : 0 }));
      rows.push(make.batch(values, atMs, { edgeId }));
    }
    const run = play(rows);
    expect(run.doubts.map(({ sensorId, doubted, atMs }) => [sensorId, doubted, (atMs - T0) / MINUTE])).toEqual([
      ['bay', true, 180],
      ['bay', false, 660],
    ]);
    const raised = run.told.find(({ to }) => to === 'orange');
    expect(raised?.reason.zh).toContain('数据可疑，须人工核实');
    const cleared = run.told.filter(({ condition }) => condition === 'cleared').map(({ atMs }) => (atMs - T0) / MINUTE);
    expect(Math.min(...cleared)).toBeGreaterThan(660);
    expect(play(rows, true)).toEqual(run);
  });
});
