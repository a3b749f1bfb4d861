import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toSteps } from '#model/quantity.ts';
import { MINUTE_MS, SECOND_MS } from '#model/time.ts';
import type { Figure, ModelSample, Place } from './hazard-model.ts';
import { heatRise } from './heat-rise.ts';
import { readParams } from './params.ts';

const T0 = Date.UTC(2026, 5, 3);

function detector(raw: object = {}) {
  const params = readParams(heatRise.params, raw, 'written', []) ?? {};
  const place: Place<typeof params> = {
    params,
    sensors: [{ role: 'own', sensorId: 'heat', quantity: 'temperature', staleAfterMs: 5 * MINUTE_MS }],
    memory: new Float64Array(heatRise.numbers(params, 1)),
  };
  return (atMs: number, value: number, more: Partial<ModelSample> = {}): Figure | undefined =>
    heatRise.step(place, 0, {
      atMs,
      value,
      suspect: false,
      first: false,
      inOrder: true,
      afterGap: false,
      nowMs: atMs,
      ...more,
    });
}

describe('rate of rise', () => {
  it('is the rise over the last minute, and says from where to where', () => {
    const say = detector();
    for (let s = 0; s < 60; s++) expect(say(T0 + s * SECOND_MS, 200)).toBeUndefined();
    const figure = say(T0 + MINUTE_MS, 283);
    expect(figure?.value).toBeCloseTo(8.3, 9);
    expect(figure?.say()).toEqual({
      zh: '温升 8.3 °C/min（1 分钟内由 20.0 °C 升至 28.3 °C）',
      en: 'temperature rising at 8.3 °C/min (from 20.0 to 28.3 °C in 1 minute)',
    });
  });

  it('goes by the time that truly lay between where samples are seldom, and has no figure after a long hole', () => {
    const say = detector();
    say(T0, 200);
    expect(say(T0 + 90 * SECOND_MS, 350)?.value).toBeCloseTo(10, 9);
    expect(say(T0 + 10 * MINUTE_MS, 900)).toBeUndefined();
  });

  it('lets a doubted sample raise, lower nothing, and be nobody’s past', () => {
    const say = detector();
    say(T0, 200);
    const doubted = say(T0 + MINUTE_MS, 600, { suspect: true });
    expect(doubted).toMatchObject({ value: 40, mayLower: false, mayBeMore: true });
    expect(say(T0 + 2 * MINUTE_MS, 200)?.value).toBe(0);
    // One that comes late with the backlog is no rise of now.
    expect(say(T0 + MINUTE_MS, 900, { suspect: true, inOrder: false })).toBeUndefined();
  });
});

/** Samples of a slot count as their mean, the newest slot is compared with the newest one a minute older. */
function naive(told: readonly { readonly atMs: number; readonly value: number }[]): number | undefined {
  const newest = Math.max(...told.map(({ atMs }) => Math.floor(atMs / SECOND_MS)));
  const slots = Map.groupBy(told, ({ atMs }) => Math.floor(atMs / SECOND_MS));
  const points = [...slots]
    .filter(([slot]) => slot >= newest - 120)
    .map(([, own]) => ({
      atMs: own.reduce((sum, { atMs }) => sum + (atMs - T0), 0) / own.length,
      value: own.reduce((sum, { value }) => sum + value, 0) / own.length,
    }))
    .sort((a, b) => a.atMs - b.atMs);
  const now = points.at(-1);
  if (now === undefined) return undefined;
  const then = points.filter(({ atMs }) => now.atMs - atMs >= MINUTE_MS).at(-1);
  if (then === undefined || now.atMs - then.atMs > 2 * MINUTE_MS) return undefined;
  return ((now.value - then.value) / 10) * (MINUTE_MS / (now.atMs - then.atMs));
}

it('is equal to a search through all samples, under late, repeated and missing ones', () => {
  const told = fc.array(
    fc.record({ second: fc.integer({ min: 0, max: 300 }), value: fc.integer({ min: -100, max: 3_000 }) }),
    { minLength: 1, maxLength: 120 },
  );
  const seed = Math.floor(Math.random() * 2 ** 31);
  console.log('seed', seed);
  fc.assert(
    fc.property(told, fc.boolean(), (samples, sorted) => {
      const say = detector();
      const order = sorted ? [...samples].sort((a, b) => a.second - b.second) : samples;
      const kept: { atMs: number; value: number }[] = [];
      for (const [n, { second, value }] of order.entries())
        for (let times = 0; times < (n % 5 === 0 ? 2 : 1); times++) {
          const atMs = T0 + second * SECOND_MS + (n % 3) * 300;
          // What is older than the memory changes nothing: it has no figure of its own.
          const newest = Math.max(0, ...kept.map((one) => Math.floor(one.atMs / SECOND_MS)));
          const figure = say(atMs, value);
          if (Math.floor(atMs / SECOND_MS) <= newest - 121) {
            expect(figure).toBeUndefined();
            continue;
          }
          kept.push({ atMs, value });
          const expected = naive(kept);
          if (expected === undefined) expect(figure).toBeUndefined();
          else expect(figure?.value).toBeCloseTo(expected, 6);
        }
    }),
    { seed, numRuns: 200 },
  );
});

const SHARED = process.env['FENGSUI_SHARED'] ?? fileURLToPath(new URL('../../../shared', import.meta.url));
const FIRES = `${SHARED}/data/fsri-compartments-2018`;

/** Seconds after ignition at which each quadrant's sensor below the ceiling passes 57 °C and rises by 8.3 °C in a minute. */
function firsts(file: string): { readonly fixed: number[]; readonly rise: number[] } {
  const [header = '', ...rows] = readFileSync(`${FIRES}/${file}`, 'utf8').trim().split(/\r?\n/);
  const names = header.split(',');
  const out: { fixed: number[]; rise: number[] } = { fixed: [], rise: [] };
  for (const quadrant of 'ABCD') {
    const column = names.indexOf(`Quadrant ${quadrant} Temperature 25 mm Below Ceiling`);
    const say = detector();
    let [fixed, rise] = [Number.NaN, Number.NaN];
    for (const row of rows) {
      const fields = row.split(',');
      const [second, value] = [Number(fields[0]), Number.parseFloat(fields[column] ?? '')];
      if (Number.isNaN(value)) continue;
      if (Number.isNaN(fixed) && value >= 57) fixed = second;
      const figure = say(T0 + second * SECOND_MS, toSteps('temperature', value));
      if (Number.isNaN(rise) && (figure?.value ?? 0) >= 8.3) rise = second;
    }
    out.fixed.push(fixed);
    out.rise.push(rise);
  }
  return out;
}
const range = (seconds: readonly number[]) => [Math.min(...seconds), Math.max(...seconds)];

describe.skipIf(!existsSync(FIRES))('recorded compartment fires (UL FSRI 2018)', () => {
  it('tells the armchair 52 to 67 s after ignition, some 40 s before 57 °C', () => {
    const { fixed, rise } = firsts('RedAccent_Closed_Center_1.csv');
    expect(range(fixed)).toEqual([93, 107]);
    expect(range(rise)).toEqual([52, 67]);
    for (const [n, s] of rise.entries()) expect((fixed[n] ?? 0) - s).toBeGreaterThanOrEqual(38);
  });

  it('tells the gas burner within 4 s', () => {
    const { fixed, rise } = firsts('100kW_Closed_Center_1.csv');
    expect(range(fixed)).toEqual([11, 14]);
    expect(range(rise)).toEqual([3, 4]);
  });
});
