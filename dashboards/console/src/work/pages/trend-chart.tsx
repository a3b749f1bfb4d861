/** A chart of a plain page: lines over days or over the hours of a day; gaps stay gaps. */
import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import { dayText } from '../../format.ts';
import { useText } from '../../language.ts';
import type { Chart } from '../spec.ts';

const HEIGHT = 220;
const FONT = '11px system-ui, "Microsoft YaHei", "Noto Sans CJK SC", sans-serif';
const AXIS = { font: FONT, stroke: '#1d3a57', grid: { stroke: '#e3e8ed', width: 1 } };

/** Where a value stands between gaps: no line goes through it, so it is drawn as a dot. */
const lonePlaces: uPlot.Series.Points.Filter = (plot, series) => {
  const values: ArrayLike<number | null | undefined> = plot.data[series] ?? [];
  const isThere = (at: number): boolean => (values[at] ?? null) !== null;
  return Array.from({ length: values.length }, (_, at) => at).filter(
    (at) => isThere(at) && !isThere(at - 1) && !isThere(at + 1),
  );
};

function optionsOf(chart: Chart, zone: string, labels: readonly string[], width: number): uPlot.Options {
  const xText = (x: number): string => (chart.isTime ? dayText(x * 1_000, zone) : `${x}:00`);
  return {
    width,
    height: HEIGHT,
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1_000), zone),
    scales: { x: { time: chart.isTime } },
    axes: [
      { ...AXIS, values: (_, splits) => splits.map(xText) },
      { ...AXIS, size: 60, label: chart.unit, labelFont: FONT, labelSize: 16 },
    ],
    series: [
      { label: chart.isTime ? '—' : 'h', value: (_, x) => (x === null ? '' : xText(x)) },
      ...chart.lines.map(({ colour, isDashed }, index) => ({
        label: labels[index] ?? '',
        stroke: colour,
        width: 1.6,
        spanGaps: false,
        points: { show: false, size: 6, fill: colour, filter: lonePlaces },
        ...(isDashed === true ? { dash: [5, 4] } : {}),
      })),
    ],
    ...(chart.hasBand === true
      ? { bands: [{ series: [1, 2] as [number, number], fill: 'rgba(157, 180, 201, 0.35)' }] }
      : {}),
  };
}

export function TrendChart({ chart, zone }: { readonly chart: Chart; readonly zone: string }) {
  const { s } = useText();
  const place = useRef<HTMLDivElement>(null);
  // The page asks again and again: the same figures make no new chart.
  const key = JSON.stringify([chart, zone, s(chart.title)]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key holds everything that is drawn.
  useEffect(() => {
    const target = place.current;
    if (target === null) return;
    const labels = chart.lines.map(({ label }) => s(label));
    const options = optionsOf(chart, zone, labels, target.clientWidth);
    const plot = new uPlot(options, [[...chart.xs], ...chart.lines.map(({ values }) => [...values])], target);
    const watch = new ResizeObserver(() => plot.setSize({ width: target.clientWidth, height: HEIGHT }));
    watch.observe(target);
    return () => {
      watch.disconnect();
      plot.destroy();
    };
  }, [key]);
  return (
    <figure className="chart work-chart" data-chart={chart.id}>
      <figcaption>
        {s(chart.title)}
        {chart.unit === '' ? '' : `（${chart.unit}）`}
      </figcaption>
      <div ref={place} className="chart-place" />
    </figure>
  );
}
