/** What the slaves served against what the edges kept: counters must agree in total, polls but for those in flight. */
import { join } from 'node:path';
import { readProfiles } from '#cli/io/county-source.ts';
import type { DeviceProfile } from '#model/device-profile.ts';
import type { HistoryReader } from '#model/history.ts';
import { toSteps } from '#model/quantity.ts';
import type { BadReason } from '#model/reading.ts';
import { servedLogName } from '#simulators/config.ts';
import { readServedLines, summarizeServed } from '#simulators/io/served-log.ts';
import type { Committed } from '#test/chaos/audit.ts';
import { crackId, crackUnit, POINTS_PER_EDGE, RAIN_UNIT, RUN_EDGES, rainId } from '#test/chaos/county.ts';
import { countFlight, type Death, type Flight, type Row } from '#test/chaos/flight.ts';

const devicesDir = join(import.meta.dirname, '..', '..', 'devices');

function profile(id: string): DeviceProfile {
  const profiles = readProfiles(devicesDir);
  const found = profiles.ok ? profiles.value.get(id) : undefined;
  if (found === undefined) throw new Error(`no profile ${id}`);
  return found;
}

function register(of: DeviceProfile, key: string) {
  const found = of.registers.find((spec) => spec.key === key);
  if (found === undefined) throw new Error(`no register ${key}`);
  return found;
}

const servedOf = (dataDir: string, busId: string) => readServedLines(join(dataDir, 'simulators', servedLogName(busId)));

/**
 * The sum of a gauge's increments in history against its counter's way from the first to the last value kept. The
 * counter never turns back in a run, so the newest raw value in history says how far the edge had read.
 */
export function counterDifferences(dataDir: string, committed: readonly Committed[], history: HistoryReader): string[] {
  const spec = register(profile('sl651-rain-gauge'), 'accumulated');
  const findings: string[] = [];
  for (const edge of RUN_EDGES) {
    const sensorId = rainId(edge);
    const served = summarizeServed(servedOf(dataDir, edge.busId), { unitId: RAIN_UNIT, ...spec });
    const kept = committed.flatMap(({ batch }) =>
      batch.readings.filter((reading) => reading.sensorId === sensorId && reading.raw !== undefined),
    );
    const untilMs = Math.max(...kept.map((reading) => reading.measuredAtMs));
    const points = history
      .range(sensorId, 0, untilMs + 1, Number.MAX_SAFE_INTEGER)
      .filter((point) => point.value !== undefined);
    const last = points.reduce((most, point) => Math.max(most, point.raw ?? 0), 0);
    const first = served.values[0]?.raw ?? 0;
    const wanted = toSteps('rain', (last - first) * spec.scale);
    const got = points.reduce((sum, point) => sum + (point.value ?? 0), 0);
    if (points.length === 0 || last <= first) findings.push(`${sensorId}: the counter was not seen to move`);
    if (got !== wanted) findings.push(`${sensorId}: increments sum to ${got}, the counter moved by ${wanted}`);
    const servedAt = served.values.filter((value) => value.raw === last).length;
    if (servedAt === 0) findings.push(`${sensorId}: history has counter ${last}, which no slave served`);
  }
  return findings;
}

/** What the rows of one edge say of each sensor's polls, in the order in which they were committed. */
function rowsOf(edgeId: string, committed: readonly Committed[]): ReadonlyMap<string, readonly Row[]> {
  const rows = new Map<string, Row[]>();
  let linkWasClosed = false;
  for (const { batch } of committed.filter((one) => one.edgeId === edgeId)) {
    for (const reading of batch.readings) {
      const reason = reading.quality === 'bad' ? reading.reason : undefined;
      const own = rows.get(reading.sensorId) ?? [];
      own.push({ atMs: reading.measuredAtMs, says: saysOf(reason, linkWasClosed) });
      rows.set(reading.sensorId, own);
      linkWasClosed = reason === 'link';
    }
  }
  return rows;
}

function saysOf(reason: BadReason | undefined, linkWasClosed: boolean): Row['says'] {
  if (reason === undefined || reason === 'sentinel' || reason === 'decode') return 'answered';
  // Only the request that was out when a link closed can be answered.
  if (reason === 'skipped' || (reason === 'link' && linkWasClosed)) return 'unasked';
  return 'failed';
}

/** Polls that a slave answered and no batch holds, of all buses; `deathsOf` an edge are all ends of its process. */
export function countInFlight(
  dataDir: string,
  committed: readonly Committed[],
  deathsOf: (edgeId: string) => readonly Death[],
): Flight {
  const flights = RUN_EDGES.map((edge) => {
    const rows = rowsOf(edge.id, committed);
    const sensors = [
      { unitId: RAIN_UNIT, sensorId: rainId(edge) },
      ...Array.from({ length: POINTS_PER_EDGE }, (_, index) => ({
        unitId: crackUnit(index),
        sensorId: crackId(edge, index),
      })),
    ];
    // Every unit of this county is read by one request a cycle, and nobody else asks.
    return countFlight({
      busId: edge.busId,
      answers: servedOf(dataDir, edge.busId),
      units: sensors.map((unit) => ({ ...unit, rows: rows.get(unit.sensorId) ?? [] })),
      deaths: deathsOf(edge.id),
    });
  });
  return {
    inFlight: flights.reduce((sum, flight) => sum + flight.inFlight, 0),
    allowed: flights.reduce((sum, flight) => sum + flight.allowed, 0),
    findings: flights.flatMap((flight) => flight.findings),
  };
}
