/** Units that a file may use beside the quantity's own, and how many of that one each is. */
import { isQuantityCode, QUANTITIES, type QuantityCode } from '#model/quantity.ts';

const UNITS: { readonly [unit: string]: { readonly [other: string]: number } } = {
  mm: { cm: 10, m: 1000, in: 25.4, inch: 25.4 },
  m: { mm: 0.001, cm: 0.01, ft: 0.3048 },
  'm3/s': { 'L/s': 0.001, 'ft3/s': 0.028316846592, 'm³/s': 1 },
  'mm/h': { 'in/h': 25.4 },
  'm/s': { 'cm/s': 0.01, 'ft/s': 0.3048 },
  Cel: { '°C': 1, C: 1 },
  deg: { '°': 1 },
  kPa: { Pa: 0.001, hPa: 0.1, MPa: 1000 },
};

export type Column = { readonly quantity: QuantityCode; readonly perUnit: number };

/** What a column of this quantity and unit counts; an empty unit is the quantity's own. */
export function columnOf(quantity: string, unit: string): Column | { readonly wrong: string } {
  if (!isQuantityCode(quantity))
    return { wrong: `unknown quantity ${quantity}; known: ${Object.keys(QUANTITIES).join(', ')}` };
  const own: string = QUANTITIES[quantity].unit;
  const others = UNITS[own] ?? {};
  const perUnit = unit === '' || unit === own ? 1 : Object.hasOwn(others, unit) ? others[unit] : undefined;
  if (perUnit !== undefined) return { quantity, perUnit };
  const known = [own, ...Object.keys(others)].join(', ');
  return { wrong: `${unit} is no unit of ${quantity} (${own}); known: ${known}` };
}
