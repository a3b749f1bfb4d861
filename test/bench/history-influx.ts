/**
 * The journal into Debian's real InfluxDB, by the product's own writer: a journal is filled beforehand, then the writer's
 * thread follows it until its cursor stands at the end. Verified: per measurement as many values and raw values as the
 * journal has readings, nothing set aside.
 */

import { InfluxDB, Point } from '@influxdata/influxdb-client';
import { readInfluxStanding } from '#ingest/io/influx/state-reader.ts';
import { startInfluxWriter } from '#ingest/io/influx/writer.ts';
import { journalPath } from '#ingest/io/journal-schema.ts';
import { openJournalStore } from '#ingest/io/journal-store.ts';
import { DEFAULT_STORE_OPTIONS, type JournalItem } from '#ingest/journal-item.ts';
import { decodeBatch } from '#model/batch.ts';
import { measurementOf } from '#model/influx.ts';
import { openClock } from '#model/io/clock.ts';
import { QUANTITIES } from '#model/quantity.ts';
import type { RegistryPort } from '#model/registry.ts';
import {
  edgeName,
  type LoadBatch,
  loadBatches,
  loadRegistry,
  quantityOf,
  SENSORS_PER_EDGE,
} from '#test/bench/history-load.ts';
import { withRig } from '#test/bench/rig.ts';
import type { BenchRow } from '#test/bench/row.ts';
import { type Database, startInflux } from '#test/support/influxd.ts';

const SENSORS = 5_000;
const MINUTES = 600;
const BATCHES_PER_COMMIT = 500;
const LIMIT_MS = 180_000;
/** Memory for processor time, as an administrator can set it. */
const GOGC = 400;
/** What InfluxData recommends. */
const PEER_BATCH = 5_000;
const PEER_MINUTES = 200;
const PEER_REQUESTS = 3;
export const DATABASE = 'fengsui';

const itemOf = (batch: LoadBatch): JournalItem => ({
  ...{ kind: 'batch', edgeId: edgeName(batch.edge), township: batch.township, epoch: 'bench', seq: batch.seq },
  ...{ digest: batch.seq, partition: batch.edge % 16, origin: 'live', receivedAtMs: batch.receivedAtMs },
  ...{ body: batch.body, parts: [] },
});

/** A journal as ingest leaves it; the newest position and how many readings stand in it. */
export function fillJournal(dataDir: string, sensors: number, minutes: number): number {
  const store = openJournalStore(journalPath(dataDir), DEFAULT_STORE_OPTIONS);
  let items: JournalItem[] = [];
  let readings = 0;
  const commit = () => {
    for (const result of store.commit(items))
      if (result.kind !== 'batch' || result.fate !== 'stored')
        throw new Error(`a batch was not stored: ${JSON.stringify(result)}`);
    items = [];
  };
  for (const batch of loadBatches(sensors, minutes)) {
    items.push(itemOf(batch));
    readings += batch.readings;
    if (items.length === BATCHES_PER_COMMIT) commit();
  }
  commit();
  store.close();
  return readings;
}

export const registryPort = (sensors: number): RegistryPort => {
  const registry = loadRegistry(sensors);
  return { current: () => registry, onChange: () => () => undefined };
};

const quiet = { info: () => {}, warn: console.error, error: console.error };

/** Writes all that stands in the journal; how long it took. */
export async function writeAll(
  dataDir: string,
  database: Database,
  sensors: number,
  readings: number,
): Promise<number> {
  let stored = 0;
  const metrics = {
    count: (name: string, _labels?: object, by = 1) => {
      if (name === 'fengsui_influx_lines_total') stored += by;
    },
    gauge: () => {},
  };
  const ctx = {
    clock: openClock({ kind: 'real' }),
    log: quiet,
    metrics,
    probe: () => {},
    signal: new AbortController().signal,
  };
  const target = { version: 1, url: database.url, database: DATABASE } as const;
  const began = performance.now();
  const writer = startInfluxWriter(dataDir, target, registryPort(sensors), ctx);
  try {
    while (stored < readings) {
      if (performance.now() - began > LIMIT_MS)
        throw new Error(`${stored} of ${readings} readings after ${LIMIT_MS} ms`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    return performance.now() - began;
  } finally {
    await writer.close();
  }
}

type CountAnswer = { results: { series?: { values: (string | number)[][] }[] }[] };

async function countIn(database: Database, field: string): Promise<number> {
  let sum = 0;
  for (const quantity of ['rain', 'level'] as const) {
    const q = `SELECT count("${field}") FROM "${measurementOf('live', quantity)}"`;
    const answer = await fetch(`${database.url}/query?db=${DATABASE}&q=${encodeURIComponent(q)}`);
    const { results } = (await answer.json()) as CountAnswer;
    sum += Number(results[0]?.series?.[0]?.values[0]?.[1] ?? 0);
  }
  return sum;
}

async function measureWriting(gogc?: number): Promise<number> {
  return withRig(async ({ dir, endings }) => {
    const readings = fillJournal(dir, SENSORS, MINUTES);
    const database = await startInflux(gogc === undefined ? {} : { gogc });
    endings.push(database.stop);
    const [began, beganMs] = [process.cpuUsage(), database.processorMs()];
    const tookMs = await writeAll(dir, database, SENSORS, readings);
    const { user, system } = process.cpuUsage(began);
    const [own, theirs] = [(user + system) / readings, ((database.processorMs() - beganMs) * 1_000) / readings];
    for (const field of ['value', 'raw']) {
      const there = await countIn(database, field);
      if (there !== readings) throw new Error(`${there} of ${readings} ${field} in InfluxDB`);
    }
    const aside = readInfluxStanding(dir)?.aside.size;
    if (aside !== 0) throw new Error(`${aside} kinds of lines were set aside`);
    console.error(
      `  ${readings.toLocaleString('en')} readings in ${Math.round(tookMs)} ms; processor time a reading: ${own.toFixed(1)} µs ours, ${theirs.toFixed(1)} µs the database's`,
    );
    return readings / (tookMs / 1_000);
  });
}

/** What the official client's own `WriteApi` brings into the same database, a point at a time in the order of arrival. */
async function measurePeer(): Promise<number> {
  return withRig(async ({ endings }) => {
    const database = await startInflux();
    endings.push(database.stop);
    const made = await fetch(`${database.url}/query?q=CREATE+DATABASE+${DATABASE}`, { method: 'POST' });
    if (!made.ok) throw new Error(`no database: ${made.status}`);
    const api = new InfluxDB({ url: database.url }).getWriteApi('', DATABASE, 'ms', {
      ...{
        batchSize: PEER_BATCH + SENSORS_PER_EDGE,
        flushInterval: 0,
        maxRetries: 0,
        gzipThreshold: Number.POSITIVE_INFINITY,
      },
    });
    api.path = `/write?db=${DATABASE}&precision=ms`;
    let sent = 0;
    let tookMs = 0;
    const onTheirWay: Promise<void>[] = [];
    for (const { edge, township, body } of loadBatches(SENSORS, PEER_MINUTES)) {
      const batch = decodeBatch(body);
      if (!batch.ok) throw new Error('a batch of the load cannot be read');
      const began = performance.now();
      for (const reading of batch.value.readings) {
        const { sensorId, measuredAtMs, raw } = reading;
        if (reading.quality === 'bad') continue;
        const quantity = quantityOf(Number(sensorId.slice(2)));
        api.writePoint(
          new Point(measurementOf('live', quantity))
            .tag('county', '451099')
            .tag('township', township)
            .tag('village', `${township}200`)
            .tag('edge', edgeName(edge))
            .tag('point', `p-${sensorId}`)
            .tag('sensor', sensorId)
            .floatField('value', reading.value / 10 ** QUANTITIES[quantity].decimals)
            .intField('raw', raw ?? 0)
            .timestamp(measuredAtMs),
        );
      }
      sent += batch.value.readings.length;
      if (sent % PEER_BATCH === 0) {
        // By itself it opens as many requests as there are batches; then most of them fail.
        if (onTheirWay.length === PEER_REQUESTS) await onTheirWay.shift();
        onTheirWay.push(api.flush());
      }
      tookMs += performance.now() - began;
    }
    const began = performance.now();
    await Promise.all(onTheirWay);
    await api.close();
    tookMs += performance.now() - began;
    const there = await countIn(database, 'raw');
    if (there !== sent) throw new Error(`${there} of ${sent} readings in InfluxDB`);
    return sent / (tookMs / 1_000);
  });
}

export const rows: readonly BenchRow[] = [
  {
    ...{ name: 'history.influx.readings_per_s', unit: 'readings/s', budget: 200_000, better: 'higher' },
    run: () => measureWriting(),
  },
  {
    ...{ name: 'history.influx.gogc400.readings_per_s', unit: 'readings/s', budget: null, better: 'higher' },
    run: () => measureWriting(GOGC),
  },
  {
    ...{ name: 'history.influx.peer.readings_per_s', unit: 'readings/s', budget: null, better: 'higher' },
    run: measurePeer,
  },
];
