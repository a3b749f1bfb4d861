/**
 * Questions in InfluxQL as Grafana's data source takes them. The SDK has no builder for InfluxDB; its field names are
 * those of Grafana's own InfluxDB plug-in.
 */
import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog';
import { DATASOURCE } from './context.ts';

export type Question = {
  readonly refId: string;
  readonly query: string;
  /** `$tag_sensor`, `$m` …, or a plain name. */
  readonly alias?: string;
  readonly format?: 'time_series' | 'table';
};

/** A variable of the board in a question: `regex` for tags, `raw` for names. */
export const variable = (name: string, format: 'regex' | 'raw'): string => `\${${name}:${format}}`;
/** The end of the chosen range in ms, which Grafana puts in; sums of the last hours end there, not at the server's now. */
export const TO = `\${__to}ms`;
export const FROM = `\${__from}ms`;
export const TIME = '$timeFilter';

const asQuery = (fields: { readonly [name: string]: unknown }): Builder<Dataquery> => ({
  build: () => ({ ...fields, _implementsDataqueryVariant: () => undefined }),
});

export const influxTarget = ({ refId, query, alias, format = 'time_series' }: Question): Builder<Dataquery> =>
  asQuery({
    ...{ refId, datasource: { ...DATASOURCE }, query, rawQuery: true, resultFormat: format },
    ...(alias === undefined ? {} : { alias }),
  });

export type EventColumns = { readonly text: string; readonly title: string; readonly tags: string };

/** Marks on the time axis. */
export const influxEvents = (query: string, { text, title, tags }: EventColumns): Builder<Dataquery> =>
  asQuery({
    ...{ refId: 'Anno', name: 'Anno', datasource: { ...DATASOURCE }, query, rawQuery: true, fromAnnotations: true },
    ...{ textColumn: text, titleColumn: title, tagsColumn: tags },
  });

const PLACE_TAGS = ['township', 'village', 'point', 'sensor'] as const;
export type PlaceTag = (typeof PLACE_TAGS)[number];

/** The board's choice of places as a condition. */
export const chosen = (tags: readonly PlaceTag[]): string =>
  tags.map((tag) => `"${tag}" =~ /^${variable(tag, 'regex')}$/`).join(' AND ');

/** One measurement of the chosen origin; several quantities by a pattern. */
export const measurement = (...quantities: readonly string[]): string =>
  quantities.length === 1
    ? `"${variable('origin', 'raw')}_${quantities[0]}"`
    : `/^${variable('origin', 'raw')}_(${quantities.join('|')})$/`;

const escaped = (id: string): string => id.replace(/[\\^$*+?.()|[\]{}/]/g, '\\$&');

const listed = (ids: readonly string[]): string => `/^(${ids.map(escaped).join('|')})$/`;

/**
 * A panel's group of sensors, by the shorter of two lists: those that belong to it, or those that do not. Undefined: it is
 * all of them.
 */
export function membership(ids: readonly string[], everybody: readonly string[]): string | undefined {
  const own = new Set(ids);
  const others = everybody.filter((id) => !own.has(id));
  if (others.length === 0) return undefined;
  return others.length < ids.length ? `"sensor" !~ ${listed(others)}` : `"sensor" =~ ${listed(ids)}`;
}

export const all = (...conditions: readonly (string | undefined)[]): string =>
  conditions.filter((one) => one !== undefined && one !== '').join(' AND ');
