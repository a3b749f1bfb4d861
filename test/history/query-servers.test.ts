/**
 * The writer against the servers that Debian has no InfluxDB of: the APIs of 2.x and 3.x as they are published, and a real
 * VictoriaMetrics. Afterwards each holds the journal's rows and no other.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { decimalText, escapeTag } from '#ingest/influx/lines.ts';
import { readInfluxAside } from '#ingest/io/influx/state-reader.ts';
import { openInfluxQuery } from '#ingest/io/influx-query/query.ts';
import type { InfluxTarget } from '#model/history.ts';
import { MARKER_MEASUREMENT, originOfMeasurement } from '#model/influx.ts';
import { type InfluxServer, startInfluxServer } from '#test/support/influx-server.ts';
import { startVictoria } from '#test/support/influxd.ts';
import { type Point, readLines } from '#test/support/line-protocol.ts';
import { needs } from '#test/support/needs.ts';
import { until } from '#test/support/until.ts';
import {
  appendMany,
  caughtUp,
  journalRows,
  openTestJournal,
  runWriter,
  T0,
  type TestJournal,
} from './influx-support.ts';

const FIELDS = ['value', 'suspect', 'bad', 'raw', 'flags'] as const;

/** As `journalRows` tells a row. */
function rowOf({ name, tags, fields, timeNs }: Point): string {
  const numbers = FIELDS.map((field) => {
    const found = fields.find(([key]) => key === field)?.[1].value;
    return found === undefined ? null : Number(found);
  });
  const sensor = tags.find(([key]) => key === 'sensor')?.[1];
  return JSON.stringify([name, sensor, Number(timeNs / 1_000_000n), ...numbers]);
}
const rowsOf = (points: readonly Point[]): string[] =>
  points
    .filter(({ name, tags }) => originOfMeasurement(name) !== undefined && tags.some(([key]) => key === 'sensor'))
    .map(rowOf)
    .sort();

const folder = mkdtempSync(join(tmpdir(), 'fengsui-servers-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const tokenFile = join(folder, 'token');

describe.each([2, 3] as const)('a server that speaks the API of %i.x', (version) => {
  let server: InfluxServer;
  let journal: TestJournal;
  const open = async (
    more: { readonly maxBodyBytes?: number; readonly isThere?: boolean } = {},
  ): Promise<InfluxTarget> => {
    writeFileSync(tokenFile, 'first-token\n');
    server = await startInfluxServer({ version, token: 'first-token', org: 'county', database: 'fengsui', ...more });
    const { url } = server;
    return version === 2
      ? { version, url, org: 'county', bucket: 'fengsui', tokenFile }
      : { version, url, database: 'fengsui', tokenFile };
  };
  beforeEach(() => {
    journal = openTestJournal();
  });
  afterEach(async () => {
    journal.close();
    await server.stop();
  });

  it('holds the journal’s rows after every way in which it can say no', async () => {
    const target = await open({ maxBodyBytes: 4_000, isThere: version === 3 });
    server.fail({ kind: 'status', status: 429, retryAfterS: 0 });
    server.fail({ kind: 'status', status: 503, body: '{"code":"unavailable","message":"hot shard"}' });
    server.fail({ kind: 'status', status: 500, body: 'panic' });
    server.fail({ kind: 'cut' });
    server.fail({ kind: 'lostAnswer' }, 2);
    appendMany(journal, 11, 30);
    const writer = runWriter(journal.dataDir, target);
    await caughtUp(journal.dataDir);
    expect(rowsOf(server.points())).toEqual(journalRows(journal.dataDir));

    // The token is changed at the server, and a little later in the file.
    server.setToken('second-token');
    appendMany(journal, 12, 10);
    await until('the refusal', 5_000, () => writer.states.includes('unauthorised'));
    writeFileSync(tokenFile, 'second-token\n');
    await caughtUp(journal.dataDir);
    server.fail({ kind: 'silent' });
    appendMany(journal, 13, 10);
    await caughtUp(journal.dataDir);
    await writer.stop();
    const rows = journalRows(journal.dataDir);
    expect(rows).toHaveLength(1_000);
    expect(rowsOf(server.points())).toEqual(rows);
  });

  it('sets aside the lines that it will never take, and those alone', async () => {
    const target = await open();
    // Somebody has written the field before, as a number with a point.
    const path = version === 2 ? '/api/v2/write?org=county&bucket=fengsui' : '/api/v3/write_lp?db=fengsui';
    const headers = { authorization: `${version === 2 ? 'Token' : 'Bearer'} first-token` };
    const spoilt = await fetch(`${server.url}${path}`, {
      method: 'POST',
      headers,
      body: 'live_rain,by=somebody flags=1.5 1',
    });
    expect(spoilt.status).toBe(204);
    appendMany(journal, 14, 20);
    const writer = runWriter(journal.dataDir, target);
    await caughtUp(journal.dataDir);
    await writer.stop();
    const all = journalRows(journal.dataDir);
    const refused = all.filter((row) => {
      const [name, , , , , , , bits] = JSON.parse(row) as unknown[];
      return name === 'live_rain' && bits !== null;
    });
    expect(refused.length).toBeGreaterThan(5);
    expect(rowsOf(server.points())).toEqual(all.filter((row) => !refused.includes(row)));
    expect(readInfluxAside(journal.dataDir, 1_000)).toHaveLength(refused.length);
  });

  it('is filled again after somebody has dropped it, and takes what comes after', async () => {
    const target = await open();
    appendMany(journal, 15, 15);
    const writer = runWriter(journal.dataDir, target);
    await caughtUp(journal.dataDir);
    await until('the mark', 5_000, () => server.points().some(({ name }) => name === MARKER_MEASUREMENT));
    server.drop(version === 3);
    await until('the refill', 10_000, () => {
      if (rowsOf(server.points()).length === 300) return true;
      throw new Error(`${rowsOf(server.points()).length} rows; ${writer.notes.join(' | ')}`);
    });
    appendMany(journal, 16, 5);
    await caughtUp(journal.dataDir);
    await writer.stop();
    expect(rowsOf(server.points())).toEqual(journalRows(journal.dataDir));
  });
});

describe.skipIf(!needs('victoria-metrics'))('a real VictoriaMetrics', () => {
  it('takes the journal’s rows from the same writer and gives each field of them back', async () => {
    const server = await startVictoria();
    const journal = openTestJournal();
    try {
      appendMany(journal, 17, 40);
      const target: InfluxTarget = { version: 1, url: server.url, database: 'fengsui' };
      const writer = runWriter(journal.dataDir, target);
      await caughtUp(journal.dataDir);
      await writer.stop();
      expect(writer.aside).toEqual([]);
      /** One line a sample: field by field, because there a field is a series of its own. */
      const wanted = journalRows(journal.dataDir)
        .flatMap((row) => {
          const [name, sensor, atMs, ...numbers] = JSON.parse(row) as [string, string, number, ...(number | null)[]];
          return FIELDS.flatMap((field, index) => {
            const value = numbers[index];
            return value === null || value === undefined
              ? []
              : [JSON.stringify([`${name}_${field}`, sensor, atMs, value])];
          });
        })
        .sort();
      await fetch(`${server.url}/internal/force_flush`);
      const ask = new URLSearchParams({ 'match[]': '{sensor!=""}', start: '0', reduce_mem_usage: '1' });
      const text = await (await fetch(`${server.url}/api/v1/export?${ask}`)).text();
      type Series = { metric: { __name__: string; sensor: string }; values: number[]; timestamps: number[] };
      const found = text
        .split('\n')
        .filter((line) => line !== '')
        .flatMap((line) => {
          const { metric, values, timestamps } = JSON.parse(line) as Series;
          return values.map((value, index) =>
            JSON.stringify([metric.__name__, metric.sensor, timestamps[index], value]),
          );
        })
        .sort();
      expect(wanted.length).toBeGreaterThan(1_000);
      expect(found).toEqual(wanted);
      // It cannot be asked by InfluxQL, and what is not read is no gap.
      const query = openInfluxQuery(
        target,
        () => undefined,
        () => ({ sensors: new Map(), county: { zone: 'UTC' } }),
      );
      const asked = { sensorId: 's-1', origin: 'live' as const, fromMs: 0, toMs: T0 * 2, limit: 10 };
      await expect(query.range(asked)).rejects.toMatchObject({ kind: 'refused' });
      await expect(query.tallies(asked)).rejects.toMatchObject({ kind: 'refused' });
      await query.close();
    } finally {
      journal.close();
      await server.stop();
    }
  });
});

it('writes decimals and tags that the servers read as the same numbers and names', () => {
  const steps = [0, 1, -1, 5, -1_005, 2_147_483_647, -2_147_483_648];
  for (const decimals of [0, 1, 2, 3])
    for (const each of steps) {
      const body = Buffer.from(`m,t=${escapeTag('网格 1,2=3')} v=${decimalText(decimals, each)} 1`);
      const [entry] = readLines(body, { unitNs: 1n, defaultNs: 0n });
      const value = entry?.ok === true ? entry.point.fields[0]?.[1] : undefined;
      expect(value).toEqual({ kind: 'float', value: each / 10 ** decimals });
      expect(entry?.ok === true && entry.point.tags).toEqual([['t', '网格 1,2=3']]);
    }
});
