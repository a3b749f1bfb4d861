import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bench, en, HOUR, MINUTE, paramsOf, START, storms, zh } from '#test/support/rain.ts';
import type { ModelSensor } from './hazard-model.ts';
import { naiveSums } from './kit/naive-sums.ts';
import { cut } from './kit/rain.ts';
import { soilWater } from './soil-water.ts';

const SITE = { window: '1h', drySoil: 20, wetSoil: 40, dryLimit: 100, wetLimit: 50, soilMaxAge: '3h' };
const soil = (sensorId: string): ModelSensor => ({
  ...{ role: 'soil', sensorId, quantity: 'soilMoisture' },
  staleAfterMs: HOUR,
});

describe('rain on soil', () => {
  it('has a limit that falls straight from dry soil to wet, in steps of the sensor', () => {
    for (const [moisture, value] of [
      [100, 50],
      [200, 50],
      [300, 66.6],
      [400, 100],
      [900, 100],
    ] as const) {
      const { feed } = bench(soilWater, SITE, 10, [soil('a')]);
      feed(0, moisture, { input: 1 });
      expect(feed(1, 50)?.value).toBe(value);
    }
  });

  it('takes the soil as wet while no fresh reading is there, and says so', () => {
    const { feed } = bench(soilWater, SITE, 10, [soil('a')]);
    const never = feed(0, 50);
    expect(never?.value).toBe(100);
    expect(zh(never)).toContain('近 3 小时无土壤含水率数据，按湿润计');
    feed(1, 150, { input: 1 });
    expect(en(feed(180, 30))).toContain('30% of the 100.0 mm that this soil bears (soil moisture 15.0%');
    expect(en(feed(182, 0))).toContain(
      '60% of the 50.0 mm that this soil bears (no soil reading for 3 hours, taken as wet',
    );
  });

  it('looks at the wettest sensor, judges anew when the soil changes, and hears no suspect word about it', () => {
    const { feed } = bench(soilWater, SITE, 10, [soil('a'), soil('b')]);
    expect(feed(0, 200, { input: 1 })).toBeUndefined();
    expect(feed(1, 50)?.value).toBe(50);
    expect(feed(2, 400, { input: 2 })?.value).toBe(100);
    expect(feed(3, 100, { input: 2, suspect: true })).toBeUndefined();
    expect(feed(2.5, 100, { input: 1 })?.value).toBe(100);
    expect(feed(1.5, 100, { input: 1 })).toBeUndefined();
  });

  it('does not let a silent gauge look like a dry hour while the soil goes on reporting', () => {
    const { feed } = bench(soilWater, SITE, 10, [soil('a')]);
    for (let minute = -60; minute <= 0; minute += 5) feed(minute, 5);
    const figure = feed(40, 300, { input: 1 });
    expect(figure?.mayLower).toBe(false);
    expect(figure?.coverage).toBeLessThan(0.5);
  });

  it('agrees with adding everything up anew, out of order, late, twice, missing and suspect', () => {
    const steps = fc.tuple(
      storms(200, 60),
      fc.array(fc.record({ input: fc.integer({ min: 0, max: 2 }), moisture: fc.integer({ min: 0, max: 600 }) }), {
        minLength: 60,
        maxLength: 60,
      }),
    );
    fc.assert(
      fc.property(steps, ([rows, extra]) => {
        const { feed } = bench(soilWater, SITE, 10, [soil('a'), soil('b')]);
        const naive = naiveSums(5 * MINUTE, 12, 2);
        const wet = new Map<number, { atMs: number; value: number }>();
        let newest = 0;
        for (const [index, { minute, steps: value, suspect, first }] of rows.entries()) {
          const { input, moisture } = extra[index] ?? { input: 0, moisture: 0 };
          const atMs = START + minute * MINUTE;
          let taken = true;
          if (input === 0) taken = naive.add({ atMs, value, suspect, first });
          else if (suspect || atMs < (wet.get(input)?.atMs ?? 0)) taken = false;
          else wet.set(input, { atMs, value: moisture });
          const figure = feed(minute, input === 0 ? value / 1_000 : moisture, { suspect, first, input });
          if (taken) newest = Math.max(newest, atMs);
          if (!taken || naive.head() === 0) {
            expect(figure).toBeUndefined();
            continue;
          }
          // Time that passes by the soil's readings alone is the test above.
          if (input !== 0 && atMs > naive.head() * 5 * MINUTE + 10 * MINUTE) return;
          const fresh = [...wet.values()]
            .filter((reading) => newest - reading.atMs <= 3 * HOUR)
            .map((reading) => reading.value);
          const percent = fresh.length === 0 ? 40 : Math.max(...fresh) / 10;
          const limit = Math.round(100_000 - 50_000 * Math.max(0, Math.min(1, (percent - 20) / 20)));
          expect(figure?.value).toBe(cut((100 * naive.sum(0, 12)) / limit, 1));
          expect([figure?.coverage, figure?.mayLower]).toEqual([
            naive.covered(0, 12) / 12,
            naive.covered(0, 12) === 12 && !suspect,
          ]);
        }
      }),
      { numRuns: 150, seed: 4_020, verbose: 1 },
    );
  });

  it('refuses soils and limits the wrong way round', () => {
    expect(paramsOf(soilWater, { ...SITE, drySoil: 50, wetLimit: 120 }).faults).toEqual([
      'wetSoil: wet soil must hold more than dry soil',
      'wetLimit: wet soil bears no more rain than dry soil',
    ]);
  });
});
