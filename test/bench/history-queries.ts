/**
 * The same four questions to both stores, through the port that the console asks: all readings of one series, one series
 * by ten minutes, the newest of every series, and the rain of every gauge added up by the hour. At 5,000 series with ten
 * hours of minutes, and at 100,000 with half an hour: three million readings each. Both must answer alike.
 */
import { openHistoryQuery } from '#ingest/io/history-query.ts';
import { openInfluxQuery } from '#ingest/io/influx-query/query.ts';
import type { Bucket, HistoryQuery } from '#model/history.ts';
import { HOUR_MS, MINUTE_MS } from '#model/time.ts';
import { fillEmbedded } from '#test/bench/history-embedded.ts';
import { DATABASE, fillJournal, registryPort, writeAll } from '#test/bench/history-influx.ts';
import { LOAD_START_MS, quantityOf, sensorName } from '#test/bench/history-load.ts';
import { withRig } from '#test/bench/rig.ts';
import type { BenchRow } from '#test/bench/row.ts';
import { startInflux } from '#test/support/influxd.ts';

const SIZES = { '5k': { sensors: 5_000, minutes: 600 }, '100k': { sensors: 100_000, minutes: 30 } } as const;
type Size = keyof typeof SIZES;
const STORES = ['embedded', 'influx'] as const;
type Store = (typeof STORES)[number];
const QUESTIONS = ['range', 'downsample', 'latest', 'sum'] as const;
type Question = (typeof QUESTIONS)[number];
const ZONE = 'Asia/Shanghai';
const ONE_SERIES_TIMES = 25;
const ALL_TIMES = 3;
const FROM_MS = Math.floor(LOAD_START_MS / HOUR_MS) * HOUR_MS;

type Asked = { readonly times: number; readonly ask: (query: HistoryQuery, turn: number) => Promise<number> };

/** Each answers with a number that both stores must agree on. */
function questionsOf({ sensors, minutes }: (typeof SIZES)[Size]): { readonly [question in Question]: Asked } {
  const span = { fromMs: FROM_MS, toMs: FROM_MS + (minutes + 60) * MINUTE_MS, origin: 'live' } as const;
  const all = Array.from({ length: sensors }, (_, index) => sensorName(index));
  const rain = all.filter((_, index) => quantityOf(index) === 'rain');
  const one = (turn: number) => sensorName((turn * 197) % sensors);
  const sumOf = (buckets: readonly Bucket[]) => buckets.reduce((sum, bucket) => sum + bucket.sum, 0);
  return {
    range: {
      times: ONE_SERIES_TIMES,
      ask: async (query, turn) => (await query.range({ ...span, sensorId: one(turn), limit: 100_000 })).length,
    },
    downsample: {
      times: ONE_SERIES_TIMES,
      ask: async (query, turn) => {
        const found = await query.buckets({ ...span, sensorIds: [one(turn)], resolution: '10m' });
        return sumOf(found.get(one(turn)) ?? []);
      },
    },
    latest: { times: ALL_TIMES, ask: async (query) => (await query.latest(all, 'live')).size },
    sum: {
      times: ALL_TIMES,
      ask: async (query) => {
        const found = await query.buckets({ ...span, sensorIds: rain, resolution: '1h' });
        return [...found.values()].reduce((sum, buckets) => sum + sumOf(buckets), 0);
      },
    },
  };
}

type Figures = ReadonlyMap<string, number>;
const keyOf = (store: Store, question: Question): string => `${store}.${question}`;

async function measure(size: Size): Promise<Figures> {
  return withRig(async ({ dir, endings }) => {
    const { sensors, minutes } = SIZES[size];
    const [embeddedDir, journalDir] = [`${dir}/embedded`, `${dir}/journal`];
    fillEmbedded(embeddedDir, sensors, minutes);
    const readings = fillJournal(journalDir, sensors, minutes);
    const database = await startInflux();
    endings.push(database.stop);
    const tookMs = await writeAll(journalDir, database, sensors, readings);
    console.error(`  ${sensors} series into InfluxDB: ${Math.round(readings / (tookMs / 1_000))} readings/s`);
    const embedded = openHistoryQuery(embeddedDir, { zone: ZONE, limitMs: 120_000 });
    endings.push(embedded.close);
    const target = { version: 1, url: database.url, database: DATABASE } as const;
    const influx = openInfluxQuery(target, () => undefined, registryPort(sensors).current);
    endings.push(influx.close);
    const figures = new Map<string, number>();
    for (const [question, { times, ask }] of Object.entries(questionsOf(SIZES[size])) as [Question, Asked][]) {
      const answers: { readonly [store in Store]: number[] } = { embedded: [], influx: [] };
      for (const [store, query] of [
        ['embedded', embedded],
        ['influx', influx],
      ] as const) {
        const spent: number[] = [];
        for (let turn = 0; turn < times; turn++) {
          const began = performance.now();
          answers[store].push(await ask(query, turn));
          spent.push(performance.now() - began);
        }
        spent.sort((a, b) => a - b);
        figures.set(keyOf(store, question), spent[spent.length >> 1] ?? 0);
      }
      if (String(answers.embedded) !== String(answers.influx))
        throw new Error(`${question}: the stores differ: ${answers.embedded} and ${answers.influx}`);
    }
    return figures;
  });
}

const measured = new Map<Size, Promise<Figures>>();
async function figureOf(size: Size, store: Store, question: Question): Promise<number> {
  let figures = measured.get(size);
  if (figures === undefined) {
    figures = measure(size);
    measured.set(size, figures);
  }
  return (await figures).get(keyOf(store, question)) ?? Number.NaN;
}

export const rows: readonly BenchRow[] = (Object.keys(SIZES) as Size[]).flatMap((size) =>
  QUESTIONS.flatMap((question) =>
    STORES.map(
      (store): BenchRow => ({
        ...{ name: `history.${store}.${size}.${question}_ms`, unit: 'ms', budget: null, better: 'lower' },
        run: () => figureOf(size, store, question),
      }),
    ),
  ),
);
