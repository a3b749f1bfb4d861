/** Whatever a database and the way to it do wrong: afterwards it holds exactly what the journal holds. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openInfluxClient } from '#ingest/io/influx/client.ts';
import { readInfluxAside, readInfluxStanding } from '#ingest/io/influx/state-reader.ts';
import type { Reading } from '#model/reading.ts';
import { type Database, startInflux } from '#test/support/influxd.ts';
import { needs } from '#test/support/needs.ts';
import { until } from '#test/support/until.ts';
import { type FaultyProxy, openProxy } from './influx-proxy.ts';
import {
  appendMany,
  caughtUp,
  influxRows,
  journalRows,
  openTestJournal,
  runWriter,
  T0,
  type TestJournal,
} from './influx-support.ts';

/** A proxy of the test's own stands before the real database for what that cannot be made to do. */
describe.skipIf(!needs('influxd'))('a real InfluxDB that does not take what it is sent', () => {
  let server: Database;
  let proxy: FaultyProxy;
  let journal: TestJournal;
  let serial = 0;
  const target = () => ({ version: 1, url: server.url, database: `faulty${serial}` }) as const;
  const viaProxy = () => ({ ...target(), url: proxy.url });
  const ask = async (influxql: string): Promise<void> => {
    const client = openInfluxClient(target(), undefined);
    await client.query(influxql, 'POST');
    client.close();
  };
  beforeAll(async () => {
    server = await startInflux({ maxBodyBytes: 20_000 });
    proxy = await openProxy(server.url);
  });
  afterAll(async () => {
    await proxy.close();
    await server.stop();
  });
  beforeEach(() => {
    serial++;
    journal = openTestJournal();
  });
  afterEach(() => {
    proxy.faults.length = 0;
    journal.close();
  });

  it('repeats after 429, 503, 500, a time-out, and connections cut before and after it stored', async () => {
    await ask(`CREATE DATABASE "${target().database}"`);
    proxy.faults.push(
      { kind: 'pass' },
      { kind: 'status', status: 429, headers: { 'retry-after': '1' }, body: 'slow down' },
      { kind: 'status', status: 503, body: '{"error":"timeout"}' },
      { kind: 'status', status: 500, body: '{"error":"engine is closed"}' },
      { kind: 'cutBefore' },
      { kind: 'cutAfter' },
      { kind: 'hang' },
      { kind: 'cutAfter' },
    );
    const faults = proxy.faults.length - 1;
    const before = proxy.seen().faulty;
    appendMany(journal, 11, 60);
    const writer = runWriter(journal.dataDir, viaProxy(), { writeTimeoutMs: 600 });
    await caughtUp(journal.dataDir);
    await writer.stop();
    expect(proxy.seen().faulty - before).toBe(faults);
    expect(new Set(writer.states)).toEqual(new Set(['slowDown', 'away', 'ok']));
    expect(writer.aside).toEqual([]);
    expect(await influxRows(target())).toEqual(journalRows(journal.dataDir));
  });

  it('blames no line when the server refuses the whole request', async () => {
    await ask(`CREATE DATABASE "${target().database}"`);
    const refusal = { kind: 'status', status: 400, body: '{"error":"database is required"}' } as const;
    proxy.faults.push({ kind: 'pass' }, ...Array.from({ length: 8 }, () => refusal));
    appendMany(journal, 19, 20);
    const writer = runWriter(journal.dataDir, viaProxy());
    await caughtUp(journal.dataDir);
    await writer.stop();
    expect([writer.aside, writer.states.includes('away')]).toEqual([[], true]);
    expect(await influxRows(target())).toEqual(journalRows(journal.dataDir));
  });

  it('sends halves when a body is too large for the server', async () => {
    appendMany(journal, 12, 30);
    const writer = runWriter(journal.dataDir, target(), { portionLines: 500, portionAgeMs: 200 });
    await caughtUp(journal.dataDir);
    await writer.stop();
    expect(writer.aside).toEqual([]);
    expect(await influxRows(target())).toEqual(journalRows(journal.dataDir));
  });

  it('sets aside the lines that a partial write refused, with the reason, and keeps all others', async () => {
    await ask(`CREATE DATABASE "${target().database}"`);
    const client = openInfluxClient(target(), undefined);
    // Somebody has written text where the writer's flags go: InfluxDB refuses each rain reading that bears one.
    await client.write(`live_rain,sensor=other flags="text" ${T0}000000`);
    client.close();
    appendMany(journal, 13, 60);
    const writer = runWriter(journal.dataDir, target());
    await caughtUp(journal.dataDir);
    await writer.stop();
    const isBad = (row: string): boolean => row.startsWith('["live_rain"') && !row.endsWith(',null]');
    const all = journalRows(journal.dataDir);
    const bad = all.filter(isBad);
    expect(bad.length).toBeGreaterThan(5);
    const stored = (await influxRows(target())).filter((row) => !row.includes('"other"') && !row.includes('"text"'));
    expect(stored).toEqual(all.filter((row) => !isBad(row)));
    expect(readInfluxStanding(journal.dataDir)?.aside).toEqual(new Map([['field-type', bad.length]]));
    const kept = readInfluxAside(journal.dataDir, 1_000);
    expect(kept).toHaveLength(bad.length);
    expect(kept[0]).toMatchObject({ reason: 'field-type', message: expect.stringContaining('type conflict') });
    expect(kept[0]?.line).toMatch(/^live_rain,.*flags=\d+i \d+$/);
  });

  it('makes a database that is dropped in the middle, and fills it again', async () => {
    appendMany(journal, 14, 30);
    const writer = runWriter(journal.dataDir, target());
    await caughtUp(journal.dataDir);
    await ask(`DROP DATABASE "${target().database}"`);
    appendMany(journal, 15, 30);
    await until('all of it', 15_000, async () => (await influxRows(target())).length === 1_200);
    await caughtUp(journal.dataDir);
    await writer.stop();
    expect(await influxRows(target())).toEqual(journalRows(journal.dataDir));
  });

  it('goes on after the server was killed and came back, whatever was on its way', async () => {
    appendMany(journal, 16, 60);
    const writer = runWriter(journal.dataDir, target(), { portionLines: 50 });
    await until('the first lines', 10_000, () => (readInfluxStanding(journal.dataDir)?.cursors.size ?? 0) > 0);
    await server.kill();
    appendMany(journal, 17, 20);
    await server.start();
    await caughtUp(journal.dataDir);
    await writer.stop();
    expect(await influxRows(target())).toEqual(journalRows(journal.dataDir));
  });
});

describe.skipIf(!needs('influxd'))('a real InfluxDB that holds no more series', () => {
  it('goes on taking what it has, beside lines of new series, which are set aside with the reason', async () => {
    // Four sensors and the writer's own mark.
    const server = await startInflux({ maxSeries: 5 });
    const journal = openTestJournal();
    const target = { version: 1, url: server.url, database: 'full' } as const;
    const readingsOf = (sensors: number, minute: number): Reading[] =>
      Array.from({ length: sensors }, (_, index) => ({
        ...{ sensorId: `s-${index}`, measuredAtMs: T0 + minute * 60_000, timeQuality: 'synced', flags: [] },
        ...{ quality: 'good', value: minute },
      }));
    try {
      journal.append(readingsOf(4, 0));
      const writer = runWriter(journal.dataDir, target);
      await caughtUp(journal.dataDir);
      for (let minute = 1; minute <= 20; minute++) journal.append(readingsOf(8, minute));
      await caughtUp(journal.dataDir);
      await writer.stop();
      const isOld = (row: string) => /"s-[0-3]"/.test(row);
      const [stored, all] = [await influxRows(target), journalRows(journal.dataDir)];
      expect([stored.length, all.length]).toEqual([84, 164]);
      expect(stored).toEqual(all.filter(isOld));
      expect(writer.aside).toHaveLength(80);
      expect(writer.aside.every(({ reason, line }) => reason === 'too-many-series' && !isOld(line))).toBe(true);
    } finally {
      journal.close();
      await server.stop();
    }
  });
});

describe.skipIf(!needs('influxd'))('a real InfluxDB that demands a name', () => {
  it('is told by a token file that may be put right while the writer runs', async () => {
    const server = await startInflux({ auth: true });
    const journal = openTestJournal();
    const folder = mkdtempSync(join(tmpdir(), 'fengsui-token-'));
    const tokenFile = join(folder, 'token');
    writeFileSync(tokenFile, 'admin:wrong\n');
    const target = { version: 1, url: server.url, database: 'county', tokenFile } as const;
    try {
      const admin = openInfluxClient(target, undefined);
      const made = await admin.query(`CREATE USER "admin" WITH PASSWORD '密码 right' WITH ALL PRIVILEGES`, 'POST');
      expect(made.ok).toBe(true);
      admin.close();
      appendMany(journal, 18, 10);
      const writer = runWriter(journal.dataDir, target);
      await until('the refusal', 10_000, () => writer.states.includes('unauthorised'));
      expect(readInfluxStanding(journal.dataDir)?.cursors).toEqual(new Map());
      writeFileSync(tokenFile, 'admin:密码 right\n');
      await caughtUp(journal.dataDir);
      await writer.stop();
      expect(writer.states.filter((state) => state !== 'noDatabase')).toEqual(['unauthorised', 'ok']);
      expect(await influxRows(target, 'admin:密码 right')).toEqual(journalRows(journal.dataDir));
    } finally {
      rmSync(folder, { recursive: true, force: true });
      journal.close();
      await server.stop();
    }
  });
});
