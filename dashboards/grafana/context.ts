/** What the boards are made from: the county, its compiled rules, and the language of the one who reads them. */
import type { Origin } from '#model/reading.ts';
import { ORIGINS } from '#model/reading.ts';
import type { Registry, Sensor } from '#model/registry.ts';
import type { BoundRule, CompiledRuleSet } from '#model/rule-set.ts';
import { type Lang, say, type Text } from '#model/text.ts';

export type GrafanaCounty = {
  readonly registry: Registry;
  readonly ruleSets: readonly CompiledRuleSet[];
  /** Tiles of a server that the county's network reaches, `…/{z}/{x}/{y}.png`; absent: a map without ground. */
  readonly tiles?: string;
};

export type Context = GrafanaCounty & {
  readonly lang: Lang;
  readonly rules: readonly BoundRule[];
  readonly sensors: readonly Sensor[];
};

export function contextOf(county: GrafanaCounty, lang: Lang): Context {
  const sensors = [...county.registry.sensors.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  return { ...county, lang, sensors, rules: county.ruleSets.flatMap(({ rules }) => rules) };
}

export const said = ({ lang }: Pick<Context, 'lang'>, zh: string, en: string): string => say({ zh, en }, lang);
/** On one line, and without what Grafana would put a variable's value in the place of: a name is nothing but a name. */
export const textIn = ({ lang }: Pick<Context, 'lang'>, text: Text): string =>
  say(text, lang)
    .replace(/\s+/g, ' ')
    .replace(/\$(?=[\w{])/g, '＄')
    .replaceAll('[[', '［［');

/** The data source's fixed name within Grafana: boards and alerts refer to it, provisioning makes it. */
export const DATASOURCE = { type: 'influxdb', uid: 'fengsui-influxdb' } as const;

/** Live first; a county whose boxes are all simulated begins with what it has. */
export function firstOrigin(registry: Pick<Registry, 'edges'>): Origin {
  const used = new Set([...registry.edges.values()].map(({ origin }) => origin));
  return used.has('live') ? 'live' : (ORIGINS.find((origin) => used.has(origin)) ?? 'live');
}
