/** Reads when a variant of limits holds, and makes the table of limits by which variants hold together. */
import type { LevelLimit, Schedule, When } from '#model/rule-set.ts';
import { DAY_MS, MINUTE_MS } from '#model/time.ts';
import type { Layer } from './bind.ts';
import { maskAt } from './schedule.ts';
import type { RuleEntry, ScheduledEntry } from './schema.ts';
import type { Path, Report } from './source.ts';

const MOST_VARIANTS = 8;
const DAYS_OF_MONTH = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function dateOf(raw: string | undefined): number | undefined {
  const match = /^(\d\d)-(\d\d)$/.exec(raw ?? '');
  const month = Number(match?.[1]);
  const day = Number(match?.[2]);
  return match !== null && day >= 1 && day <= (DAYS_OF_MONTH[month - 1] ?? 0) ? month * 100 + day : undefined;
}

function minuteOf(raw: string | undefined): number | undefined {
  const match = /^(\d\d):(\d\d)$/.exec(raw ?? '');
  const minute = Number(match?.[1]) * 60 + Number(match?.[2]);
  return match !== null && Number(match[2]) < 60 && minute <= 1_440 ? minute : undefined;
}

const partsOf = (raw: string): readonly [string | undefined, string | undefined] => {
  const [from, to, ...more] = raw.split('..');
  return more.length === 0 ? [from, to] : [undefined, undefined];
};

/** The reading of one entry; undefined when it is wrong, which is told. */
export function whenOf({ dates, hours }: ScheduledEntry, path: Path, report: Report): When | undefined {
  if (dates === undefined && hours === undefined) {
    report(path, { kind: 'schedule', message: 'it says neither dates nor hours', mend: 'add dates: "04-15..10-15"' });
    return undefined;
  }
  const [fromDay, toDay] = partsOf(dates ?? '');
  const [fromHour, toHour] = partsOf(hours ?? '');
  const fromDate = dateOf(fromDay);
  const toDate = dateOf(toDay);
  const fromMinute = minuteOf(fromHour);
  const toMinute = minuteOf(toHour);
  let sound = true;
  if (dates !== undefined && (fromDate === undefined || toDate === undefined)) {
    const mend = 'write month-day twice, both included, e.g. "04-15..10-15"';
    report([...path, 'dates'], { kind: 'schedule', message: `"${dates}" is no span of dates`, mend });
    sound = false;
  }
  if (hours !== undefined && (fromMinute === undefined || toMinute === undefined || fromMinute === toMinute)) {
    const mend = 'write two times of day, e.g. "22:00..06:00"; the second is the first minute after it';
    report([...path, 'hours'], { kind: 'schedule', message: `"${hours}" is no span of hours`, mend });
    sound = false;
  }
  if (!sound) return undefined;
  return {
    ...(fromDate === undefined || toDate === undefined ? {} : { fromDate, toDate }),
    ...(fromMinute === undefined || toMinute === undefined ? {} : { fromMinute, toMinute }),
  };
}

/** Instants of a leap year at which a span begins, ends, or has just ended. */
function turningPoints(whens: readonly When[]): readonly number[] {
  const days = new Set<number>([0]);
  const minutes = new Set<number>([0]);
  for (const { fromDate, toDate, fromMinute, toMinute } of whens) {
    for (const date of [fromDate, toDate])
      if (date !== undefined) {
        const day = Date.UTC(2024, Math.floor(date / 100) - 1, date % 100) / DAY_MS - Date.UTC(2024, 0, 1) / DAY_MS;
        for (const near of [day - 1, day, day + 1]) days.add((near + 366) % 366);
      }
    for (const minute of [fromMinute, toMinute]) if (minute !== undefined) minutes.add(minute % 1_440);
  }
  return [...days].flatMap((day) =>
    [...minutes].map((minute) => Date.UTC(2024, 0, 1) + day * DAY_MS + minute * MINUTE_MS),
  );
}

/** Every combination of spans that a year has. */
const reachable = new Map<string, readonly number[]>();
function masksOf(whens: readonly When[]): readonly number[] {
  const key = JSON.stringify(whens);
  const found = reachable.get(key);
  if (found !== undefined) return found;
  const masks = [...new Set(turningPoints(whens).map((localMs) => maskAt({ whens }, localMs)))].sort((a, b) => a - b);
  reachable.set(key, masks);
  return masks;
}

/** A layer of limits, or one that holds at times only. */
export type TimedLayer = { readonly layer: Layer; readonly when: When | null; readonly path: Path };

/** The layers of a rule at one place, from the weakest to the strongest; wrong spans are told once, by `report`. */
export function layersOf(
  entry: RuleEntry,
  overrides: readonly { readonly override: NonNullable<RuleEntry['overrides']>[number]; readonly index: number }[],
  path: Path,
  report: Report,
): readonly TimedLayer[] {
  const timed = (entries: readonly ScheduledEntry[] | undefined, at: Path): TimedLayer[] =>
    (entries ?? []).flatMap((one, index) => {
      const here = [...at, 'schedule', index];
      const when = whenOf(one, here, report);
      return when === undefined ? [] : [{ layer: one, when, path: here }];
    });
  return [
    { layer: entry, when: null, path },
    ...timed(entry.schedule, path),
    ...overrides.flatMap(({ override, index }) => {
      const at = [...path, 'overrides', index];
      return [{ layer: override, when: null, path: at }, ...timed(override.schedule, at)];
    }),
  ];
}

export type Variant = {
  readonly mask: number;
  readonly limits: readonly LevelLimit[];
  readonly paths: readonly Path[];
};

/** The limits of every combination that a year has, and the table of them; one variant when nothing is timed. */
export function variantsOf(
  layers: readonly TimedLayer[],
  make: (layers: readonly Layer[]) => readonly LevelLimit[],
): { readonly variants: readonly Variant[]; readonly schedule: Schedule | undefined; readonly tooMany: boolean } {
  const whens = layers.flatMap(({ when }) => (when === null ? [] : [when]));
  const tooMany = whens.length > MOST_VARIANTS;
  if (whens.length === 0 || tooMany) {
    const limits = make(layers.filter(({ when }) => when === null).map(({ layer }) => layer));
    return { variants: [{ mask: 0, limits, paths: [] }], schedule: undefined, tooMany };
  }
  const variants = [...new Set([0, ...masksOf(whens)])].map((mask): Variant => {
    const chosen = layers.filter(({ when }) => when === null || (mask & (1 << whens.indexOf(when))) !== 0);
    return {
      mask,
      limits: make(chosen.map(({ layer }) => layer)),
      paths: chosen.filter(({ when }) => when !== null).map(({ path }) => path),
    };
  });
  const limits = Object.fromEntries(variants.map((variant) => [variant.mask, variant.limits]));
  return { variants, schedule: { whens, limits }, tooMany };
}
