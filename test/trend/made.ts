/** Series made for the purpose of a test. */
import { stretchOf } from '#dashboards/api/trend/stretch.ts';
import { HOUR_MS } from '#model/time.ts';
import { hourBucket } from './recorded.ts';

export const FROM = Date.UTC(2026, 0, 1);
export const TEN_MS = 600_000;
/** A repeatable wiggle of about ±1. */
export const wiggle = (at: number): number => Math.sin(at * 12.9898) * 0.7 + Math.sin(at * 78.233) * 0.7;
export const stretch = (hours: number, value: (at: number) => number | null, fromMs = FROM) =>
  stretchOf(
    Array.from({ length: hours }, (_, at) => [at, value(at)] as const).flatMap(([at, one]) =>
      one === null ? [] : [hourBucket(fromMs + at * HOUR_MS, one)],
    ),
    fromMs,
    fromMs + hours * HOUR_MS,
    HOUR_MS,
  );
export const said = <T extends { readonly said: boolean }>(one: T): Extract<T, { readonly said: true }> => {
  if (!one.said) throw new Error(JSON.stringify(one));
  return one as Extract<T, { readonly said: true }>;
};
