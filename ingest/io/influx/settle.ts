/** Readings that waited for their boot's clock: written when it is known, or marked as unsure when it stays away. */
import { measurementOf } from '#model/influx.ts';
import { QUANTITIES } from '#model/quantity.ts';
import { flagBits } from '#model/reading.ts';
import type { AsideLine } from '../../influx/encoder.ts';
import { fieldsText, isWritable, nsText, type Places, prefixOf } from '../../influx/lines.ts';
import type { InfluxClient } from './client.ts';
import type { Delivery } from './delivery.ts';
import type { InfluxState, StoredWaiting } from './state.ts';

/** Without a clock for so long, readings are written by when they came in. */
export const WAIT_FOR_CLOCK_MS = 10 * 60_000;
const PER_STEP = 5_000;
const DELETES_PER_CALL = 100;
const UNSURE = flagBits(['clock-unsure']);

/** `forgotten` were written by receive time and stay there, whatever their clock will say. */
export type Settled = { readonly aside: readonly AsideLine[]; readonly isMore: boolean; readonly forgotten: number };

/** One step; undefined when it could not be done now. */
export async function settleWaiting(parts: {
  readonly state: InfluxState;
  readonly places: Places;
  readonly client: InfluxClient;
  readonly delivery: Delivery;
  /** The chain's time, as the journal's rows tell it. */
  readonly nowMs: number;
  /** So many readings that were written by receive time can still be moved. */
  readonly keptWaiting: number;
}): Promise<Settled | undefined> {
  const { state, places, client, delivery, nowMs, keptWaiting } = parts;
  const due = state.waitingDue(nowMs - WAIT_FOR_CLOCK_MS, PER_STEP);
  if (due.length === 0) return { aside: [], isMore: false, forgotten: 0 };
  const known = due.map((reading) => ({ reading, utc: state.clockOf(reading.boot) }));
  const misplaced = known.filter(({ reading, utc }) => reading.isWritten && utc !== undefined);
  const removal = await remove(
    client,
    misplaced.map(({ reading }) => reading),
    places,
  );
  if (removal === 'away') return undefined;
  const aside: AsideLine[] = [];
  let body = '';
  for (const { reading, utc } of known) {
    if (removal === 'refused' && reading.isWritten) {
      aside.push({ reason: 'not-redated', line: JSON.stringify(reading), message: 'stays marked where it came in' });
      continue;
    }
    const line = lineOfWaiting(reading, utc, places);
    if (line === undefined)
      aside.push({ reason: 'unwritable', line: JSON.stringify(reading), message: 'no place or no such instant' });
    else body += `${line}\n`;
  }
  const refused = await delivery.deliver(body);
  if (refused === undefined) return undefined;
  state.settle({
    dated: known.flatMap(({ reading, utc }) => (utc === undefined ? [] : [reading.id])),
    written: known.flatMap(({ reading, utc }) => (utc === undefined ? [reading.id] : [])),
  });
  const forgotten = state.forgetWritten(keptWaiting);
  return { aside: [...aside, ...refused], isMore: due.length === PER_STEP, forgotten };
}

function lineOfWaiting(reading: StoredWaiting, utc: number | undefined, places: Places): string | undefined {
  const place = places.get(reading.sensorId);
  const atMs = utc === undefined ? reading.atMs : reading.atMs + reading.monoShiftMs + utc;
  if (place === undefined || !isWritable(atMs, reading)) return undefined;
  const fields = utc === undefined ? { ...reading, bits: reading.bits | UNSURE } : reading;
  const text = fieldsText(QUANTITIES[place.quantity].decimals, fields);
  return `${prefixOf(reading.origin, place)}${text} ${nsText(atMs, reading.offset)}`;
}

/**
 * Takes points out again that were written by their receive time. Only 1.x does so by InfluxQL; of the others, and where
 * the token does not allow it, they stay where they are, marked as unsure, and are not written a second time.
 */
async function remove(
  client: InfluxClient,
  readings: readonly StoredWaiting[],
  places: Places,
): Promise<'done' | 'refused' | 'away'> {
  for (let at = 0; at < readings.length; at += DELETES_PER_CALL) {
    const statements = readings.slice(at, at + DELETES_PER_CALL).flatMap((reading) => {
      const place = places.get(reading.sensorId);
      if (place === undefined) return [];
      const measurement = measurementOf(reading.origin, place.quantity);
      const instant = nsText(reading.atMs, reading.offset);
      return [`DELETE FROM "${measurement}" WHERE "sensor" = '${reading.sensorId}' AND time = ${instant}`];
    });
    if (statements.length === 0) continue;
    const answer = await client.query(statements.join(';'), 'POST');
    if (!answer.ok) return answer.error.kind === 'away' ? 'away' : 'refused';
  }
  return 'done';
}
