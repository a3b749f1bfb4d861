import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HistoryPoint } from '#model/history.ts';
import type { Origin } from '#model/reading.ts';
import { createTally } from '#model/tally.ts';
import { DAY_MS } from '#model/time.ts';
import type { Places } from './lines.ts';
import { type CopySource, copyMissing, missingPoints } from './refill.ts';

const DAY = 20_000 * DAY_MS;
const SENSORS = ['a', 'b'] as const;
const PLACES: Places = new Map(
  SENSORS.map((id) => [id, { quantity: 'level', tags: `,county=1,sensor=${id}`, origin: 'live' as const }]),
);
const aPoint: fc.Arbitrary<HistoryPoint> = fc
  .record({ minute: fc.integer({ min: 0, max: 4_000 }), value: fc.integer({ min: 0, max: 2 }) })
  .map(({ minute, value }) => ({ atMs: DAY + minute * 60_000, value, raw: undefined, quality: 'good', flags: [] }));

type Stored = { readonly sensorId: string; readonly origin: Origin; readonly point: HistoryPoint };
function storeOf(stored: readonly Stored[]): CopySource {
  return {
    range: async ({ sensorId, origin, fromMs, toMs, limit }) =>
      stored
        .filter((one) => one.sensorId === sensorId && one.origin === origin)
        .map(({ point }) => point)
        .filter(({ atMs }) => atMs >= fromMs && atMs < toMs)
        .sort((a, b) => a.atMs - b.atMs)
        .slice(0, limit),
    tallies: async ({ fromMs, toMs }) =>
      SENSORS.flatMap((sensorId) => {
        const tally = createTally();
        for (const one of stored)
          if (one.sensorId === sensorId && one.point.atMs >= fromMs && one.point.atMs < toMs) tally.add(one.point);
        return tally.n() === 0
          ? []
          : [{ sensorId, origin: 'live' as const, dayMs: fromMs, n: tally.n(), checksum: tally.checksum() }];
      }),
  };
}
/** A database as InfluxDB is one: two lines of one series and instant are one point. */
function sinkOf(points: Map<string, Stored>) {
  const stored = () => storeOf([...points.values()]);
  return {
    query: {
      range: (ask) => stored().range(ask),
      tallies: (ask) => stored().tallies(ask),
    } satisfies CopySource,
    write: async (lines: readonly string[]): Promise<void> => {
      for (const line of lines) {
        const [, sensorId = '', value = '', ms = '', below = ''] =
          /sensor=(\w+) value=([\d.]+) (\d+)(\d{6})$/.exec(line) ?? [];
        const point: HistoryPoint = {
          ...{ atMs: Number(ms), value: Math.round(Number(value) * 1_000), raw: undefined },
          ...{ quality: 'good', flags: [] },
        };
        points.set(`${sensorId} ${ms}${below}`, { sensorId, origin: 'live', point });
      }
    },
  };
}
const text = ({ sensorId, point }: Stored): string => `${sensorId} ${point.atMs} ${point.value}`;

describe('copying what is missing', () => {
  it('ends with each reading once, whatever was there, where it was cut short, and how often it is repeated', async () => {
    const someStored = fc.array(fc.record({ sensorId: fc.constantFrom(...SENSORS), point: aPoint }), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(someStored, fc.nat(40), fc.nat(3), async (given, held, cuts) => {
        const all = given.map((one): Stored => ({ ...one, origin: 'live' }));
        const points = new Map<string, Stored>();
        for (const [at, one] of all.slice(0, held).entries()) points.set(`there ${at}`, one);
        const sink = sinkOf(points);
        const days = [0, 1, 2].map((day) => DAY + day * DAY_MS);
        for (let cut = 0; cut <= cuts; cut++) {
          const stop = new AbortController();
          const onDay = (): void => {
            if (cut < cuts) stop.abort();
          };
          await copyMissing({ source: storeOf(all), sink, places: PLACES, days, onDay, signal: stop.signal });
        }
        expect([...points.values()].map(text).sort()).toEqual(all.map(text).sort());
        const again = await copyMissing({ source: storeOf(all), sink, places: PLACES, days });
        expect(again.reduce((sum, { differing, written }) => sum + differing + written, 0)).toBe(0);
      }),
      { numRuns: 100, verbose: 1 },
    );
  });

  it('gives offset 0 to whatever is alone at its instant, and counts what only the sink has', () => {
    const at = (atMs: number, value: number): HistoryPoint => ({
      ...{ atMs, value, raw: undefined, quality: 'good', flags: [] },
    });
    const { missing, surplus } = missingPoints([at(1, 5), at(2, 5), at(2, 5), at(3, 1)], [at(3, 2), at(9, 9)]);
    expect(missing.map(({ point, offset }) => [point.atMs, offset === 0])).toEqual([
      [1, true],
      [2, true],
      [2, false],
      [3, false],
    ]);
    expect(surplus).toBe(2);
    // A writer beside it may still write at 2 and 3 itself.
    const beside = missingPoints([at(1, 5), at(2, 5), at(3, 1)], [], 0, 1);
    expect(beside.missing.map(({ offset }) => offset === 0)).toEqual([true, false, false]);
    const again = missingPoints([at(1, 5), at(2, 5), at(3, 1)], [], 1, 1);
    expect(again.missing.map(({ offset }, index) => offset === beside.missing[index]?.offset)).toEqual([
      true,
      false,
      false,
    ]);
  });
});
