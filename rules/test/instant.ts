/** Instants of a rule test: a local time of its zone as an instant, and a time since its start as people write it. */
import { type EpochMs, formatInZone, MINUTE_MS } from '#model/time.ts';

function offsetMs(atMs: EpochMs, zone: string): number {
  const match = /([+-])(\d\d):(\d\d)$/.exec(formatInZone(atMs, zone));
  if (match === null) return 0;
  const minutes = Number(match[2]) * 60 + Number(match[3]);
  return (match[1] === '-' ? -minutes : minutes) * MINUTE_MS;
}

/** The instant at which clocks of the zone show `2026-06-01T08:00` or, at midnight, `2026-06-01`. */
export function instantOf(local: string, zone: string): EpochMs {
  const wall = Date.parse(`${local.length === 10 ? `${local}T00:00` : local.replace(' ', 'T')}:00Z`);
  const first = wall - offsetMs(wall, zone);
  return wall - offsetMs(first, zone);
}

/** `0`, `45m`, `3h`, `1d2h30m`, as a test writes it. */
export function sayTime(ms: number): string {
  const units: readonly (readonly [string, number])[] = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1_000],
    ['ms', 1],
  ];
  let left = ms;
  let text = '';
  for (const [unit, size] of units) {
    const count = Math.floor(left / size);
    if (count > 0) text += `${count}${unit}`;
    left -= count * size;
  }
  return text === '' ? '0' : text;
}
