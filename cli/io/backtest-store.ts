/** Reads a centre's own history for a backtest: the readings of one origin, with what the county says of their sensors. */
import { existsSync } from 'node:fs';
import { problem } from '#cli/io/backtest-problem.ts';
import { storedSeries } from '#cli/store-series.ts';
import { readHistoryColumns, type StoredColumns } from '#ingest/io/history-columns.ts';
import { historyPath } from '#ingest/io/history-schema.ts';
import { openJournalReader } from '#ingest/io/journal-reader.ts';
import { journalPath } from '#ingest/io/journal-schema.ts';
import type { Origin, SensorId } from '#model/reading.ts';
import type { Registry } from '#model/registry.ts';
import { err, type Lint, ok, type Result } from '#model/result.ts';
import type { EpochMs } from '#model/time.ts';
import type { RecordedSensor, Recording, RecordingSeries } from '#rules/backtest/recording.ts';
import type { Inventory } from '#simulators/recorded/inventory.ts';

const MAX_NAMED = 20;

export type StoreWish = {
  readonly dataDir: string;
  readonly registry: Registry;
  /** Of sensors that the county does not have (any more). */
  readonly inventory?: Inventory;
  readonly zone: string;
  readonly origin: Origin;
  readonly fromMs?: EpochMs;
  readonly toMs?: EpochMs;
};

/** Whether a folder is one that a centre keeps its data in. */
export const isStore = (path: string): boolean => existsSync(historyPath(path)) || existsSync(journalPath(path));

export function readStore(
  wish: StoreWish,
  onProgress: (done: number, of: number) => void,
): Result<Recording, readonly Lint[]> {
  const { dataDir, registry, origin, zone } = wish;
  const journal = openJournalReader(dataDir);
  let stored: StoredColumns;
  try {
    const isUnknownOurs = (sensorId: SensorId) => originOfSensor(registry, sensorId) === origin;
    stored = readHistoryColumns(dataDir, journal, { ...wish, isUnknownOurs }, onProgress);
  } catch (cause) {
    const message = `history cannot be read (${cause instanceof Error ? cause.message : String(cause)})`;
    return err([problem(dataDir, message, 'look whether the disk or the file is damaged: fengsui check')]);
  } finally {
    journal.close();
  }
  if (stored.series.length === 0) return err([nothingOf(wish, stored.origins)]);
  const series: RecordingSeries[] = [];
  const strangers: string[] = [];
  for (const { sensorId, count, columns } of stored.series) {
    const sensor = sensorOf(wish, sensorId);
    if (sensor === undefined) strangers.push(sensorId);
    else series.push(storedSeries(sensor, count, columns));
  }
  const notes = strangers.length === 0 ? [] : [strangersNote(dataDir, strangers)];
  return series.length === 0 ? err(notes) : ok({ origin, zone, series, notes });
}

const originOfSensor = ({ sensors, edges }: Registry, sensorId: SensorId): Origin | undefined =>
  edges.get(sensors.get(sensorId)?.edgeId ?? '')?.origin;

/** The county's word; of sensors that it does not have, the inventory's. */
function sensorOf({ registry, inventory }: StoreWish, sensorId: SensorId): RecordedSensor | undefined {
  const known = registry.sensors.get(sensorId);
  if (known !== undefined) {
    const { quantity, pointId, staleAfterMs, zone } = known;
    return { sensorId, quantity, pointId, staleAfterMs, ...(zone === undefined ? {} : { zone }) };
  }
  const { quantity, unit, zero, ...entry } = inventory?.get(sensorId) ?? {};
  return quantity === undefined ? undefined : { ...entry, sensorId, quantity };
}

function nothingOf({ dataDir, origin, fromMs, toMs }: StoreWish, origins: StoredColumns['origins']): Lint {
  const there = [...origins].filter(([other]) => other !== origin).map(([other, count]) => `${other} (${count})`);
  const cut = fromMs !== undefined || toMs !== undefined;
  if (origins.size === 0)
    return problem(dataDir, 'there is no reading in this data folder', 'name another with --data');
  if (origins.has(origin))
    return problem(dataDir, `there is no reading of origin ${origin} in that time`, 'look at --from and --to');
  const message = `there is no reading of origin ${origin}${cut ? ' in that time' : ''}; there are: ${there.join(', ')}`;
  return problem(dataDir, message, 'choose one with --origin');
}

function strangersNote(dataDir: string, ids: readonly string[]): Lint {
  const more = ids.length > MAX_NAMED ? ` and ${ids.length - MAX_NAMED} more` : '';
  const named = `${ids.slice(0, MAX_NAMED).join(', ')}${more}`;
  const mend = 'name the county that they belong to with --county, or their quantities with --inventory';
  return {
    ...problem(dataDir, `left out, because the county does not know these sensors: ${named}`, mend),
    severity: 'warning',
  };
}
