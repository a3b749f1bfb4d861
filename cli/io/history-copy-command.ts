/** `fengsui history copy` and `verify`: from the embedded history into InfluxDB, and whether both say the same. */
import type { Command } from 'commander';
import { type Difference, differenceTable, removalOf } from '#cli/history/compare.ts';
import type { CopyDone } from '#cli/history/io/copy.ts';
import type { Moment } from '#cli/history/io/moment.ts';
import type { Places } from '#cli/history/io/stores.ts';
import { type Bar, openBar } from '#cli/io/backtest-progress.ts';
import { fail, type Stretch, stretchOf } from '#cli/io/history-options.ts';
import type { Settings } from '#cli/settings.ts';
import { DEFAULT_RETENTION, type HistoryQuery, type InfluxTarget } from '#model/history.ts';
import { DAY_MS, MINUTE_MS } from '#model/time.ts';

type CopyOptions = {
  readonly from: string;
  readonly to: string;
  readonly fromTime?: string;
  readonly toTime?: string;
};

const WAIT_FOR_WRITER_MS = 30_000;
/** What is newer than this is on its way through the writer. */
const ON_ITS_WAY_MS = 2 * MINUTE_MS;
/** A reading that came late between two looks is no difference: the same days are looked at again. */
const LOOKS = 3;
const PAUSE_MS = 2_000;

type Ready = {
  readonly places: Places;
  readonly target: InfluxTarget;
  readonly query: HistoryQuery;
  readonly stretch: Stretch;
  readonly signal: AbortSignal;
  readonly bar: Bar;
};

/** Runs `work` with both stores open; Ctrl-C ends it at a place from which it can go on. */
async function withStores(
  settings: Settings,
  options: Pick<CopyOptions, 'fromTime' | 'toTime'>,
  work: (ready: Ready) => Promise<number>,
): Promise<number> {
  const { openPlaces, openInflux, targetOf } = await import('#cli/history/io/stores.ts');
  const places = openPlaces(settings);
  if (!places.ok) return fail(places.error);
  const target = targetOf(places.value);
  if (!target.ok) return fail(target.error);
  const stretch = stretchOf(options.fromTime, options.toTime, places.value.registry.county.zone);
  if (typeof stretch === 'string') return fail(stretch);
  const query = openInflux(places.value);
  if (!query.ok) return fail(query.error);
  const stopping = new AbortController();
  const stop = () => stopping.abort();
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  const bar = openBar();
  try {
    const { signal } = stopping;
    return await work({ places: places.value, target: target.value, query: query.value, stretch, signal, bar });
  } catch (cause) {
    bar.end();
    return fail(`It ended: ${cause instanceof Error ? cause.message : String(cause)}. Run it again, it goes on.`);
  } finally {
    await query.value.close();
    process.removeListener('SIGINT', stop);
    process.removeListener('SIGTERM', stop);
  }
}

/** Not what the writer has under way, nor what the embedded history has begun to remove as too old. */
async function upTo({ stretch, places }: Ready, moment: Moment): Promise<Stretch> {
  const { runningClock } = await import('#cli/io/chain-clock.ts');
  const { openClock } = await import('#model/io/clock.ts');
  const nowMs = openClock(runningClock(places.dataDir)).nowMs();
  const { rawMs } = places.registry.history?.retention ?? DEFAULT_RETENTION;
  const keptFromMs = rawMs === 0 ? 0 : Math.ceil((nowMs - rawMs) / DAY_MS + 1) * DAY_MS;
  return {
    fromMs: Math.max(stretch.fromMs, keptFromMs),
    toMs: moment.hasWriter ? Math.min(stretch.toMs, nowMs - ON_ITS_WAY_MS) : stretch.toMs,
  };
}

/** The same days again, as far as they differ, for what came late meanwhile. */
async function lookAgain(ready: Ready, found: readonly Difference[]): Promise<readonly Difference[]> {
  const { clamp, compareDays } = await import('#cli/history/io/copy.ts');
  const { openMoment } = await import('#cli/history/io/moment.ts');
  const { readInfluxStanding } = await import('#ingest/io/influx/state-reader.ts');
  // Without a writer nothing comes late.
  if (readInfluxStanding(ready.places.dataDir) === undefined) return found;
  let left = found;
  for (let look = 1; look < LOOKS && left.length > 0 && !ready.signal.aborted; look++) {
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    const moment = await openMoment(ready.places, WAIT_FOR_WRITER_MS);
    if (!moment.ok) return left;
    const { fromMs, toMs } = await upTo(ready, moment.value);
    const days = [...new Set(left.map(({ dayMs }) => dayMs))];
    const source = clamp(moment.value.source, fromMs, toMs);
    const query = clamp(ready.query, fromMs, toMs);
    left = await compareDays({ source, query, days, signal: ready.signal }, () => {});
    moment.value.close();
  }
  return left;
}

function tellDifferences({ places }: Ready, found: readonly Difference[]): void {
  console.error(`The stores differ in ${found.length} series and days:`);
  for (const line of differenceTable(found)) console.error(line);
  if (found.some(({ here, there }) => there < here)) console.error('What is missing: run fengsui history copy.');
  const surplus = found.find(({ here, there }) => there >= here);
  const quantity = surplus === undefined ? undefined : places.registry.sensors.get(surplus.sensorId)?.quantity;
  if (surplus !== undefined && quantity !== undefined)
    console.error(
      `What is too many or other is left as it is: nothing is ever removed here. To write such a day anew, remove it in InfluxDB and copy again, e.g.\n  ${removalOf(surplus, quantity)}`,
    );
}

async function copyCommand(settings: Settings, options: CopyOptions): Promise<number> {
  if (options.from !== 'embedded' || options.to !== 'influx')
    return fail(
      'Copied is from the embedded history into InfluxDB (--from embedded --to influx); for files see fengsui history export --store influx.',
    );
  const { copyHistory } = await import('#cli/history/io/copy.ts');
  const { openMoment } = await import('#cli/history/io/moment.ts');
  const { openSink } = await import('#cli/history/io/influx-sink.ts');
  const { influxAddress } = await import('#cli/io/influx-target.ts');
  const { placesOf } = await import('#ingest/influx/lines.ts');
  return withStores(settings, options, async (ready) => {
    const { places, target, query, signal, bar } = ready;
    const moment = await openMoment(places, WAIT_FOR_WRITER_MS);
    if (!moment.ok) return fail(moment.error);
    const sink = openSink(target, signal, (text) => console.error(`  ${text}`));
    try {
      await sink.make();
      const done = await copyHistory(
        {
          ...{ dataDir: places.dataDir, target: influxAddress(target), signal, source: moment.value.source },
          sink: { query, write: sink.write },
          ...{ places: placesOf(places.registry), days: moment.value.days, ...(await upTo(ready, moment.value)) },
          wholeUpToMs: moment.value.wholeUpToMs,
        },
        (what, part, of, dayMs) => bar.step(what, part, of, new Date(dayMs).toISOString().slice(0, 10)),
      );
      bar.end();
      return tellCopied(ready, done, sink.refused(), await lookAgain(ready, done.differences));
    } finally {
      moment.value.close();
      sink.close();
    }
  });
}

function tellCopied(
  ready: Ready,
  done: CopyDone,
  refused: ReadonlyMap<string, number>,
  left: readonly Difference[],
): number {
  if (!done.isWhole) return fail('Ended before it was done. Run it again: it goes on where it was.');
  console.log(`${done.days} days compared, ${done.written} readings written.`);
  for (const [reason, n] of refused) console.error(`  InfluxDB refused ${n}: ${reason}`);
  if (done.unplaced > 0)
    console.error(`  ${done.unplaced} readings of sensors that the county does not have any more were not written.`);
  if (left.length > 0) tellDifferences(ready, left);
  else if (done.unplaced === 0)
    console.log('Both stores hold the same, by count and checksum of every series and day.');
  return left.length === 0 && done.unplaced === 0 && refused.size === 0 ? 0 : 1;
}

async function verifyCommand(settings: Settings, options: CopyOptions): Promise<number> {
  const { clamp, compareDays, daysWithin } = await import('#cli/history/io/copy.ts');
  const { openMoment } = await import('#cli/history/io/moment.ts');
  return withStores(settings, options, async (ready) => {
    const { places, query, signal, bar } = ready;
    const moment = await openMoment(places, WAIT_FOR_WRITER_MS);
    if (!moment.ok) return fail(moment.error);
    const { fromMs, toMs } = await upTo(ready, moment.value);
    const days = daysWithin(moment.value.days, fromMs, toMs);
    const stores = { source: clamp(moment.value.source, fromMs, toMs), query: clamp(query, fromMs, toMs) };
    const found = await compareDays({ ...stores, days, signal }, (done, of, dayMs) =>
      bar.step('verify', done, of, new Date(dayMs).toISOString().slice(0, 10)),
    );
    bar.end();
    moment.value.close();
    const left = await lookAgain(ready, found);
    if (signal.aborted) return fail('Ended before it was done.');
    if (left.length > 0) tellDifferences(ready, left);
    else console.log(`Both stores hold the same in ${days.length} days, by count and checksum of every series.`);
    return left.length === 0 ? 0 : 1;
  });
}

export function addCopy(history: Command, settings: () => Settings): void {
  history
    .command('copy')
    .option('--from <store>', 'embedded', 'embedded')
    .option('--to <store>', 'influx', 'influx')
    .option('--from-time <time>', "begin here; the county's wall clock where no offset is named")
    .option('--to-time <time>', 'end before this')
    .description(
      'write into InfluxDB what only the embedded history has; can be ended and goes on, also beside the centre',
    )
    .action(async (options: CopyOptions) => {
      process.exitCode = await copyCommand(settings(), options);
    });
  history
    .command('verify')
    .option('--from-time <time>', "begin here; the county's wall clock where no offset is named")
    .option('--to-time <time>', 'end before this')
    .description('compare the embedded history with InfluxDB by count and checksum of every series and day')
    .action(async (options: CopyOptions) => {
      process.exitCode = await verifyCommand(settings(), options);
    });
}
