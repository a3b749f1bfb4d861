import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '#model/time.ts';
import type { Figure, ModelSample, Place } from './hazard-model.ts';
import { readParams } from './params.ts';
import { obscuration, smokeDrift } from './smoke-drift.ts';

const T0 = Date.UTC(2026, 0, 1);
const STALE = 10 * MINUTE_MS;
/** Of a late value, which says nothing of now. */
const NOTHING: Figure = { value: 0, coverage: null, mayLower: false, mayBeMore: true, say: () => ({ zh: '', en: '' }) };

function head(raw: object = {}) {
  const params = readParams(smokeDrift.params, raw, 'written', []) ?? {};
  const place: Place<typeof params> = {
    params,
    sensors: [{ role: 'own', sensorId: 'head', quantity: 'smokeDensity', staleAfterMs: STALE }],
    memory: new Float64Array(smokeDrift.numbers(params, 1)),
  };
  let newest = 0;
  return (atMs: number, dbPerM: number, more: Partial<ModelSample> = {}): Figure => {
    const inOrder = atMs >= newest;
    newest = Math.max(newest, atMs);
    const value = Math.round(dbPerM * 1_000);
    const sample = { atMs, value, suspect: false, first: false, inOrder, afterGap: false, nowMs: atMs, ...more };
    const figure = smokeDrift.step(place, 0, sample);
    if (figure === undefined && sample.inOrder) throw new Error('a head always has something to say of now');
    return figure ?? NOTHING;
  };
}

/** One reading every five minutes. */
function run(say: ReturnType<typeof head>, fromMs: number, toMs: number, density: (atMs: number) => number): Figure {
  let last = say(fromMs, density(fromMs));
  for (let atMs = fromMs + 5 * MINUTE_MS; atMs <= toMs; atMs += 5 * MINUTE_MS) last = say(atMs, density(atMs));
  return last;
}

describe('drift compensation', () => {
  it('takes off the dust of months, and the limit stays the limit', () => {
    const say = head();
    const months = 60 * DAY_MS;
    const dusty = run(say, T0, T0 + months, (atMs) => (0.06 * (atMs - T0)) / months);
    expect(dusty.value).toBeLessThan(0.002);
    const smoke = say(T0 + months + MINUTE_MS, 0.06 + 0.15);
    expect(smoke.value).toBeGreaterThan(0.149);
    expect(smoke.say().zh).toMatch(/^烟雾浓度 0\.15 dB\/m（实测 0\.21 dB\/m，已扣除本底 0\.06 dB\/m）$/);
  });

  it('does not learn a fire, however slowly it smoulders: 0.0375 dB/m an hour is told on time', () => {
    const say = head();
    run(say, T0, T0 + DAY_MS, () => 0.01);
    const begin = T0 + DAY_MS;
    let told = 0;
    for (let atMs = begin; told === 0; atMs += MINUTE_MS)
      if (say(atMs, 0.01 + (0.0375 * (atMs - begin)) / HOUR_MS).value >= 0.15) told = atMs;
    expect(told - begin).toBeLessThan(1.6 * 4 * HOUR_MS);
    expect(told - begin).toBeGreaterThan(3.9 * HOUR_MS);
  });

  it('stops at its limit and says that the head is fouled, and keeps no fire from being told', () => {
    const [smoke, fouling] = [head(), head({ say: 'contamination' })];
    const dust = (atMs: number) => (0.13 * (atMs - T0)) / (60 * DAY_MS);
    expect(run(smoke, T0, T0 + 60 * DAY_MS, dust).value).toBeCloseTo(0.03, 2);
    const full = run(fouling, T0, T0 + 60 * DAY_MS, dust);
    expect(full.value).toBe(100);
    expect(full.say().zh).toBe('本底漂移 0.1 dB/m，为补偿上限 0.1 dB/m 的 100%，不再补偿，须清洗');
  });

  it('forgets the dust within a few hours after the head was cleaned', () => {
    const say = head();
    run(say, T0, T0 + 10 * DAY_MS, () => 0.08);
    expect(say(T0 + 10 * DAY_MS + MINUTE_MS, 0).value).toBeLessThan(-0.07);
    expect(run(say, T0 + 10 * DAY_MS + 2 * MINUTE_MS, T0 + 10 * DAY_MS + 3 * HOUR_MS, () => 0).value).toBeCloseTo(0, 3);
  });

  it('learns nothing from a hole, from a doubted and from a late value; the doubted lowers nothing, the late says nothing', () => {
    const say = head();
    say(T0, 0.1);
    // A month of silence counts as one allowance: 10 minutes at 0.05 dB/m a day.
    expect(say(T0 + 30 * DAY_MS, 0.1).value).toBeCloseTo(0.1, 3);
    expect(say(T0 + 30 * DAY_MS + MINUTE_MS, 0, { suspect: true })).toMatchObject({ mayLower: false, mayBeMore: true });
    // Smoke of yesterday that comes by the backlog is no fire of now.
    expect(say(T0 + 29 * DAY_MS, 0.5)).toBe(NOTHING);
  });

  it('speaks of a metre’s obscuration where the county thinks in %/m', () => {
    const golden = [
      [0.05, 1.14],
      [0.15, 3.39],
      [0.2, 4.5],
      [0.3, 6.67],
    ] as const;
    for (const [m, percent] of golden) expect(obscuration(m)).toBeCloseTo(percent, 2);
    const figure = head({ unit: '%/m' })(T0, 0.15);
    expect(figure.value).toBeCloseTo(3.39, 2);
    expect(figure.say().en).toContain('3.39 %/m');
  });
});

it('is equal to a filter that is run anew over what came in order, under late, repeated and missing values', () => {
  const told = fc.array(
    fc.record({
      stepMs: fc.oneof(
        { weight: 6, arbitrary: fc.constant(5 * MINUTE_MS) },
        fc.integer({ min: -HOUR_MS, max: DAY_MS }),
      ),
      value: fc.integer({ min: 0, max: 300 }),
      suspect: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
    }),
    { minLength: 1, maxLength: 80 },
  );
  const seed = Math.floor(Math.random() * 2 ** 31);
  console.log('seed', seed);
  fc.assert(
    fc.property(told, (samples) => {
      const say = head();
      let atMs = T0;
      let newest = 0;
      const kept: { atMs: number; m: number }[] = [];
      for (const { stepMs, value, suspect } of samples) {
        atMs += stepMs;
        const inOrder = atMs >= newest;
        newest = Math.max(newest, atMs);
        const m = value / 1_000;
        if (inOrder && !suspect) kept.push({ atMs, m });
        const figure = say(atMs, m, { suspect });
        if (!inOrder) expect(figure).toBe(NOTHING);
        if (!inOrder) continue;
        let drift = 0;
        for (let n = 1; n < kept.length; n++) {
          const days = Math.min((kept[n]?.atMs ?? 0) - (kept[n - 1]?.atMs ?? 0), STALE) / DAY_MS;
          const goal = Math.min(kept[n]?.m ?? 0, 0.1);
          drift = goal > drift ? Math.min(goal, drift + 0.05 * days) : Math.max(goal, drift - 1.2 * days);
        }
        expect(figure.value).toBeCloseTo(m - drift, 9);
      }
    }),
    { seed, numRuns: 200 },
  );
});
