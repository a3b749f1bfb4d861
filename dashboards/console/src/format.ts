/** Instants and values as the page writes them, in the county's zone. */

import { UNIT_TEXT } from '#model/quantity.ts';
import type { Lang } from '#model/text.ts';
import type { ReadingJson } from './api.ts';

const formats = new Map<string, Intl.DateTimeFormat>();
function formatOf(zone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${zone} ${JSON.stringify(options)}`;
  const known = formats.get(key);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat('en-CA', { timeZone: zone, hourCycle: 'h23', ...options });
  formats.set(key, made);
  return made;
}
const parts = (atMs: number, zone: string): { readonly [type: string]: string } => {
  const format = formatOf(zone, {
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });
  return Object.fromEntries(format.formatToParts(new Date(atMs)).map((part) => [part.type, part.value]));
};

export function dateText(atMs: number, zone: string, lang: Lang): string {
  const p = parts(atMs, zone);
  return lang === 'zh' ? `${p['year']}年${p['month']}月${p['day']}日` : `${p['year']}-${p['month']}-${p['day']}`;
}
export function timeText(atMs: number, zone: string): string {
  const p = parts(atMs, zone);
  return `${p['hour']}:${p['minute']}:${p['second']}`;
}
export const shortTimeText = (atMs: number, zone: string): string => timeText(atMs, zone).slice(0, 5);
export function dayTimeText(atMs: number, zone: string): string {
  const p = parts(atMs, zone);
  return `${p['month']}-${p['day']} ${p['hour']}:${p['minute']}:${p['second']}`;
}
export function dayText(atMs: number, zone: string): string {
  const p = parts(atMs, zone);
  return `${p['month']}-${p['day']}`;
}

export const unitText = (unit: string): string => UNIT_TEXT[unit] ?? unit;
export const readingText = (reading: ReadingJson): string => `${reading.text ?? ''} ${unitText(reading.unit)}`.trim();
