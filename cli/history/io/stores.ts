/** Opens the stores that history is in: the embedded one of a data folder, and the InfluxDB that the county names. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type CountyAt, readCountyAt } from '#cli/io/county-at.ts';
import { influxTargetOf, openToken } from '#cli/io/influx-target.ts';
import type { Settings } from '#cli/settings.ts';
import { openHistoryQuery } from '#ingest/io/history-query.ts';
import { historyPath } from '#ingest/io/history-schema.ts';
import { openInfluxQuery } from '#ingest/io/influx-query/query.ts';
import { journalPath } from '#ingest/io/journal-schema.ts';
import type { HistoryQuery, InfluxTarget } from '#model/history.ts';
import type { Registry } from '#model/registry.ts';
import { err, ok, type Result } from '#model/result.ts';

export const STORES = ['embedded', 'influx'] as const;
export type StoreName = (typeof STORES)[number];

export type Places = {
  readonly dataDir: string;
  readonly countyDir: string;
  readonly county: CountyAt;
  readonly registry: Registry;
};

/** An import may be the first thing that a data folder sees. */
export function openPlaces(
  settings: Settings,
  { mayBeEmpty = false }: { readonly mayBeEmpty?: boolean } = {},
): Result<Places, string> {
  const { dataDir, countyDir } = settings;
  if (!mayBeEmpty && !existsSync(historyPath(dataDir)) && !existsSync(journalPath(dataDir)))
    return err(`${dataDir} holds no readings: name the centre's data folder with FENGSUI_DATA.`);
  const county = readCountyAt(countyDir, undefined);
  return county.ok
    ? ok({ dataDir, countyDir, county: county.value, registry: county.value.registry })
    : err(county.error);
}

export function targetOf({ registry, countyDir }: Places): Result<InfluxTarget, string> {
  const target = influxTargetOf(registry, countyDir);
  return target === undefined
    ? err(`${join(countyDir, 'county.yaml')} names no InfluxDB: write history: { kind: influxdb, … } there first.`)
    : ok(target);
}

/** Tallies of a large store take their time; nobody waits at a screen. */
const LIMIT_MS = 600_000;

export function openEmbedded({ dataDir, registry }: Places): HistoryQuery {
  return openHistoryQuery(dataDir, {
    zone: registry.county.zone,
    originOf: (sensorId) => registry.edges.get(registry.sensors.get(sensorId)?.edgeId ?? '')?.origin,
    limitMs: LIMIT_MS,
  });
}

export function openInflux(places: Places): Result<HistoryQuery, string> {
  const target = targetOf(places);
  if (!target.ok) return target;
  return ok(openInfluxQuery(target.value, openToken(target.value), () => places.registry));
}

export const openStore = (places: Places, name: StoreName): Result<HistoryQuery, string> =>
  name === 'influx' ? openInflux(places) : ok(openEmbedded(places));
