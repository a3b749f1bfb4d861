/** The client against a real InfluxDB 1.x: each kind of answer as the outcome that the writer acts on. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openInfluxClient } from '#ingest/io/influx/client.ts';
import { type Database, startInflux } from '#test/support/influxd.ts';
import { needs } from '#test/support/needs.ts';

const target = (url: string, database = 'county') => ({ version: 1, url, database }) as const;

describe.skipIf(!needs('influxd'))('writing to a real InfluxDB', () => {
  let server: Database;
  beforeAll(async () => {
    server = await startInflux({ maxBodyBytes: 100_000 });
  });
  afterAll(() => server.stop());

  it('says that the database is not there, makes it, writes, and reads back', async () => {
    const client = openInfluxClient(target(server.url), undefined);
    expect(await client.write('live_rain,sensor=a value=1.5 1700000000000000000')).toMatchObject({
      kind: 'noDatabase',
      message: expect.stringContaining('database not found'),
    });
    expect(await client.query('SELECT * FROM live_rain')).toMatchObject({ ok: false, error: { kind: 'noDatabase' } });
    expect(await client.query('CREATE DATABASE "county"', 'POST')).toEqual({ ok: true, value: [[]] });
    expect(await client.write('live_rain,sensor=a value=1.5 1700000000000000000')).toEqual({ kind: 'written' });
    const read = await client.query('SELECT "value" FROM live_rain WHERE sensor=\'a\'');
    expect(read).toMatchObject({ ok: true, value: [[{ name: 'live_rain', values: [[1_700_000_000_000, 1.5]] }]] });
    client.close();
  });

  it('tells a refused line, a body that is too large and a server that is away apart', async () => {
    const client = openInfluxClient(target(server.url), undefined);
    await client.query('CREATE DATABASE "county"', 'POST');
    await client.write('live_rain,sensor=b value=1 1700000000000000000');
    const lines = [
      'live_rain,sensor=b value=2 1700000001000000000',
      'live_rain,sensor=b value="two" 1700000002000000000',
    ];
    expect(await client.write(lines.join('\n'))).toMatchObject({ kind: 'partial', dropped: 1, lines: [] });
    expect(await client.query("SELECT count(value) FROM live_rain WHERE sensor='b'")).toMatchObject({
      ok: true,
      value: [[{ values: [[0, 2]] }]],
    });
    const long = Array.from({ length: 3_000 }, (_, at) => `live_rain,sensor=b value=1 ${1_700_000_003_000 + at}000000`);
    expect(await client.write(long.join('\n'))).toMatchObject({ kind: 'tooLarge' });
    client.close();
    const nowhere = openInfluxClient(target('http://127.0.0.1:9'), undefined, { writeTimeoutMs: 500 });
    expect(await nowhere.write(lines[0] ?? '')).toMatchObject({ kind: 'away' });
    nowhere.close();
  });
});
