/** What the slaves served against what the edges kept: counters must agree in total, polls but for those in flight. */
import { join } from 'node:path';
import { readProfiles } from '#cli/io/county-source.ts';
import type { DeviceProfile } from '#model/device-profile.ts';
import type { HistoryReader } from '#model/history.ts';
import { toSteps } from '#model/quantity.ts';
import { servedLogName } from '#simulators/config.ts';
import { readServedLines, type ServedLine, summarizeServed } from '#simulators/io/served-log.ts';
import type { Committed } from '#test/chaos/audit.ts';
import { crackId, crackUnit, POINTS_PER_EDGE, POLL_MS, RAIN_UNIT, RUN_EDGES, rainId } from '#test/chaos/county.ts';

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

/** A frame that came in pieces is asked for once more within its cycle: answers that close are one poll. */
const SAME_POLL_MS = POLL_MS / 2;

function countPolls(lines: readonly ServedLine[]): number {
  let polls = 0;
  let lastMs = Number.NEGATIVE_INFINITY;
  for (const { atMs } of lines) {
    if (atMs - lastMs > SAME_POLL_MS) polls++;
    lastMs = atMs;
  }
  return polls;
}

/** Polls that a slave answered and no batch holds, a unit at a time; the worst unit of each bus counts. */
export function countInFlight(
  dataDir: string,
  committed: readonly Committed[],
  kills: { readonly [process: string]: number },
): { inFlight: number; allowed: number; findings: string[] } {
  const rain = register(profile('sl651-rain-gauge'), 'accumulated');
  const crack = register(profile('crack-meter-rs485'), 'displacement');
  const findings: string[] = [];
  let inFlight = 0;
  let allowed = 0;
  for (const edge of RUN_EDGES) {
    const lines = servedOf(dataDir, edge.busId);
    const units = [
      { unitId: RAIN_UNIT, sensorId: rainId(edge), spec: rain },
      ...Array.from({ length: POINTS_PER_EDGE }, (_, index) => ({
        unitId: crackUnit(index),
        sensorId: crackId(edge, index),
        spec: crack,
      })),
    ];
    const missing = units.map(({ unitId, sensorId, spec }) => {
      const answered = countPolls(
        lines.filter(
          (line) =>
            line.unitId === unitId &&
            line.functionCode === spec.functionCode &&
            line.address <= spec.address &&
            spec.address < line.address + line.values.length,
        ),
      );
      // An answer that came too late was answered all the same: the edge kept a reading without a value.
      const kept = committed.flatMap(({ batch }) =>
        batch.readings.filter(
          (reading) =>
            reading.sensorId === sensorId &&
            (reading.quality !== 'bad' || reading.reason === 'timeout' || reading.reason === 'frame'),
        ),
      ).length;
      return answered - kept;
    });
    const worst = Math.max(...missing);
    // One poll cycle a kill, and the one that was under way when the books were closed.
    const may = (kills[edge.id] ?? 0) + 1;
    if (worst > may) findings.push(`${edge.busId}: ${worst} polls were answered and not kept, ${may} may be`);
    const values = committed.flatMap(({ batch }) => batch.readings.filter((reading) => reading.quality !== 'bad'));
    for (const { unitId, sensorId } of units) {
      const answers = lines.filter((line) => line.unitId === unitId).length;
      if (values.filter((reading) => reading.sensorId === sensorId).length > answers)
        findings.push(`${sensorId}: more values than answers`);
    }
    inFlight += Math.max(0, worst);
    allowed += may;
  }
  return { inFlight, allowed, findings };
}
