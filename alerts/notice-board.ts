/** What stands on the retained alert topic of each place: its open alerts, the one that matters most on top. */
import type { Alert } from '#model/alert.ts';
import { type Level, rankOf } from '#model/level.ts';
import { type Registry, topicPlace } from '#model/registry.ts';
import type { Text } from '#model/text.ts';
import type { EpochMs } from '#model/time.ts';
import { gridTopic } from '#model/topics.ts';
import { headline } from './wording.ts';

export type BoardEntry = {
  readonly id: string;
  readonly level: Level;
  readonly lifecycle: Alert['lifecycle'];
  readonly condition: Alert['condition'];
  readonly hazard: Alert['hazard'];
  /** A siren or a flow that reads this must look at it: only `live` is meant. */
  readonly origin: Alert['origin'];
  readonly text: Text;
  readonly raisedAt: EpochMs;
};

/** The subject's topic; a gateway stands where a point would. */
export function boardTopic(alert: Alert, registry: Registry): string {
  const place = topicPlace(registry, alert.gridCode);
  return gridTopic(place.county, place.township, place.village, alert.subject.id, 'alert');
}

function entryOf(alert: Alert, registry: Registry): BoardEntry {
  const worst = [...alert.conditions].sort((x, y) => rankOf(y.level) - rankOf(x.level) || y.sinceMs - x.sinceMs)[0];
  const reason = worst?.reason ?? { zh: '', en: '' };
  const { id, level, lifecycle, condition, hazard, origin, raisedAtMs } = alert;
  const text = headline(alert, 'raised', reason, registry);
  return { id, level, lifecycle, condition, hazard, origin, text, raisedAt: raisedAtMs };
}

/** Live before everything else, worse before milder, newer before older. */
const weightier = (x: BoardEntry, y: BoardEntry): number =>
  Number(y.origin === 'live') - Number(x.origin === 'live') ||
  rankOf(y.level) - rankOf(x.level) ||
  y.raisedAt - x.raisedAt ||
  (x.id < y.id ? -1 : 1);

export type Pinned = { readonly topic: string; readonly entry: BoardEntry };

export const pin = (alert: Alert, registry: Registry): Pinned => ({
  topic: boardTopic(alert, registry),
  entry: entryOf(alert, registry),
});

/** Topic → body. The first alert's fields stand on the body itself, all of them under `alerts`. */
export function boardOf(pinned: readonly Pinned[]): ReadonlyMap<string, string> {
  const board = new Map<string, string>();
  for (const [topic, pins] of Map.groupBy(pinned, (one) => one.topic)) {
    const entries = pins.map((one) => one.entry).sort(weightier);
    board.set(topic, JSON.stringify({ ...entries[0], alerts: entries }));
  }
  return board;
}
