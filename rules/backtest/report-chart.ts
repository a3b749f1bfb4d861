/** One chart as SVG: a series as an envelope or bars, limit lines, the level that stood, and what truly happened. */
import { LEVEL_TEXT, type Level } from '#model/level.ts';
import type { EpochMs } from '#model/time.ts';
import type { Bins } from './report-series.ts';

export const COLOUR: { readonly [level in Level]: string } = {
  blue: '#2f6fd0',
  yellow: '#c99700',
  orange: '#e06c00',
  red: '#cc1f1a',
};

export const CHART_BINS = 880;
const LEFT = 64;
const TOP = 22;
const HEIGHT = 150;
const BOTTOM = 22;
const WIDTH = LEFT + CHART_BINS + 16;

export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);

export type Dot = { readonly atMs: EpochMs; readonly value: number };

export type Chart = {
  readonly title: string;
  readonly fromMs: EpochMs;
  readonly toMs: EpochMs;
  readonly bins?: Bins;
  readonly form: 'line' | 'bars';
  /** Single values, where only those are known. */
  readonly dots: readonly Dot[];
  /** Steps in one unit, for bins, dots and limits alike. */
  readonly scale: number;
  readonly limits: readonly { readonly level: Level; readonly limit: number }[];
  readonly bands: readonly { readonly fromMs: EpochMs; readonly toMs: EpochMs; readonly level: Level }[];
  readonly events: readonly { readonly fromMs: EpochMs; readonly toMs: EpochMs; readonly name: string }[];
  readonly stamp: (atMs: EpochMs) => string;
};

type Range = { readonly low: number; readonly high: number };

/** Values and limits alike; a bar stands on zero. */
function rangeOf({ bins, dots, limits, scale, form }: Chart): Range {
  let low = form === 'bars' ? 0 : Infinity;
  let high = form === 'bars' ? 0 : -Infinity;
  const see = (value: number) => {
    if (value < low) low = value;
    if (value > high) high = value;
  };
  for (const value of bins?.low ?? []) see(value);
  for (const value of bins?.high ?? []) see(value);
  for (const { value } of dots) see(value);
  for (const { limit } of limits) see(limit);
  if (!(high >= low)) return { low: 0, high: 1 };
  const room = (high - low) * 0.05 || Math.abs(high) * 0.05 || 1;
  return { low: (form === 'bars' ? low : low - room) / scale, high: (high + room) / scale };
}

const short = (value: number): string => String(Number(value.toPrecision(7)));

/** Four or five round numbers. */
function ticksOf({ low, high }: Range): readonly number[] {
  const rough = (high - low) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((part) => part * power).find((part) => part >= rough) ?? rough;
  const ticks: number[] = [];
  for (let tick = Math.ceil(low / step) * step; tick <= high && ticks.length < 10; tick += step) ticks.push(tick);
  return ticks;
}

export function drawChart(chart: Chart): string {
  const { fromMs, toMs, title } = chart;
  const range = rangeOf(chart);
  const x = (atMs: EpochMs): number =>
    LEFT + Math.min(Math.max((atMs - fromMs) / Math.max(1, toMs - fromMs), 0), 1) * CHART_BINS;
  const y = (inUnit: number): number => TOP + HEIGHT - ((inUnit - range.low) / (range.high - range.low)) * HEIGHT;
  const parts = [
    ...bandsOf(chart, x),
    ...axesOf(chart, range, y),
    ...eventsOf(chart, x),
    ...seriesOf(chart, y),
    ...chart.dots.map(
      ({ atMs, value }) => `<circle cx="${n(x(atMs))}" cy="${n(y(value / chart.scale))}" r="2.5" class="dot"/>`,
    ),
    ...limitsOf(chart, y),
  ];
  const height = TOP + HEIGHT + BOTTOM;
  return `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escapeHtml(title)}"><text x="${LEFT}" y="14" class="title">${escapeHtml(title)}</text>${parts.join('')}</svg>`;
}

const n = (value: number): string => String(Math.round(value * 10) / 10);

type Scale = (value: number) => number;

const bandsOf = ({ bands, fromMs, toMs }: Chart, x: Scale): readonly string[] =>
  bands
    .filter((band) => band.toMs >= fromMs && band.fromMs <= toMs)
    .map((band) => {
      const left = x(band.fromMs);
      const width = Math.max(1, x(band.toMs) - left);
      return `<rect x="${n(left)}" y="${TOP}" width="${n(width)}" height="${HEIGHT}" fill="${COLOUR[band.level]}" opacity="0.22"/>`;
    });

const eventsOf = ({ events, fromMs, toMs }: Chart, x: Scale): readonly string[] =>
  events
    .filter((event) => event.toMs >= fromMs && event.fromMs <= toMs)
    .map((event) => {
      const left = x(event.fromMs);
      const width = Math.max(1.5, x(event.toMs) - left);
      // A bar above the chart and a line at its beginning: the levels' bands stay readable.
      const line = `<line x1="${n(left)}" x2="${n(left)}" y1="${TOP - 6}" y2="${TOP + HEIGHT}" class="onset"/>`;
      return `<rect x="${n(left)}" y="${TOP - 6}" width="${n(width)}" height="6" class="event"><title>${escapeHtml(event.name)}</title></rect>${line}`;
    });

function axesOf({ fromMs, toMs, stamp }: Chart, range: Range, y: Scale): readonly string[] {
  const across = ticksOf(range).map(
    (tick) =>
      `<line x1="${LEFT}" x2="${LEFT + CHART_BINS}" y1="${n(y(tick))}" y2="${n(y(tick))}" class="grid"/><text x="${LEFT - 6}" y="${n(y(tick) + 4)}" class="tick" text-anchor="end">${short(tick)}</text>`,
  );
  const below = [0, 1, 2, 3, 4].map((part) => {
    const anchor = part === 0 ? 'start' : part === 4 ? 'end' : 'middle';
    const text = stamp(fromMs + ((toMs - fromMs) * part) / 4)
      .slice(0, 16)
      .replace('T', ' ');
    return `<text x="${n(LEFT + (CHART_BINS * part) / 4)}" y="${TOP + HEIGHT + 16}" class="tick" text-anchor="${anchor}">${text}</text>`;
  });
  return [...across, ...below];
}

const limitsOf = ({ limits, scale }: Chart, y: Scale): readonly string[] =>
  limits.map(
    ({ level, limit }) =>
      `<line x1="${LEFT}" x2="${LEFT + CHART_BINS}" y1="${n(y(limit / scale))}" y2="${n(y(limit / scale))}" stroke="${COLOUR[level]}" stroke-dasharray="6 4"/><text x="${LEFT + CHART_BINS - 4}" y="${n(y(limit / scale) - 3)}" class="tick" text-anchor="end" fill="${COLOUR[level]}">${LEVEL_TEXT[level].zh} ${level} ${short(limit / scale)}</text>`,
  );

/** One path for all bins; a hole in the data is a hole in the line. */
function seriesOf({ bins, form, scale }: Chart, y: Scale): readonly string[] {
  if (bins === undefined) return [];
  let path = '';
  let joined = false;
  for (const [bin, high] of bins.high.entries()) {
    if (Number.isNaN(high)) {
      // A chart of few rows has empty bins between them: only the bars care.
      continue;
    }
    const x = n(LEFT + bin + 0.5);
    const [top, foot] = [n(y(high / scale)), n(y((bins.low[bin] as number) / scale))];
    if (form === 'bars') path += `M${x} ${foot}L${x} ${top}`;
    else path += `${joined ? 'L' : 'M'}${x} ${top}${foot === top ? '' : `L${x} ${foot}`}`;
    joined = true;
  }
  return path === '' ? [] : [`<path d="${path}" class="${form}"/>`];
}
