/** How a chart looks: axes in the county's zone, limits as dashed lines with their names, room for the next limit. */
import uPlot from 'uplot';
import { dayText, shortTimeText, timeText } from './format.ts';

export type Line = { readonly at: number; readonly colour: string; readonly label: string };

type Look = {
  readonly width: number;
  readonly height: number;
  readonly zone: string;
  readonly lines: readonly Line[];
  readonly unit: string;
  readonly timeLabel: string;
};

const INK = '#1d3a57';
const GRID = { stroke: '#e3e8ed', width: 1 };
const FONT = '11px system-ui, "Microsoft YaHei", "Noto Sans CJK SC", sans-serif';

/** Drawn under the readings; labels stand on the line at the left, so that the newest values stay clear. */
function drawLines(plot: uPlot, lines: readonly Line[]): void {
  const { ctx, bbox } = plot;
  const ratio = uPlot.pxRatio;
  ctx.save();
  ctx.font = FONT.replace('11px', `${11 * ratio}px`);
  ctx.textBaseline = 'bottom';
  ctx.textAlign = 'left';
  let lastY = Number.POSITIVE_INFINITY;
  let aside = 0;
  for (const line of lines) {
    const y = plot.valToPos(line.at, 'y', true);
    if (y < bbox.top || y > bbox.top + bbox.height) continue;
    ctx.strokeStyle = line.colour;
    ctx.lineWidth = 1.5 * ratio;
    ctx.setLineDash([6 * ratio, 4 * ratio]);
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
    ctx.fillStyle = '#2b3947';
    // Limits close together would write over each other: every second name stands further right.
    aside = Math.abs(lastY - y) < 14 * ratio && aside === 0 ? 84 * ratio : 0;
    lastY = y;
    ctx.fillText(line.label, bbox.left + 4 * ratio + aside, y - 2 * ratio);
  }
  ctx.restore();
}

/** Shows all readings and the limits up to the first one above them. */
function rangeWith(lines: readonly Line[], min: number | null, max: number | null): [number, number] {
  const limits = lines.map((line) => line.at).sort((a, b) => a - b);
  const top = max ?? limits[limits.length - 1] ?? 1;
  const bottom = min ?? 0;
  const shown = limits.filter((limit) => limit <= top);
  const next = limits.find((limit) => limit > top);
  const high = Math.max(top, ...shown, next ?? top);
  const low = Math.min(bottom, ...shown, next ?? bottom);
  const room = (high - low || 1) * 0.1;
  return [low >= 0 && low - room < 0 ? 0 : low - room, high + room];
}

function timeLabels(splits: readonly number[], zone: string, spaceS: number): string[] {
  let day = '';
  return splits.map((seconds) => {
    const atMs = seconds * 1_000;
    const today = dayText(atMs, zone);
    const time = spaceS < 60 ? timeText(atMs, zone) : shortTimeText(atMs, zone);
    const text = today === day ? time : `${time}\n${today}`;
    day = today;
    return text;
  });
}

export function chartOptions({ width, height, zone, lines, unit, timeLabel }: Look): uPlot.Options {
  return {
    width,
    height,
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1_000), zone),
    legend: { show: true },
    cursor: { points: { size: 6 } },
    scales: { x: { time: true }, y: { range: (_, min, max) => rangeWith(lines, min, max) } },
    axes: [
      {
        font: FONT,
        stroke: INK,
        grid: GRID,
        values: (_, splits, _axis, _space, incr) => timeLabels(splits, zone, incr),
      },
      { font: FONT, stroke: INK, grid: GRID, size: 52 },
    ],
    series: [
      { label: timeLabel, value: (_, seconds) => (seconds === null ? '' : timeText(seconds * 1_000, zone)) },
      {
        label: unit,
        stroke: INK,
        width: 1.6,
        fill: 'rgba(29, 58, 87, 0.08)',
        spanGaps: false,
        points: { show: (plot) => (plot.data[0]?.length ?? 0) < 60, size: 4 },
      },
      { label: '?', stroke: '#8a4bb3', width: 0, points: { show: true, size: 7, fill: '#fff' }, spanGaps: false },
    ],
    hooks: { drawAxes: [(plot) => drawLines(plot, lines)] },
  };
}
