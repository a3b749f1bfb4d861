/** Where the county's calendar days begin and end in UTC, and days made from shorter buckets where no server can cut them. */
import type { Bucket } from '#model/history.ts';
import { DAY_MS, type EpochMs, HOUR_MS, MINUTE_MS } from '#model/time.ts';

const formats = new Map<string, Intl.DateTimeFormat>();

/** What the zone's clocks are ahead of UTC at an instant. */
export function offsetOf(zone: string, atMs: EpochMs): number {
  let format = formats.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' });
    formats.set(zone, format);
  }
  const name = format.formatToParts(new Date(atMs)).find((part) => part.type === 'timeZoneName')?.value ?? '';
  const match = /GMT([+-])(\d{2}):(\d{2})/.exec(name);
  if (match === null) return 0;
  const ahead = Number(match[2]) * HOUR_MS + Number(match[3]) * MINUTE_MS;
  return match[1] === '-' ? -ahead : ahead;
}

/** When a day begins whose number, counted in the zone's own days since 1970, is given. */
function beginOf(zone: string, day: number): EpochMs {
  const naive = day * DAY_MS;
  // Twice: the first guess may lie on the other side of a change of the clocks.
  const first = naive - offsetOf(zone, naive);
  return naive - offsetOf(zone, first);
}

/** The beginnings of the days that begin in from ≤ t < to, and the end of the last of them. */
export function dayEdges(zone: string, fromMs: EpochMs, toMs: EpochMs): readonly EpochMs[] {
  const edges: EpochMs[] = [];
  const first = Math.floor((fromMs + offsetOf(zone, fromMs)) / DAY_MS);
  for (let day = first; ; day++) {
    const begin = beginOf(zone, day);
    if (begin < fromMs) continue;
    edges.push(begin);
    if (begin >= toMs) return edges.length === 1 ? [] : edges;
  }
}

/** The zone's distance from UTC when it is the same at every one of these edges; undefined when the clocks change. */
export function steadyOffset(zone: string, edges: readonly EpochMs[]): number | undefined {
  const [first = 0] = edges;
  const offset = offsetOf(zone, first);
  return edges.every((edge) => offsetOf(zone, edge) === offset) ? offset : undefined;
}

const least = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined ? b : b === undefined ? a : Math.min(a, b);
const most = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined ? b : b === undefined ? a : Math.max(a, b);

/** `part` is later than all in `whole`. */
const joined = (whole: Bucket, part: Bucket): Bucket => ({
  ...whole,
  n: whole.n + part.n,
  min: least(whole.min, part.min),
  max: most(whole.max, part.max),
  sum: whole.sum + part.sum,
  last: part.last ?? whole.last,
  suspect: whole.suspect + part.suspect,
  bad: whole.bad + part.bad,
});

/** Days between the edges from shorter buckets, which ascend and never lie across an edge. */
export function foldDays(parts: readonly Bucket[], edges: readonly EpochMs[]): readonly Bucket[] {
  const days: Bucket[] = [];
  let edge = 0;
  for (const part of parts) {
    while (part.fromMs >= (edges[edge + 1] ?? Number.POSITIVE_INFINITY)) edge++;
    const [fromMs, toMs] = [edges[edge], edges[edge + 1]];
    if (fromMs === undefined || toMs === undefined || part.fromMs < fromMs) continue;
    const open = days.at(-1);
    if (open?.fromMs === fromMs) days[days.length - 1] = joined(open, part);
    else days.push({ ...part, fromMs, toMs });
  }
  return days;
}
