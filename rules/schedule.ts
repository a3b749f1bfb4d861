/** Limits by season and time of day: which of a rule's variants holds at an instant, in the county's local time. */
import { rankOf } from '#model/level.ts';
import type { LevelLimit, Schedule, When, ZoneOffsets } from '#model/rule-set.ts';
import type { EpochMs } from '#model/time.ts';
import type { Desk } from './desk.ts';
import { arm } from './latch.ts';
import { type EngineState, LEVEL_COUNT } from './state.ts';

const MINUTE_MS = 60_000;

/** Offset from UTC at an instant; 0 when the zone is not known. */
export function offsetAt(zone: ZoneOffsets | null, atMs: EpochMs): number {
  if (zone === null) return 0;
  let low = 0;
  let high = zone.fromMs.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((zone.fromMs[middle] as number) <= atMs) low = middle;
    else high = middle - 1;
  }
  return zone.offsetsMs[low] ?? 0;
}

/** Both ends included for dates, the end excluded for minutes; from > to runs over the turn of the year or day. */
const within = (value: number, from: number, to: number): boolean =>
  from <= to ? value >= from && value <= to : value >= from || value <= to;

export function holdsAt(when: When, localMs: number): boolean {
  const local = new Date(localMs);
  const date = (local.getUTCMonth() + 1) * 100 + local.getUTCDate();
  const minute = local.getUTCHours() * 60 + local.getUTCMinutes();
  if (when.fromDate !== undefined && when.toDate !== undefined && !within(date, when.fromDate, when.toDate))
    return false;
  if (when.fromMinute === undefined || when.toMinute === undefined) return true;
  return within(minute, when.fromMinute, (when.toMinute + 1_439) % 1_440);
}

export const maskAt = ({ whens }: Pick<Schedule, 'whens'>, localMs: number): number =>
  whens.reduce((mask, when, bit) => (holdsAt(when, localMs) ? mask | (1 << bit) : mask), 0);

/** Chooses the limits of the hour, at most once a minute of the rows' time; a level that has none any more falls. */
export function turnSchedules(state: EngineState, desk: Desk): void {
  if (state.open.scheduled.length === 0) return;
  const minute = Math.floor(desk.receivedAtMs / MINUTE_MS) * MINUTE_MS;
  if (minute <= state.limitsAtMs) return;
  state.limitsAtMs = minute;
  const localMs = minute + offsetAt(state.zone, minute);
  const turned = new Set<number>();
  for (const index of state.open.scheduled) {
    const def = state.defs[index];
    if (def?.schedule === undefined) continue;
    const limits = def.schedule.limits[maskAt(def.schedule, localMs)];
    if (limits === undefined || limits === def.limits) continue;
    if (JSON.stringify(limits) === JSON.stringify(def.limits)) continue;
    def.limits = limits;
    turned.add(index);
  }
  if (turned.size === 0) return;
  for (let binding = 0; binding < state.defOf.length; binding++) {
    const index = state.defOf[binding] as number;
    if (!turned.has(index)) continue;
    forgetPending(state, binding, state.defs[index]?.limits ?? []);
    arm(state, binding);
  }
}

/** Nobody looks at a level that has no limit now: its delay does not run on until it has one again. */
function forgetPending(state: EngineState, binding: number, limits: readonly LevelLimit[]): void {
  const at = binding * LEVEL_COUNT;
  for (let rank = 1; rank <= LEVEL_COUNT; rank++)
    if (!limits.some(({ level }) => rankOf(level) === rank)) state.since[at + rank - 1] = 0;
}
