/** What stands in InfluxDB beside readings: alerts of points and areas, some closed again, and what the processes say of themselves. */
import { alertLine } from '#ingest/influx/beside/alert-lines.ts';
import { placeLines } from '#ingest/influx/beside/place-lines.ts';
import { type Sample, systemLines } from '#ingest/influx/beside/system-lines.ts';
import type { Alert, AlertEvent } from '#model/alert.ts';
import { type Level, rankOf } from '#model/level.ts';
import type { Origin } from '#model/reading.ts';
import { type Registry, topicPlace } from '#model/registry.ts';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '#model/time.ts';

export type AlertRow = {
  readonly atMs: number;
  readonly key: string;
  readonly point: string;
  readonly hazard: string;
  readonly township: string;
  readonly origin: Origin;
  readonly level: number;
  readonly isOpen: boolean;
  readonly zh: string;
  readonly en: string;
};

type Told = readonly [
  hoursBeforeEnd: number,
  subject: string,
  hazard: Alert['hazard'],
  level: Level,
  kind: AlertEvent['kind'],
  origin?: Origin,
];

/** `grid:` is an area, `a@b` a point a where b lies; everything in order of time. */
const STORY: readonly Told[] = [
  [400, 'longtan', 'flood', 'yellow', 'raised'],
  [30, 'xiangshui', 'landslide', 'blue', 'raised'],
  [23, 'taoshuwan', 'rainstorm', 'blue', 'raised'],
  [21, 'taoshuwan', 'landslide', 'blue', 'raised'],
  [20, 'taoshuwan', 'rainstorm', 'orange', 'levelChanged'],
  // Two villages of a township and two townships: the graver was first, so that none may be taken for the other.
  [19, 'grid:451099101201', 'rainstorm', 'orange', 'raised'],
  [18.5, 'grid:451099101202', 'rainstorm', 'yellow', 'raised'],
  [17, 'grid:451099101', 'flood', 'red', 'raised'],
  [16.9, 'grid:451099102', 'flood', 'yellow', 'raised'],
  [16, 'taoshuwan', 'landslide', 'yellow', 'levelChanged'],
  // A second point of a village that has one already.
  [15, 'longtan-2@longtan', 'flood', 'yellow', 'raised'],
  [14, 'cangku-3', 'fire', 'red', 'raised'],
  [13, 'taoshuwan', 'landslide', 'red', 'levelChanged'],
  [12.5, 'taoshuwan', 'landslide', 'red', 'raised', 'drill'],
  [12, 'taoshuwan', 'landslide', 'red', 'acknowledged'],
  [10, 'cangku-3', 'fire', 'red', 'falseAlarm'],
  [8, 'taoshuwan', 'rainstorm', 'orange', 'closed'],
  [6, 'longtan', 'flood', 'orange', 'levelChanged'],
  [4, 'xiangshui', 'landslide', 'blue', 'closed'],
  [2, 'cangku-3', 'intrusion', 'yellow', 'raised'],
];

export function alertStory(
  registry: Registry,
  endMs: number,
): { readonly rows: readonly AlertRow[]; readonly lines: readonly string[] } {
  const lines: string[] = [];
  const rows = STORY.map(([hours, subject, hazard, level, kind, origin = 'simulated'], index): AlertRow => {
    const atMs = endMs - hours * HOUR_MS;
    const area = subject.startsWith('grid:') ? subject.slice(5) : undefined;
    const [id = subject, beside = id] = subject.split('@');
    const gridCode = area ?? registry.points.get(beside)?.gridCode ?? '';
    const text = { zh: `第 ${index} 条`, en: `entry ${index}` };
    const facts = kind === 'raised' ? { level } : {};
    const event = {
      seq: index + 1,
      alertId: `a-${subject}-${hazard}`,
      atMs,
      by: 'rules',
      kind,
      text,
      facts,
    } as unknown as AlertEvent;
    const about: Alert['subject'] = area === undefined ? { kind: 'point', id } : { kind: 'area', id: area };
    lines.push(alertLine(event, { subject: about, hazard, origin, gridCode, closedAtMs: null }, level, registry));
    const { township, village } = topicPlace(registry, gridCode);
    const point = area === undefined ? id : '-';
    const isFixed = !['raised', 'levelChanged'].includes(kind);
    const [zh, en] = isFixed ? ['已确认', 'acknowledged'] : [text.zh, text.en];
    const isOpen = kind !== 'closed' && kind !== 'falseAlarm';
    return {
      atMs,
      key: [point, hazard, township, village].join(),
      ...{ point, hazard, township, origin, level: rankOf(level), isOpen, zh, en },
    };
  });
  return { rows, lines };
}

export type SystemRow = {
  readonly atMs: number;
  readonly metric: string;
  readonly process: string;
  readonly label: string;
  readonly value: number;
};

export const SYSTEM_HOURS = 3;

/** Every half minute; a quarter of an hour was not told, and a counter began anew after it. */
export function systemStory(
  metrics: readonly string[],
  endMs: number,
): { readonly rows: readonly SystemRow[]; readonly lines: readonly string[] } {
  const rows: SystemRow[] = [];
  const lines: string[] = [];
  for (let atMs = endMs - SYSTEM_HOURS * HOUR_MS; atMs <= endMs; atMs += 30 * SECOND_MS) {
    const ageMs = endMs - atMs;
    if (ageMs > 60 * MINUTE_MS && ageMs < 75 * MINUTE_MS) continue;
    const samples: Sample[] = [];
    for (const [index, metric] of metrics.entries())
      for (const [process, edge] of [
        ['centre', 'edge-park'],
        ['centre', 'edge-qingxi'],
        ['edge', ''],
      ] as const) {
        const label = edge === '' ? '' : `edge=${edge}`;
        const since = ageMs < 70 * MINUTE_MS ? 70 * MINUTE_MS - ageMs : SYSTEM_HOURS * HOUR_MS - ageMs;
        const value = metric.endsWith('_total')
          ? Math.floor(since / SECOND_MS) * (index + 1 + edge.length)
          : ((atMs / 30_000) % 7) + index + edge.length;
        const labels = [['process', process], ...(edge === '' ? [] : [['edge', edge]])] as [string, string][];
        samples.push({ metric, labels, value });
        rows.push({ atMs, metric, process, label, value });
      }
    lines.push(...systemLines(samples, atMs, 10_000));
  }
  return { rows, lines };
}

export const placesStory = (registry: Registry, endMs: number): readonly string[] =>
  placeLines(registry, endMs - 20 * 24 * HOUR_MS);
