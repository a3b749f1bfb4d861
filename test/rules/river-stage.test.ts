import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type QuantityCode, toSteps } from '#model/quantity.ts';
import type { Registry } from '#model/registry.ts';
import { formatLint } from '#model/result.ts';
import { compileRules } from '#rules/compile.ts';
import { createEngine } from '#rules/engine.ts';
import { HOUR, MINUTE, rowMaker, type Value } from '#test/rules/rows.ts';

const shared = process.env['FENGSUI_SHARED'] ?? new URL('../../../shared/', import.meta.url).pathname;
const folder = `${shared}/data/usgs-river-stage`;

type Sample = { readonly atMs: number; readonly value: number };

/** Stamp (UTC) and value in metres or m³/s. */
function recorded(file: string, perUnit: number): readonly Sample[] {
  const samples = readFileSync(`${folder}/${file}`, 'utf8')
    .split('\n')
    .flatMap((line): Sample[] => {
      const [agency, , time, value] = line.split('\t').map((field) => field.replaceAll('"', ''));
      if (agency !== 'USGS' || time === undefined || value === undefined || !/^[\d.]+$/.test(value)) return [];
      return [{ atMs: Date.parse(`${time.replace(' ', 'T')}Z`), value: Number(value) * perUnit }];
    });
  return samples.sort((a, b) => a.atMs - b.atMs);
}

const text = { zh: '河', en: 'river' };
const countyOf = (quantity: QuantityCode, staleAfterMs: number): Registry => ({
  version: '1',
  county: { code: '451099', name: text, zone: 'UTC' },
  grids: new Map(),
  people: new Map(),
  duty: [],
  points: new Map([
    [
      'bridge',
      {
        ...{
          id: 'bridge',
          name: text,
          kind: 'river',
          riskGrade: 'major',
          lon: 0,
          lat: 0,
          gridCode: '1',
          households: [],
        },
        // A table that its highest stage of these months, 1.83 m, does not reach; guarded 3 cm above it.
        water: { datum: 'assumed', zeroM: 0, floodSeason: null, limits: { guard: 1.86, warning: 2.5, guarantee: 3.2 } },
      },
    ],
  ]),
  sensors: new Map([['gauge', { id: 'gauge', pointId: 'bridge', edgeId: 'e1', quantity, name: text, staleAfterMs }]]),
  edges: new Map([
    ['e1', { id: 'e1', township: '1', origin: 'replay', name: text, buses: [], links: [], outputs: [], mutes: [] }],
  ]),
  channels: [],
});

/** What a rule set says to a recording, `2003-12-11T17:34 yellow`, and the reasons. */
function play(rules: string, quantity: QuantityCode, staleAfterMs: number, samples: readonly Sample[]) {
  const compiled = compileRules([{ file: 'river.yaml', text: rules }], countyOf(quantity, staleAfterMs), {
    tickMs: MINUTE,
  });
  if (!compiled.ok) throw new Error(compiled.error.map(formatLint).join('\n'));
  const [[partition, ruleSet] = []] = [...compiled.value];
  if (partition === undefined || ruleSet === undefined) throw new Error('the rules bind nowhere');
  const engine = createEngine(partition);
  const rows = rowMaker(partition);
  const startMs = samples[0]?.atMs ?? 0;
  engine.apply(rows.rules(ruleSet, startMs));
  const values = samples.map(({ atMs, value }): Value => ({ id: 'gauge', atMs, value: toSteps(quantity, value) }));
  const found = [];
  for (let from = 0; from < values.length; from += 500)
    found.push(...engine.apply(rows.batch(values.slice(from, from + 500))));
  return found.filter(({ rule }) => rule.startsWith('water-'));
}

/** Fixed before the run: the shipped limits of rise, and the station's own levels. */
const STAGE = `${readFileSync(new URL('../../county/rules/reservoir-rise.yaml', import.meta.url), 'utf8')}
  - id: water-level
    title: { zh: 河道水位, en: river level }
    hazard: flood
    quantity: level
    unit: m
    measure: { kind: value }
    where: { kinds: [river] }
    levels: { blue: { station: guard }, orange: { station: warning }, red: { station: guarantee } }
    deadband: 0.05
  - id: water-time
    title: { zh: 到达警戒水位时间, en: time to the warning level }
    hazard: flood
    quantity: level
    unit: h
    measure: { kind: timeToLevel, to: { station: warning } }
    levels: { yellow: 6, orange: 2 }
    onDelay: 30m
`;

/** A rise of 10 m³/s an hour, held for longer than the line is long: a gate is through the line before that. Samples every half hour. */
const flowRule = (onDelay: string) => `rules:
  - id: water-surge
    title: { zh: 流量涨率, en: rate of rise of the discharge }
    hazard: flood
    quantity: flow
    unit: m³/s/h
    measure: { kind: riseRate, window: 2h, minSamples: 4, noise: 1 }
    levels: { yellow: 10, orange: 20 }
    onDelay: ${onDelay}
    offDelay: 3h
`;

describe.skipIf(!existsSync(folder))('recorded rivers', () => {
  it('a quiet river of 11,549 quarters of an hour raises nothing', { timeout: 60_000 }, () => {
    const samples = recorded('04119000_00065_iv.tsv', 0.3048);
    expect(samples.length).toBe(11_549);
    expect(play(STAGE, 'level', HOUR, samples).map(({ rule, to, reason }) => `${rule} ${to} ${reason.en}`)).toEqual([]);
    // It would, were its guard level a decimetre lower: the rules were looked at by all of it.
    const low = samples.map(({ atMs, value }) => ({ atMs, value: value + 0.1 }));
    expect(play(STAGE, 'level', HOUR, low).length).toBeGreaterThan(0);
  });

  it('a regulated river raises no flood by a gate, and does by floods', { timeout: 60_000 }, () => {
    const samples = recorded('01511500_00060_iv.tsv', 0.028316846592);
    expect(samples.length).toBeGreaterThan(27_000);
    const steps = gateSteps(samples);
    const falls = gateFalls(samples);
    console.log(`${steps.length} steps up, ${falls.length} falls of a gate`);
    expect(steps.length).toBeGreaterThanOrEqual(3);
    expect(falls.length).toBeGreaterThanOrEqual(7);
    const raisedBy = (onDelay: string) =>
      play(flowRule(onDelay), 'flow', 2 * HOUR, samples).filter(({ from, to }) => from === 'none' && to !== 'none');
    const after = (raised: ReturnType<typeof raisedBy>, gates: readonly Sample[]) =>
      raised.filter(({ atMs }) => gates.some((gate) => atMs >= gate.atMs && atMs <= gate.atMs + 3 * HOUR));
    const held = raisedBy('150m');
    console.log('raised', held.map(({ atMs }) => new Date(atMs).toISOString().slice(0, 16)).join(' '));
    expect(after(held, [...steps, ...falls])).toEqual([]);
    // The greatest flood of the ten years is among them, hours before its crest of 12 December 2003.
    expect(held.some(({ atMs }) => new Date(atMs).toISOString().startsWith('2003-12-11T1'))).toBe(true);
    // Without the delay there are 21 of them, such as a surge that rises by 29 m³/s in two hours and sinks again.
    const days = raisedBy('0s').map(({ atMs }) => new Date(atMs).toISOString().slice(0, 10));
    console.log('without the delay', days.length, days.join(' '));
    expect(days).toContain('2004-01-28');
    expect(held.map(({ atMs }) => new Date(atMs).toISOString().slice(0, 10))).not.toContain('2004-01-28');
  });
});

/** Rises of 5 m³/s or more within one sample, of a river that rises by less than half of that in the three hours before and after. */
function gateSteps(samples: readonly Sample[]): readonly Sample[] {
  const near = (from: number, to: number) => samples.filter(({ atMs }) => atMs >= from && atMs <= to);
  return samples.filter((sample, index) => {
    const before = samples[index - 1];
    if (before === undefined || sample.atMs - before.atMs > 35 * MINUTE || sample.value - before.value < 5)
      return false;
    const earlier = near(before.atMs - 3 * HOUR, before.atMs);
    const later = near(sample.atMs, sample.atMs + 3 * HOUR);
    const quiet = (all: readonly Sample[]) =>
      Math.max(...all.map(({ value }) => value)) - (all[0]?.value ?? 0) < (sample.value - before.value) / 2;
    return quiet(earlier) && quiet(later);
  });
}

/** Samples that lie 800 ft³/s and more below one of the hour before. */
function gateFalls(samples: readonly Sample[]): readonly Sample[] {
  return samples.filter((sample, index) => {
    const hour = samples.slice(Math.max(0, index - 3), index).filter(({ atMs }) => sample.atMs - atMs <= 61 * MINUTE);
    return hour.some(({ value }) => value - sample.value >= 800 * 0.028316846592);
  });
}
