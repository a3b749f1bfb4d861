/** What series are called: sensors, points and townships by their names in the registry, units as Grafana writes them. */
import type { ValueMapping } from '@grafana/grafana-foundation-sdk/dashboard';
import { QUANTITIES, type QuantityCode } from '#model/quantity.ts';
import type { Sensor } from '#model/registry.ts';
import { type Context, said, textIn } from './context.ts';
import { wordMappings } from './mappings.ts';
import { DOUBT_MARK, type SeriesName } from './panels.ts';
import { MOST_NAMES } from './variables.ts';

/** Grafana's own ids where it has one; `suffix:` writes the unit as it is. */
const UNITS: { readonly [unit: string]: string } = {
  '1': 'none',
  mm: 'lengthmm',
  m: 'lengthm',
  deg: 'degree',
  Cel: 'celsius',
  '%': 'percent',
  'm3/s': 'flowcms',
  'm/s': 'velocityms',
  kPa: 'pressurekpa',
  V: 'volt',
};
export const grafanaUnit = (unit: string): string => UNITS[unit] ?? `suffix: ${unit}`;
export const unitOf = (quantity: QuantityCode): string => grafanaUnit(QUANTITIES[quantity].unit);

/** With a series of doubtful values beside each. */
export function sensorNames(context: Context, sensors: readonly Sensor[]): readonly SeriesName[] {
  if (sensors.length > MOST_NAMES) return [];
  return sensors.flatMap(({ id, name }) => {
    const text = textIn(context, name);
    return [
      { series: id, text },
      { series: `${id}${DOUBT_MARK}`, text: `${text}${said(context, '（可疑）', ' (in doubt)')}` },
    ];
  });
}

/** For tables, whose rows bear codes. */
export const pointWords = (context: Context): readonly ValueMapping[] => {
  const points = [...context.registry.points.values()];
  return points.length > MOST_NAMES ? [] : wordMappings(points.map(({ id, name }) => [id, textIn(context, name)]));
};
export const sensorWords = (context: Context, sensors: readonly Sensor[]): readonly ValueMapping[] =>
  sensors.length > MOST_NAMES ? [] : wordMappings(sensors.map(({ id, name }) => [id, textIn(context, name)]));

export function townshipNames(context: Context): readonly SeriesName[] {
  return [...context.registry.grids.values()]
    .filter(({ tier }) => tier === 2)
    .map(({ code, name }) => ({ series: code, text: textIn(context, name) }));
}

/** Of the county's sensors, in the order of the table of quantities. */
export function quantitiesOf(context: Context): readonly QuantityCode[] {
  const used = new Set(context.sensors.map(({ quantity }) => quantity));
  return (Object.keys(QUANTITIES) as QuantityCode[]).filter((quantity) => used.has(quantity));
}

export const withQuantity = (context: Context, ...quantities: readonly QuantityCode[]): readonly Sensor[] =>
  context.sensors.filter(({ quantity }) => quantities.includes(quantity));

/** Silence that is longer than any of these sensors' own limit breaks a line. */
export const gapOf = (sensors: readonly Sensor[]): number =>
  sensors.reduce((most, { staleAfterMs }) => Math.max(most, staleAfterMs), 60_000);
