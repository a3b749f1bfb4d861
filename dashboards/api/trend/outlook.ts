/**
 * 趋势: the slope of the last hours and days with its interval, and when a limit would be reached if it goes on: from … to,
 * never a minute, never further ahead than four times the time looked back on.
 */
import { type EpochMs, HOUR_MS } from '#model/time.ts';
import type { Outlook, OutlookOfSpan, Said, TimeToLimit, TrendLimit } from '#model/trend.ts';
import { notSaid } from './said.ts';
import { lineThrough } from './slope.ts';
import { endOf, isKnown, placeAt, type Stretch } from './stretch.ts';

export const SPANS_H = [6, 24, 168] as const;
const AHEAD = 4;
/** A curved rise hangs together as if it were a few values only; fewer than these would leave no interval at all. */
const LEAST_INDEPENDENT = 4;
/** A time is never told closer than this to both sides. */
const ROUGH = 0.1;
/** The two halves of a span must both hold this share of its places. */
const LEAST_SHARE = 0.25;

/** Student's t of 97.5 %: exact for two and three degrees of freedom, from four on Cornish and Fisher's first terms (2 %). */
function tQuantile(freedom: number): number {
  if (freedom < 4) return freedom < 3 ? 4.303 : 3.182;
  const z = 1.959964;
  return z + (z ** 3 + z) / (4 * freedom) + (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * freedom ** 2);
}

function knownShare(stretch: Stretch, from: number, to: number): number {
  let known = 0;
  for (let at = from; at < to; at++) if (isKnown(stretch, at)) known++;
  return to > from ? known / (to - from) : 0;
}

function slopeOf(stretch: Stretch, endMs: EpochMs, spanH: number, perUnit: number): OutlookOfSpan['slope'] {
  const to = placeAt(stretch, endMs);
  const from = placeAt(stretch, endMs - spanH * HOUR_MS);
  const middle = (from + to) >> 1;
  if (knownShare(stretch, from, middle) < LEAST_SHARE || knownShare(stretch, middle, to) < LEAST_SHARE)
    return notSaid(`最近 ${spanH} 小时缺测过多`, `too much of the last ${spanH} h is missing`);
  const line = lineThrough(stretch, from, to);
  if (line === undefined) return notSaid(`最近 ${spanH} 小时的数据太少`, `too few values in the last ${spanH} h`);
  const independent = Math.max(LEAST_INDEPENDENT, line.independent);
  const perDay = (24 * HOUR_MS) / stretch.stepMs / perUnit;
  // Rounding to a step is an error too, also where all values lie on the line.
  const rounding = Math.sqrt(1 / 12) * Math.sqrt(12 / (line.n * (line.n ** 2 - 1)));
  const half = tQuantile(independent - 2) * Math.max(line.error, rounding) * perDay;
  const slope = line.slope * perDay;
  const interval = { low: slope - half, high: slope + half };
  const direction = interval.low > 0 ? 'up' : interval.high < 0 ? 'down' : 'none';
  return { said: true, perDay: slope, interval, n: line.n, independent: Math.floor(independent), direction };
}

type SaidSlope = Extract<OutlookOfSpan['slope'], { readonly said: true }>;

function timeTo(limit: TrendLimit, value: number, slope: SaidSlope, spanH: number): TimeToLimit {
  const towards = limit.below ? -1 : 1;
  const left = (limit.limit - value) * towards;
  if (left <= 0) return { ...limit, kind: 'passed' };
  const [slow, fast] = [slope.interval.low, slope.interval.high].map((one) => one * towards).sort((a, b) => a - b);
  // Inside noise, or the other way: what might be is not what is told.
  if (slope.direction === 'none' || (fast ?? 0) <= 0 || slope.perDay * towards <= 0) return { ...limit, kind: 'away' };
  const likely = (left / (slope.perDay * towards)) * 24;
  const earliest = Math.min((left / (fast ?? 1)) * 24, likely * (1 - ROUGH));
  if (earliest > AHEAD * spanH) return { ...limit, kind: 'beyond' };
  const latest =
    (slow ?? 0) <= 0 ? Number.POSITIVE_INFINITY : Math.max((left / (slow ?? 1)) * 24, likely * (1 + ROUGH));
  return { ...limit, kind: 'in', earliestH: earliest, latestH: latest > AHEAD * spanH ? null : latest };
}

/** Whether ten-minute places hold what there is; a station that reports by the hour fills one in six. */
function isFilled(tenMinutes: Stretch, nowMs: EpochMs, spanH: number): boolean {
  const to = placeAt(tenMinutes, nowMs);
  return knownShare(tenMinutes, to - spanH * 6, to) > 1 / 3;
}

export function outlookOf(
  tenMinutes: Stretch,
  hours: Stretch,
  nowMs: EpochMs,
  unit: { readonly text: string; readonly perUnit: number },
  limits: readonly TrendLimit[],
): Said<Outlook> {
  let last = Math.min(placeAt(tenMinutes, nowMs), tenMinutes.length - 1);
  while (last >= 0 && !isKnown(tenMinutes, last)) last--;
  // The newest value, not a mean: while a slope runs away the mean of ten minutes lies far below what has been reached.
  const steps = isKnown(tenMinutes, last) ? tenMinutes.last[last] : undefined;
  if (steps === undefined) return notSaid('最近没有数据', 'there are no recent data');
  const atMs = Math.min(nowMs, endOf(tenMinutes, last));
  const value = steps / unit.perUnit;
  const spans = SPANS_H.map((spanH): OutlookOfSpan => {
    const isFine = spanH <= 24 && isFilled(tenMinutes, nowMs, spanH);
    const stretch = isFine ? tenMinutes : hours;
    const endMs = Math.floor(nowMs / stretch.stepMs + 1) * stretch.stepMs;
    const slope = slopeOf(stretch, endMs, spanH, unit.perUnit);
    return { spanH, slope, limits: slope.said ? limits.map((limit) => timeTo(limit, value, slope, spanH)) : [] };
  });
  return { said: true, unit: unit.text, value, atMs, spans };
}
