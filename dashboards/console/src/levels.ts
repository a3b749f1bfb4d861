/** Colours of the levels, and which level a grid or a point shows. */
import { LEVELS, type Level, type LevelOrNone, rankOf, worse } from '#model/level.ts';
import type { AlertJson, GridJson } from './api.ts';
import { isOpen } from './store.ts';

export const LEVEL_COLOUR: { readonly [L in LevelOrNone]: string } = {
  none: '#8494a3',
  blue: '#1e6fd9',
  yellow: '#e8b800',
  orange: '#ef7b10',
  red: '#d3222a',
};
export const WORST_FIRST = [...LEVELS].reverse().filter((level): level is Level => level !== 'none');

/** Open alerts, the gravest first, then those nobody has confirmed, then the newest. */
export function openAlerts(alerts: Iterable<AlertJson>): readonly AlertJson[] {
  const waiting = (alert: AlertJson): number => (alert.lifecycle === 'raised' ? 0 : 1);
  return [...alerts]
    .filter(isOpen)
    .sort(
      (a, b) =>
        rankOf(b.level) - rankOf(a.level) ||
        waiting(a) - waiting(b) ||
        b.raisedAtMs - a.raisedAtMs ||
        (a.id < b.id ? -1 : 1),
    );
}

export type Worst = { readonly level: LevelOrNone; readonly count: number };
const NOTHING: Worst = { level: 'none', count: 0 };
export const worstOf = (found: Worst | undefined): Worst => found ?? NOTHING;

function tally(keys: Iterable<readonly [string, AlertJson]>): ReadonlyMap<string, Worst> {
  const out = new Map<string, Worst>();
  for (const [key, alert] of keys) {
    const known = worstOf(out.get(key));
    out.set(key, { level: worse(known.level, alert.level), count: known.count + 1 });
  }
  return out;
}

/** Per grid with its subtree: what the table and the labels say. */
export function worstByGrid(
  alerts: readonly AlertJson[],
  grids: ReadonlyMap<string, GridJson>,
): ReadonlyMap<string, Worst> {
  function* keys() {
    for (const alert of alerts)
      for (let code: string | null = alert.gridCode; code !== null; code = grids.get(code)?.parent ?? null)
        yield [code, alert] as const;
  }
  return tally(keys());
}

/** Per grid that is filled on the map: the deepest one with a boundary that holds the alert. */
export function worstByFill(
  alerts: readonly AlertJson[],
  grids: ReadonlyMap<string, GridJson>,
): ReadonlyMap<string, Worst> {
  function* keys() {
    for (const alert of alerts) {
      let code: string | null = alert.gridCode;
      while (code !== null && (grids.get(code)?.boundary.length ?? 0) === 0) code = grids.get(code)?.parent ?? null;
      if (code !== null) yield [code, alert] as const;
    }
  }
  return tally(keys());
}

export const worstByPoint = (alerts: readonly AlertJson[]): ReadonlyMap<string, Worst> =>
  tally(alerts.filter((alert) => alert.subject.kind === 'point').map((alert) => [alert.subject.id, alert] as const));
