/** Alerts, our own metrics and the points' places in a real InfluxDB: each entry once, nobody's name or number, and hostile names whole. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { samplesOf, systemLines } from '#ingest/influx/beside/system-lines.ts';
import { escapeTag } from '#ingest/influx/lines.ts';
import { openInfluxClient } from '#ingest/io/influx/client.ts';
import { type BesidePorts, type BesideTimes, startBeside } from '#ingest/io/influx-beside/beside.ts';
import type { Alert, AlertEvent } from '#model/alert.ts';
import type { InfluxTarget } from '#model/history.ts';
import { openClock } from '#model/io/clock.ts';
import type { StageContext } from '#model/ports.ts';
import type { Registry } from '#model/registry.ts';
import { type Database, startInflux } from '#test/support/influxd.ts';
import { readLines } from '#test/support/line-protocol.ts';
import { needs } from '#test/support/needs.ts';
import { until } from '#test/support/until.ts';

const AT_MS = Date.UTC(2022, 5, 3, 4);
const TIMES: BesideTimes = {
  ...{ alertsMs: 20, systemMs: 20, placesMs: 60_000, lookMs: 60_000, leastPauseMs: 20, mostPauseMs: 100 },
};
const HOSTILE = 'a b,c=d\\e"f\'滑坡';

const grids = new Map(
  [
    { code: '451099', tier: 1, parent: null },
    { code: '451099001', tier: 2, parent: '451099' },
  ].map((grid) => [grid.code, { ...grid, name: { zh: '', en: '' }, kind: 'county', boundary: [] }] as const),
);
const points = new Map(
  ['p1', HOSTILE].map((id, index) => [
    id,
    {
      id,
      gridCode: '451099001',
      lon: 106.5 + index,
      lat: 24.25,
      households: [{ headName: '王五', phone: '13800138000' }],
    },
  ]),
);
const registry = { grids, points } as unknown as Registry;

const alertOf = (id: string, point: string): Alert =>
  ({
    id,
    subject: { kind: 'point', id: point },
    hazard: 'landslide',
    origin: 'live',
    gridCode: '451099001',
    level: 'red',
  }) as Alert;
const event = (seq: number, alertId: string, kind: AlertEvent['kind'], text: string, facts = {}): AlertEvent => ({
  ...{ seq, alertId, atMs: AT_MS, by: 'u-zhangsan', kind, facts, hash: '' },
  text: { zh: text, en: `en ${text}` },
});

function fakeAlerts(events: AlertEvent[]): NonNullable<BesidePorts['alerts']> {
  return {
    get: (id) => alertOf(id, id === 'a2' ? HOSTILE : 'p1'),
    events: (id) => events.filter(({ alertId }) => alertId === id),
    eventsAfter: (seq, limit) => events.filter((each) => each.seq > seq).slice(0, limit),
    head: () => events.at(-1)?.seq ?? 0,
    onWake: () => () => {},
  };
}

const context = (): StageContext => ({
  clock: openClock({ kind: 'real' }),
  log: { info: () => {}, warn: () => {}, error: () => {} },
  metrics: { count: () => {}, gauge: () => {} },
  probe: () => {},
  signal: new AbortController().signal,
});

it('takes the samples of /metrics apart: labels in one tag, numbers only, no steps of histograms', () => {
  const text = [
    '# HELP up is it',
    'up 1',
    'rows_total{origin="live",process="ingest"} 12.5 1700000000000',
    'lag{process="rules"} NaN',
    'took_bucket{le="0.1",process="rules"} 3',
    'odd{name="a \\"b\\",\\nc"} 1e21',
  ].join('\n');
  const lines = systemLines(samplesOf(text), AT_MS, 100);
  const entries = readLines(Buffer.from(lines.join('\n')), { unitNs: 1n, defaultNs: 0n });
  expect(entries.map((entry) => entry.ok && [entry.point.tags, entry.point.fields[0]?.[1].value])).toEqual([
    [
      [
        ['metric', 'up'],
        ['process', '-'],
      ],
      1,
    ],
    [
      [
        ['label', 'origin=live'],
        ['metric', 'rows_total'],
        ['process', 'ingest'],
      ],
      12.5,
    ],
    [
      [
        ['label', 'name=a "b", c'],
        ['metric', 'odd'],
        ['process', '-'],
      ],
      1e21,
    ],
  ]);
});

describe.skipIf(!needs('influxd'))('beside the readings', () => {
  let database: Database;
  let target: InfluxTarget;
  let folder: string;
  const ask = async (q: string): Promise<readonly (readonly unknown[])[]> => {
    const found = await openInfluxClient(target, undefined).query(q);
    if (!found.ok) throw new Error(found.error.message);
    return found.value.flatMap((series) => series.flatMap(({ values = [] }) => values));
  };
  /** The whole answer: its head comes before the work is done. */
  const order = async (q: string): Promise<void> => {
    const answer = await fetch(`${database.url}/query?${new URLSearchParams({ q })}`, { method: 'POST' });
    await answer.text();
  };

  beforeAll(async () => {
    database = await startInflux();
    target = { version: 1, url: database.url, database: 'fengsui' };
    await order('CREATE DATABASE fengsui');
    folder = mkdtempSync(join(tmpdir(), 'fengsui-beside-'));
  });
  afterAll(async () => {
    await database?.stop();
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  });

  it('writes each told entry of the ledger once, by its level then, and no name, no number, no note', async () => {
    const events = [
      event(1, 'a1', 'raised', '一号坡黄色预警', { level: 'yellow' }),
      event(2, 'a1', 'targeted', '通知2人：张三、李四'),
      event(3, 'a1', 'levelChanged', '黄色 → 红色', { to: 'red' }),
      event(4, 'a1', 'acknowledged', '张三 13800138000 已看到'),
      event(5, 'a2', 'raised', '坡"后\\缘"\n电话 138-0013-8000', { level: 'blue' }),
      event(6, 'a1', 'closed', '李四：已撤离'),
    ];
    const ports = { registry: { current: () => registry, onChange: () => () => {} }, token: () => undefined };
    const first = startBeside(target, { ...ports, alerts: fakeAlerts(events) }, folder, context(), TIMES);
    await until('five entries', 5_000, async () => (await ask('SELECT level FROM alert_event')).length === 5);
    await first.stop();

    // Started again with more: nothing is written twice, and what came while it was down is there.
    const more = [...events, event(7, 'a1', 'raised', '二次预警 2022-06-03 12:00', { level: 'orange' })];
    const second = startBeside(
      target,
      { ...ports, alerts: fakeAlerts(more), metricsText: async () => 'up{process="ingest"} 1\n' },
      folder,
      context(),
      TIMES,
    );
    await until('a sixth', 5_000, async () => (await ask('SELECT level FROM alert_event')).length === 6);
    const rows = await ask('SELECT level, open, kind, textZh, alert, point FROM alert_event');
    expect(rows.map((row) => row.slice(1))).toEqual([
      [2, 1, 'raised', '一号坡黄色预警', 'a1', 'p1'],
      [4, 1, 'levelChanged', '黄色 → 红色', 'a1', 'p1'],
      [4, 1, 'acknowledged', '已确认', 'a1', 'p1'],
      [1, 1, 'raised', '（含号码，不予显示）', 'a2', HOSTILE],
      [4, 0, 'closed', '已关闭', 'a1', 'p1'],
      [3, 1, 'raised', '二次预警 2022-06-03 12:00', 'a1', 'p1'],
    ]);
    await until('metrics', 5_000, async () => (await ask("SELECT value FROM system WHERE metric = 'up'")).length > 0);
    const places = await ask('SELECT last(lon), lat, township FROM place GROUP BY point');
    expect(places.map(([, lon, lat, township]) => [lon, lat, township]).sort()).toEqual([
      [106.5, 24.25, '451099001'],
      [107.5, 24.25, '451099001'],
    ]);
    const everything = JSON.stringify(await ask('SELECT * FROM /.*/'));
    for (const secret of ['张三', '李四', '王五', '13800138000', 'zhangsan']) expect(everything).not.toContain(secret);

    // Somebody drops the database and makes it anew: a new start writes the whole life of alerts again.
    await second.stop();
    await order('DROP DATABASE fengsui');
    const third = startBeside(target, { ...ports, alerts: fakeAlerts(more) }, folder, context(), TIMES);
    await order('CREATE DATABASE fengsui');
    await until('all again', 5_000, async () => (await ask('SELECT level FROM alert_event')).length === 6);
    await third.stop();
  });

  it('writes alerts and places again that somebody drops while it runs, and places that have moved', async () => {
    const events = [event(1, 'a1', 'raised', '一号坡黄色预警', { level: 'yellow' })];
    let county = registry;
    const ports = { registry: { current: () => county, onChange: () => () => {} }, token: () => undefined };
    const all = { ...ports, alerts: fakeAlerts(events) };
    const other = mkdtempSync(join(folder, 'drop-'));
    const running = startBeside(target, all, other, context(), { ...TIMES, lookMs: 50 });
    const points = async () => (await ask('SELECT last(lon) FROM place GROUP BY point')).length;
    await until('places', 5_000, async () => (await points()) === 2);
    await order('DROP DATABASE fengsui');
    await order('CREATE DATABASE fengsui');
    await until('places again', 5_000, async () => (await points()) === 2);
    await until('alerts again', 5_000, async () => (await ask('SELECT level FROM alert_event')).length === 1);
    const [first] = registry.points.values();
    if (first === undefined) throw new Error('no point');
    county = { ...registry, version: 'moved', points: new Map([...registry.points, ['p9', { ...first, id: 'p9' }]]) };
    await until('the new place', 5_000, async () => (await points()) === 3);
    await running.stop();
  });

  it('takes names with commas, spaces, equal signs, quotes, backslashes and Chinese, and gives them back as they are', async () => {
    const names = [
      HOSTILE,
      '逗号，空格 等号=',
      'quote \' and "',
      'back\\slash',
      'x\\,y',
      '\u{1F30A} 水位',
      '#hash',
      'tab\there',
    ];
    const lines = names.map((name, index) => `hostile,name=${escapeTag(name)} value=${index} ${AT_MS}000000`);
    const entries = readLines(Buffer.from(lines.join('\n')), { unitNs: 1n, defaultNs: 0n });
    expect(entries.map((entry) => entry.ok && entry.point.tags[0]?.[1])).toEqual(names);
    expect(await openInfluxClient(target, undefined).write(lines.join('\n'))).toEqual({ kind: 'written' });
    const rows = await ask('SELECT value, "name" FROM hostile');
    expect(rows.map(([, value, name]) => [value, name]).toSorted()).toEqual(names.map((name, index) => [index, name]));
    // These cannot stand in a tag: they are replaced, and never break the line.
    expect(['', 'end\\'].map(escapeTag)).toEqual(['-', 'end\\\\ ']);
  });
});
