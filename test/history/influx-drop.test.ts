/**
 * A database that somebody drops while rows arrive: afterwards it holds each reading of the journal as often as the
 * journal does, also those that are equal to one that it had lost. The server is one of the test's own that speaks the
 * API of 3.x, where lines make the dropped database anew before anybody notices.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import { MARKER_MEASUREMENT, originOfMeasurement } from '#model/influx.ts';
import type { Reading } from '#model/reading.ts';
import { type InfluxServer, startInfluxServer } from '#test/support/influx-server.ts';
import type { Point } from '#test/support/line-protocol.ts';
import { until } from '#test/support/until.ts';
import { caughtUp, journalRows, openTestJournal, randomOf, runWriter, sensorName, T0 } from './influx-support.ts';

const FIELDS = ['value', 'suspect', 'bad', 'raw', 'flags'] as const;
function rowOf({ name, tags, fields, timeNs }: Point): string {
  const numbers = FIELDS.map((field) => {
    const found = fields.find(([key]) => key === field)?.[1].value;
    return found === undefined ? null : Number(found);
  });
  const sensor = tags.find(([key]) => key === 'sensor')?.[1];
  return JSON.stringify([name, sensor, Number(timeNs / 1_000_000n), ...numbers]);
}
const rowsOf = (server: InfluxServer): string[] =>
  server
    .points()
    .filter(({ name }) => originOfMeasurement(name) !== undefined)
    .map(rowOf)
    .sort();

const folder = mkdtempSync(join(tmpdir(), 'fengsui-drop-'));
const tokenFile = join(folder, 'token');
writeFileSync(tokenFile, 'token\n');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Of two sensors, few instants and few values: equal readings, equal instants and late ones are the rule. */
function crowded(random: () => number, count: number, values: number): Reading[] {
  return Array.from({ length: count }, () => ({
    ...{ sensorId: sensorName(Math.floor(random() * 2)), timeQuality: 'synced', quality: 'good', flags: [] },
    ...{ measuredAtMs: T0 + Math.floor(random() * 40) * 60_000, value: Math.floor(random() * values) },
  }));
}

const aStory = fc.record({
  seed: fc.nat(1_000_000),
  before: fc.integer({ min: 1, max: 12 }),
  /** Batches that come after the drop, each so many milliseconds after the one before it. */
  pauses: fc.array(fc.integer({ min: 0, max: 15 }), { minLength: 1, maxLength: 12 }),
  drops: fc.integer({ min: 1, max: 2 }),
  values: fc.constantFrom(1, 2, 30_000),
});

it('holds each reading as often as the journal when it is dropped while rows arrive', async () => {
  const tell = async ({
    seed,
    before,
    pauses,
    drops,
    values,
  }: typeof aStory extends fc.Arbitrary<infer T> ? T : never) => {
    const random = randomOf(seed);
    const server = await startInfluxServer({ version: 3, token: 'token', database: 'fengsui' });
    const journal = openTestJournal();
    const append = (): void =>
      journal.append(crowded(random, 1 + Math.floor(random() * 12), values), { partition: Math.floor(random() * 3) });
    for (let batch = 0; batch < before; batch++) append();
    const target = { version: 3, url: server.url, database: 'fengsui', tokenFile } as const;
    const writer = runWriter(journal.dataDir, target, { markerEveryMs: 15, portionAgeMs: 2, commitEveryMs: 4 });
    try {
      await caughtUp(journal.dataDir);
      for (let drop = 0; drop < drops; drop++) {
        await until('the mark', 5_000, () => server.points().some(({ name }) => name === MARKER_MEASUREMENT));
        server.drop(true);
        for (const pause of pauses) {
          append();
          await new Promise((resolve) => setTimeout(resolve, pause));
        }
      }
      await until('the mark', 5_000, () => server.points().some(({ name }) => name === MARKER_MEASUREMENT));
      await caughtUp(journal.dataDir);
      await writer.stop();
      expect(rowsOf(server)).toEqual(journalRows(journal.dataDir));
    } finally {
      await writer.stop().catch(() => undefined);
      journal.close();
      await server.stop();
    }
  };
  await fc.assert(fc.asyncProperty(aStory, tell), { numRuns: 10, verbose: 1 });
}, 120_000);
