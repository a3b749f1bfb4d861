/**
 * What Grafana does to a question before InfluxDB sees it, and to the answer before a panel does: variables put in by the
 * browser (`regex` and `raw`), `$timeFilter` and `$__interval` by the server, the interval out of the range and the panel's
 * width, a panel's shift in time, and the names of series out of their alias. After Grafana's own sources
 * (public/app/features/templating, packages/grafana-data rangeutil, pkg/tsdb/influxdb).
 */
import type { Asked, JsonPanel } from '#test/grafana/support/board-json.ts';
import { isRecord } from '#test/grafana/support/board-json.ts';

export type Choice = string | readonly string[];
export type View = {
  readonly fromMs: number;
  readonly toMs: number;
  /** `$__all` stands for all, which is `.*` on these boards. */
  readonly variables: { readonly [name: string]: Choice };
  /** Points that fit into the panel. */
  readonly width?: number;
};

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** [below this, rounded to]: the table of rangeutil. */
const ROUND: readonly (readonly [number, number])[] = [
  ...([
    [10, 1],
    [15, 10],
    [35, 20],
    [75, 50],
    [150, 100],
    [350, 200],
    [750, 500],
  ] as const),
  ...([
    [1_500, SECOND],
    [3_500, 2 * SECOND],
    [7_500, 5 * SECOND],
    [12_500, 10 * SECOND],
    [17_500, 15 * SECOND],
  ] as const),
  ...([
    [25_000, 20 * SECOND],
    [45_000, 30 * SECOND],
    [90_000, MINUTE],
    [210_000, 2 * MINUTE],
  ] as const),
  ...([
    [450_000, 5 * MINUTE],
    [750_000, 10 * MINUTE],
    [1_050_000, 15 * MINUTE],
    [1_500_000, 20 * MINUTE],
  ] as const),
  ...([
    [2_700_000, 30 * MINUTE],
    [5_400_000, HOUR],
    [9_000_000, 2 * HOUR],
    [16_200_000, 3 * HOUR],
  ] as const),
  ...([
    [32_400_000, 6 * HOUR],
    [86_400_000, 12 * HOUR],
    [604_800_000, DAY],
    [1_814_400_000, 7 * DAY],
  ] as const),
];

const UNIT_MS: { readonly [unit: string]: number } = { s: SECOND, m: MINUTE, h: HOUR, d: DAY };
const durationMs = (text: string): number =>
  Number.parseInt(text, 10) * (UNIT_MS[text.replace(/\d+/, '')] ?? Number.NaN);

export function intervalMs({ fromMs, toMs, width = 1_000 }: View, least: string | undefined): number {
  const wanted = (toMs - fromMs) / width;
  const rounded = ROUND.find(([below]) => wanted < below)?.[1] ?? 30 * DAY;
  return Math.max(rounded, least === undefined ? 0 : durationMs(least));
}

function intervalText(ms: number): string {
  for (const [unit, size] of [
    ['d', DAY],
    ['h', HOUR],
    ['m', MINUTE],
    ['s', SECOND],
  ] as const)
    if (ms % size === 0) return `${ms / size}${unit}`;
  return `${ms}ms`;
}

const escapeRegex = (text: string): string => text.replace(/[\\^$*+?.()|[\]{}/]/g, '\\$&');

function formatted(value: Choice, format: string): string {
  // The custom value of "all" is put in as it is.
  if (value === '$__all' || (Array.isArray(value) && value[0] === '$__all')) return '.*';
  const several = typeof value === 'string' ? [value] : value;
  if (format === 'raw') return several.join(',');
  if (format !== 'regex') throw new Error(`the boards use regex and raw, not ${format}`);
  const escaped = several.map(escapeRegex);
  return escaped.length === 1 ? (escaped[0] ?? '') : `(${escaped.join('|')})`;
}

/** A year back on the calendar, as the panel's override does. */
function shifted(atMs: number, shift: string | undefined): number {
  if (shift === undefined) return atMs;
  if (!/^\d+y$/.test(shift)) throw new Error(`a shift of ${shift} is not known here`);
  const date = new Date(atMs);
  date.setUTCFullYear(date.getUTCFullYear() - Number.parseInt(shift, 10));
  return date.getTime();
}

export function shiftView(view: View, shift: string | undefined): View {
  return { ...view, fromMs: shifted(view.fromMs, shift), toMs: shifted(view.toMs, shift) };
}

/** The text that InfluxDB gets; anything left that only Grafana knows is an error. */
export function substitute(query: string, panel: Pick<JsonPanel, 'interval' | 'timeShift'>, given: View): string {
  const view = shiftView(given, panel.timeShift);
  const ms = intervalMs(view, panel.interval);
  const text = query
    .replace(/\$\{__(from|to)\}/g, (_, end: string) => String(end === 'from' ? view.fromMs : view.toMs))
    .replace(/\$\{(\w+):(\w+)\}/g, (_, name: string, format: string) => {
      const value = view.variables[name];
      if (value === undefined) throw new Error(`the board has no variable ${name}`);
      return formatted(value, format);
    })
    .replaceAll('$timeFilter', `time >= ${view.fromMs}ms and time <= ${view.toMs}ms`)
    .replaceAll('$__interval_ms', String(ms))
    .replaceAll('$__interval', intervalText(ms));
  const left = /\$\{?[A-Za-z_]\w*/.exec(text);
  if (left !== null) throw new Error(`${left[0]} stays in ${query}`);
  return text;
}

export type Cell = number | string | null;
/** Series by the name that the panel shows (before the registry's names), stamps ascending. */
export type SeriesAnswer = ReadonlyMap<string, ReadonlyMap<number, Cell>>;
/** Rows of a table: tags and columns together. */
export type TableAnswer = readonly { readonly [column: string]: Cell }[];

type RawSeries = {
  readonly name: string;
  readonly tags?: { readonly [tag: string]: string };
  readonly columns: readonly string[];
  readonly values: readonly (readonly Cell[])[];
};

/** Asks as the data source does; an error of the database is thrown. */
export async function askInflux(url: string, database: string, query: string): Promise<readonly RawSeries[]> {
  const address = new URL('/query', url);
  address.searchParams.set('db', database);
  address.searchParams.set('epoch', 'ms');
  const answer = await fetch(address, { method: 'POST', body: new URLSearchParams({ q: query }) });
  const body: unknown = await answer.json();
  const results = isRecord(body) && Array.isArray(body['results']) ? (body['results'] as readonly unknown[]) : [];
  const [first] = results;
  const error = isRecord(body) ? (body['error'] ?? (isRecord(first) ? first['error'] : undefined)) : 'no answer';
  if (error !== undefined) throw new Error(`${String(error)}: ${query}`);
  return isRecord(first) && Array.isArray(first['series']) ? (first['series'] as readonly RawSeries[]) : [];
}

function nameOf({ alias }: Pick<Asked, 'alias'>, { name, tags = {} }: RawSeries, column: string): string {
  if (alias === undefined) return `${name}.${column}`;
  return alias.replace(/\$tag_(\w+)|\$(m|measurement)\b|\$col\b/g, (found, tag: string | undefined) => {
    if (tag !== undefined) return tags[tag] ?? '';
    return found === '$col' ? column : name;
  });
}

/** Two series of one name would be taken for one another by whoever looks at the panel. */
export function asSeries(target: Pick<Asked, 'alias'>, answer: readonly RawSeries[]): SeriesAnswer {
  const found = new Map<string, Map<number, Cell>>();
  for (const series of answer)
    for (const [at, column] of series.columns.entries()) {
      if (column === 'time') continue;
      const name = nameOf(target, series, column);
      if (found.has(name)) throw new Error(`two series are called ${name}`);
      found.set(name, new Map(series.values.map((row) => [row[0] as number, row[at] ?? null])));
    }
  return found;
}

export const asTable = (answer: readonly RawSeries[]): TableAnswer =>
  answer.flatMap(({ tags = {}, columns, values }) =>
    values.map((row) => ({
      ...tags,
      ...Object.fromEntries(columns.map((column, at) => [column === 'time' ? 'Time' : column, row[at] ?? null])),
    })),
  );
