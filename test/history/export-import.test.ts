import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readCell, splitLine, textCell } from '#cli/history/csv-text.ts';
import { openStamps } from '#cli/history/import-stamp.ts';
import { exportHistory } from '#cli/history/io/export.ts';
import { importFile, refusedFileOf } from '#cli/history/io/import.ts';
import { openEmbedded, openPlaces, type Places } from '#cli/history/io/stores.ts';
import { openLocalTime } from '#cli/history/local-time.ts';
import { wantedSeries } from '#cli/history/wanted-series.ts';
import { parseSettings } from '#cli/settings.ts';
import { openBulkStore } from '#ingest/io/transfer/bulk-store.ts';
import { ANCIENT_MS } from '#ingest/verify.ts';
import type { HistoryQuery, Resolution } from '#model/history.ts';
import { fromSteps, QUANTITIES } from '#model/quantity.ts';
import { BAD_REASONS, FLAGS, type Origin, type Reading } from '#model/reading.ts';
import { DAY_MS, MINUTE_MS } from '#model/time.ts';
import { runFengsui, top } from '#test/support/command.ts';

const ZONE = 'Asia/Shanghai';
const T0 = Date.parse('2026-06-01T00:00:00Z');
const NOW = Date.parse('2026-07-01T00:00:00Z');
let folder = '';
let query: HistoryQuery;
let places: Places;
let county: Places;
beforeAll(() => {
  const found = openPlaces(settingsOf('data'), { mayBeEmpty: true });
  if (!found.ok) throw new Error(found.error);
  county = found.value;
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fengsui-export-'));
  places = { ...county, dataDir: at('data') };
  query = openEmbedded(places);
});
afterEach(async () => {
  await query.close();
  rmSync(folder, { recursive: true, force: true });
});

const at = (name: string) => join(folder, name);
function settingsOf(data: string) {
  const parsed = parseSettings({ FENGSUI_DATA: at(data), FENGSUI_COUNTY: join(top, 'county') }, '/');
  if (!parsed.ok) throw new Error(parsed.error.join());
  return parsed.value;
}

/** A gauge that sums, one that does not, one that says nothing; doubts, gaps and reasons among them. */
const SENSORS = ['taoshuwan-crack', 'taoshuwan-rain'] as const;
function readings(count: number): readonly Reading[] {
  return SENSORS.flatMap((sensorId, which) =>
    Array.from({ length: count }, (_, index): Reading => {
      const flags = index % 7 === 0 ? [FLAGS[index % FLAGS.length] ?? 'range'] : [];
      const stamp = {
        ...{ sensorId, measuredAtMs: T0 + index * MINUTE_MS + which + (index > count / 2 ? 2 * DAY_MS : 0) },
        ...{ timeQuality: 'synced' as const, flags, ...(index % 3 === 0 ? { raw: index * 7 - 100 } : {}) },
      };
      if (index % 11 === 5)
        return { ...stamp, quality: 'bad', reason: BAD_REASONS[index % BAD_REASONS.length] ?? 'timeout' };
      return {
        ...stamp,
        quality: index % 13 === 0 ? 'suspect' : 'good',
        value: ((index * 37) % 4_001) - 2_000 * (1 - which),
      };
    }),
  );
}
function fill(all: readonly Reading[], origin: Origin = 'live'): void {
  const store = openBulkStore(places.dataDir, ZONE, 'fill', NOW);
  store.add(1, origin, all);
  store.close();
}
const save = (out: string, more: object = {}) =>
  exportHistory(
    {
      ...{ query, series: seriesOf(['live']), fromMs: ANCIENT_MS, toMs: NOW, resolution: 'raw', format: 'csv' },
      ...{ zone: ZONE, out: at(out), mayReplace: false, ...more },
    },
    () => {},
  );
function seriesOf(origins: readonly string[], wish: object = {}) {
  const series = wantedSeries(places.registry, { sensors: [], points: [], grids: [], origins, ...wish });
  if (!series.ok) throw new Error(series.error);
  return series.value;
}
const take = (file: string, origin: Origin = 'replay', mapping: readonly string[] = []) =>
  importFile(
    {
      ...{ file: at(file), mapping, origin, query },
      rules: {
        ...{ registry: places.registry, stampOf: openStamps(ZONE), earliestMs: ANCIENT_MS, latestMs: NOW },
      },
      open: (id) => openBulkStore(places.dataDir, ZONE, id, NOW),
    },
    () => {},
  );
const all = (sensorId: string, origin: Origin = 'live') =>
  query.range({ sensorId, origin, fromMs: ANCIENT_MS, toMs: NOW, limit: 1_000_000 });
const lines = (file: string) => readFileSync(at(file), 'utf8').split('\r\n').slice(0, -1);

describe('an export', () => {
  it('as CSV has every reading once, in both times, with quality, reason, flags and raw value, and comes back whole', async () => {
    const sent = readings(3_000);
    fill(sent);
    expect(await save('out.csv')).toEqual({ ok: true, value: { rows: sent.length, series: 2 } });
    const text = readFileSync(at('out.csv'));
    expect([...text.subarray(0, 3)]).toEqual([0xef, 0xbb, 0xbf]);
    const [heading = '', ...rows] = lines('out.csv');
    expect(heading).toContain('传感器 sensor');
    expect(rows.length).toBe(sent.length);
    expect(rows[0]).toMatch(
      /^2026-06-01 08:00:00\.000,\+08:00,2026-06-01T00:00:00\.000Z,taoshuwan-crack,live,taoshuwan,[^,]+,\d+,displacement,mm,/,
    );
    const before = await Promise.all(SENSORS.map((id) => all(id)));
    expect(before.flat().length).toBe(sent.length);
    expect(existsSync(at('out.csv.part'))).toBe(false);

    // Into another centre, as that one's own.
    await query.close();
    places = { ...places, dataDir: at('other') };
    query = openEmbedded(places);
    expect(await take('out.csv', 'live')).toMatchObject({ ok: true, value: { stored: sent.length, known: 0 } });
    expect(await Promise.all(SENSORS.map((id) => all(id)))).toEqual(before);
    expect(await take('out.csv', 'live')).toMatchObject({ ok: true, value: { stored: 0, known: sent.length } });
    // The same readings in another file are known as well: what counts is what they say.
    writeFileSync(at('half.csv'), [heading, ...rows.slice(0, 700)].join('\r\n'));
    expect(await take('half.csv', 'live')).toMatchObject({ ok: true, value: { stored: 0, known: 700 } });
    expect(await take('half.csv', 'replay')).toMatchObject({ ok: true, value: { stored: 700 } });
    expect(await Promise.all(SENSORS.map((id) => all(id)))).toEqual(before);
  });

  it('as Parquet says the same to DuckDB: counts, sums and stamps, by sensor', async () => {
    const sent = readings(3_000);
    fill(sent);
    expect(await save('out.parquet', { format: 'parquet' })).toMatchObject({ ok: true, value: { rows: sent.length } });
    const db = await DuckDBInstance.create(':memory:');
    const connection = await db.connect();
    const ask = async (sql: string) =>
      (await connection.runAndReadAll(sql.replaceAll('FILE', `'${at('out.parquet')}'`))).getRowObjectsJson();
    const grouped =
      await ask(`SELECT sensor, count(*) AS n, count(value) AS valued, sum(steps) AS steps, sum(value) AS value,
      sum(raw) AS raw, epoch_ms(min(time)) AS first, epoch_ms(max(time)) AS last, count(*) FILTER (quality = 'suspect') AS suspect,
      count(reason) AS bad, count(DISTINCT flags) AS flags FROM read_parquet(FILE) GROUP BY sensor ORDER BY sensor`);
    const types = await ask(`SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM read_parquet(FILE))`);
    connection.closeSync();
    db.closeSync();
    expect(grouped).toEqual(
      SENSORS.map((sensor) => {
        const own = sent.filter(({ sensorId }) => sensorId === sensor);
        const values = own.flatMap((one) => (one.quality === 'bad' ? [] : [one.value]));
        const { quantity } = places.registry.sensors.get(sensor) ?? { quantity: 'rain' };
        const steps = values.reduce((a, b) => a + b, 0);
        const times = own.map(({ measuredAtMs }) => measuredAtMs);
        return {
          ...{ sensor, n: String(own.length), valued: String(values.length), steps: String(steps) },
          value: expect.closeTo(fromSteps(quantity, steps), 4),
          raw: String(own.reduce((a, { raw = 0 }) => a + raw, 0)),
          ...{ first: String(Math.min(...times)), last: String(Math.max(...times)) },
          suspect: String(own.filter(({ quality }) => quality === 'suspect').length),
          bad: String(own.filter(({ quality }) => quality === 'bad').length),
          flags: String(new Set(own.map(({ flags }) => flags.join(' '))).size),
        };
      }),
    );
    expect(types).toContainEqual({ column_name: 'time', column_type: 'TIMESTAMP WITH TIME ZONE' });
    expect(types).toContainEqual({ column_name: 'sensor', column_type: 'VARCHAR' });
  });

  it.each(['10m', '1d'] as const)(
    'of %s sums up what the store sums up, and a gap stays a gap',
    async (resolution: Resolution) => {
      fill(readings(3_000));
      expect(await save('out.csv', { resolution })).toMatchObject({ ok: true });
      const [heading = '', ...rows] = lines('out.csv');
      const names = (splitLine(heading) ?? []).map((name) => name.split(' ').at(-1));
      const cell = (row: string, name: string) => (splitLine(row) ?? [])[names.indexOf(name)] ?? '';
      for (const sensorId of SENSORS) {
        const found = await query.buckets({
          sensorIds: [sensorId],
          origin: 'live',
          fromMs: T0 - DAY_MS,
          toMs: NOW,
          resolution,
        });
        const wanted = found.get(sensorId) ?? [];
        const own = rows.filter((row) => cell(row, 'sensor') === sensorId);
        expect(own.map((row) => cell(row, 'time'))).toEqual(wanted.map(({ fromMs }) => new Date(fromMs).toISOString()));
        expect(own.map((row) => Number(cell(row, 'n')))).toEqual(wanted.map(({ n }) => n));
        const { quantity } = places.registry.sensors.get(sensorId) ?? { quantity: 'rain' };
        const isRain = QUANTITIES[quantity].kind === 'increment';
        expect(own.every((row) => (cell(row, 'mean') === '') === (isRain || cell(row, 'n') === '0'))).toBe(true);
        if (isRain)
          expect(own.map((row) => Number(cell(row, 'sum') || 0))).toEqual(
            wanted.map(({ sum }) => fromSteps(quantity, sum)),
          );
      }
      const times = rows.map((row) => cell(row, 'time'));
      expect(times.filter((time) => time >= '2026-06-02T16' && time < '2026-06-03T16')).toEqual([]);
    },
  );

  it('takes only what was asked for, replaces nothing, and leaves nothing when the store fails', async () => {
    fill(readings(100));
    expect(seriesOf([], { points: ['taoshuwan'] }).map(({ sensorId }) => sensorId)).toContain('taoshuwan-crack');
    expect(seriesOf([], { sensors: ['taoshuwan-rain'] }).length).toBe(1);
    expect(seriesOf(['all'], { sensors: ['taoshuwan-rain'] }).length).toBe(4);
    const grid = places.registry.points.get('taoshuwan')?.gridCode ?? '';
    const inGrid = seriesOf([], { grids: [grid] }).map(({ sensorId }) => sensorId);
    expect(inGrid).toContain('taoshuwan-rain');
    expect(inGrid.length).toBeLessThan(seriesOf([]).length);
    const none = { sensors: [], points: [], grids: [], origins: [] };
    expect(wantedSeries(places.registry, { ...none, grids: ['nowhere'] })).toMatchObject({ ok: false });
    await save('out.csv');
    expect(await save('out.csv')).toMatchObject({ ok: false });
    const broken = { ...query, range: () => Promise.reject(new Error('the disk is gone')) };
    expect(await save('other.csv', { query: broken })).toMatchObject({ ok: false });
    expect([existsSync(at('other.csv')), existsSync(at('other.csv.part'))]).toEqual([false, false]);
  });
});

describe('cells', () => {
  it('hold any text of people, and none is a formula', () => {
    for (const text of ['=1+1', '+86 571', '-3', '@sum', '\tx']) expect(textCell(text)[0]).toBe("'");
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        const line = [textCell(a), textCell(b)].join(',');
        const expected = [a, b].map((text) => text.replace(/[\r\n]+/g, ' '));
        expect(splitLine(line)?.map(readCell)).toEqual(
          expected.map((text) => (/^'[=+\-@\t]/.test(text) ? text.slice(1) : text)),
        );
      }),
      { verbose: 1 },
    );
  });

  it('show the wall clock of the zone at every instant, across changes of the clock', () => {
    const local = openLocalTime('America/Denver');
    const read = openStamps('America/Denver');
    fc.assert(
      fc.property(fc.integer({ min: ANCIENT_MS, max: NOW }), (atMs) => {
        const text = `${local.text(atMs).replace(' ', 'T')}${local.offset(atMs)}`;
        expect(Date.parse(text)).toBe(atMs);
        expect(read(text)).toBe(atMs);
      }),
      { verbose: 1 },
    );
  });
});

describe('an import', () => {
  const HEADING = 'time,sensor,value,quantity,unit';
  const WRONG: readonly (readonly [line: string, place: string])[] = [
    ['2026-06-01T00:00:00Z,taoshuwan-crack,NaN,displacement,mm', '3 number'],
    ['2026-06-01T00:00:00Z,taoshuwan-crack,1e400,displacement,mm', '3 number'],
    ['2026-06-01T00:00:00Z,taoshuwan-crack,-Infinity,displacement,mm', '3 number'],
    ['2026-06-01T00:00:00Z,taoshuwan-crack,"1,5",displacement,mm', '3 number'],
    ['2026-06-01T00:00:00Z,taoshuwan-crack,0x10,displacement,mm', '3 number'],
    ['2026-06-01T00:00:00Z,taoshuwan-crack,,displacement,mm', '3 number'],
    ['2026-06-01T00:00:00Z,taoshuwan-crack,1e12,displacement,mm', '3 range'],
    ['2026-06-01T00:00:00Z,taoshuwan-crack,1,displacement,kg', '5 unit'],
    ['2026-06-01T00:00:00Z,taoshuwan-crack,1,rain,mm', '4 quantity'],
    ['2026-06-01T00:00:00Z,nobody,1,displacement,mm', '2 sensor'],
    ['2126-06-01T00:00:00Z,taoshuwan-crack,1,displacement,mm', '1 future'],
    ['1926-06-01T00:00:00Z,taoshuwan-crack,1,displacement,mm', '1 ancient'],
    ['2026-02-30T00:00:00Z,taoshuwan-crack,1,displacement,mm', '1 time'],
    ['yesterday,taoshuwan-crack,1,displacement,mm', '1 time'],
    ['2026-06-01 25:00,taoshuwan-crack,1,displacement,mm', '1 time'],
    ['2026-06-01T00:00:00Z,"taoshuwan-crack,1,displacement,mm', '1 quotes'],
    ['2026-06-01T00:00:00Z', '2 sensor'],
    ['2026-06-01T00:00:00Z,taoshuwan-crack,1,displacement,mm,5', '6 cells'],
  ];
  it('refuses what is no reading, names line, column and reason, and stores what stands behind it', async () => {
    const last = '2026-06-01T01:00:00Z,taoshuwan-crack,1.25,displacement,mm';
    writeFileSync(at('in.csv'), [HEADING, ...WRONG.map(([line]) => line), last].join('\n'));
    const done = await take('in.csv');
    expect(done).toMatchObject({ ok: true, value: { lines: WRONG.length + 1, stored: 1, known: 0 } });
    const refused = readFileSync(refusedFileOf(at('in.csv')), 'utf8')
      .split('\r\n')
      .slice(2, -1);
    expect(refused.map((line) => splitLine(line)?.slice(0, 2).join(' '))).toEqual(
      WRONG.map(([, place], at) => `${at + 2}:${place}`),
    );
    const counted = done.ok ? [...done.value.refused.values()].reduce((a, b) => a + b, 0) : 0;
    expect(counted).toBe(WRONG.length);
    expect(await all('taoshuwan-crack', 'replay')).toMatchObject([{ value: 125, quality: 'good' }]);
    expect(await all('taoshuwan-crack')).toEqual([]);
  });

  it('reads wall clocks of the county, other units, headings of its own, and two equal readings as two', async () => {
    writeFileSync(
      at('in.csv'),
      '\uFEFF站点,采集时间,读数,备注\r\ntaoshuwan-crack,2026-6-1 8:00,1.5,a\r\ntaoshuwan-crack,2026-06-01 08:00:00,1.5,b\r\ntaoshuwan-crack,2026/06/01 08:01:30.250,-2,c',
    );
    const mapping = ['sensor=站点,time=采集时间', 'value=读数'];
    expect(await take('in.csv', 'drill', mapping)).toMatchObject({ ok: true, value: { stored: 3, refusedFile: null } });
    const points = await all('taoshuwan-crack', 'drill');
    expect(points.map(({ atMs, value }) => [atMs - T0, value])).toEqual([
      [0, 150],
      [0, 150],
      [90_250, -200],
    ]);
    expect(await take('in.csv', 'drill')).toMatchObject({ ok: false, error: expect.stringContaining('names no time') });
    expect(await take('in.csv', 'drill', ['value=höhe'])).toMatchObject({ ok: false });
    expect(await take('absent.csv')).toMatchObject({ ok: false });
    writeFileSync(at('empty.csv'), '');
    expect(await take('empty.csv')).toMatchObject({ ok: false });
  });

  it('goes on after a crash where it was, and takes a file that is one endless line for what it is', async () => {
    const rows = Array.from({ length: 45_000 }, (_, index) => {
      const time = new Date(T0 + index * 1_000).toISOString();
      return `${time},taoshuwan-crack,${index % 100}`;
    });
    writeFileSync(at('in.csv'), ['time,sensor,value', ...rows].join('\n'));
    let portions = 0;
    const dying = importFile(
      {
        ...{ file: at('in.csv'), mapping: [], origin: 'replay', query },
        rules: { registry: places.registry, stampOf: openStamps(ZONE), earliestMs: ANCIENT_MS, latestMs: NOW },
        open: (id) => {
          const store = openBulkStore(places.dataDir, ZONE, id, NOW);
          const add: typeof store.add = (...portion) => {
            if (++portions === 2) throw new Error('the power fails');
            store.add(...portion);
          };
          return { ...store, add };
        },
      },
      () => {},
    );
    await expect(dying).rejects.toThrow('power');
    expect((await all('taoshuwan-crack', 'replay')).length).toBe(20_000);
    expect(await take('in.csv')).toMatchObject({ ok: true, value: { stored: 25_000, known: 20_000 } });
    expect((await all('taoshuwan-crack', 'replay')).length).toBe(45_000);
    writeFileSync(at('endless.csv'), `time,sensor,value\n${'9'.repeat(5_000_000)}`);
    const done = await take('endless.csv');
    expect(done.ok ? [...done.value.refused] : done.error).toEqual([['time', 1]]);
  });
});

describe('the command line', () => {
  const running: { stop: (signal: NodeJS.Signals) => Promise<number> }[] = [];
  afterAll(async () => {
    for (const one of running) await one.stop('SIGKILL');
  });
  const run = async (...args: readonly string[]) => {
    const one = runFengsui(args, { FENGSUI_DATA: at('data'), FENGSUI_COUNTY: join(top, 'county') });
    running.push(one);
    return { code: await one.exited, output: one.output() };
  };
  it('imports, exports and says what is wrong', async () => {
    writeFileSync(at('in.csv'), 'time,sensor,value\n2026-06-01T00:00:00Z,taoshuwan-crack,1.5\nbad,taoshuwan-crack,1\n');
    expect(await run('history', 'import', at('in.csv'), '--origin', 'live')).toMatchObject({
      ...{ code: 1, output: expect.stringContaining('--yes') },
    });
    const imported = await run('history', 'import', at('in.csv'));
    expect(imported).toMatchObject({
      code: 1,
      output: expect.stringContaining('1 readings stored, 0 known already, 1 refused'),
    });
    const exported = await run('history', 'export', '--origin', 'replay', '--out', at('out.csv'));
    expect(exported).toMatchObject({ code: 0, output: expect.stringContaining('1 rows of 1 series') });
    expect(lines('out.csv')[1]).toContain(',1.50,good,');
  });
});
