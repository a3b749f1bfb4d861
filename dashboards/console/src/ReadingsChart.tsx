/** The readings that a rule judged, as it judged them, with the limits of all colours; gaps stay gaps. */
import { useEffect, useMemo, useRef, useState } from 'react';
import uPlot from 'uplot';
import type { LevelOrNone } from '#model/level.ts';
import { fromSteps, QUANTITIES, type QuantityCode } from '#model/quantity.ts';
import { callReadings, type ReadingJson } from './api.ts';
import { chartOptions, type Line } from './chart-options.ts';
import { unitText } from './format.ts';
import { useLang, useText } from './language.ts';
import { LEVEL_COLOUR } from './levels.ts';
import { type Measure, makeSeries } from './series.ts';
import { LEVEL_LABEL, measureText } from './texts.ts';

type Props = {
  readonly title: string;
  readonly zone: string;
  readonly sensorId: string;
  readonly quantity: QuantityCode;
  readonly measure: Measure['kind'];
  readonly windowMs: number | null;
  /** In whole steps of the quantity. */
  readonly limits: readonly { readonly level: LevelOrNone; readonly limit: number }[];
  readonly fromMs: number;
  /** Null: until now, and it goes on. */
  readonly toMs: number | null;
  readonly newest: ReadingJson | null;
  readonly gapMs: number;
};

const HEIGHT = 210;
const MAX_READINGS = 12_000;
/** Asked for past the newest known reading, so that "now" is never cut off. */
const AHEAD_MS = 86_400_000;

/** Readings from the store, and then whatever the stream brings. */
function useReadings({ sensorId, fromMs, toMs, newest }: Props): readonly ReadingJson[] | null {
  const [readings, setReadings] = useState<readonly ReadingJson[] | null>(null);
  const fixedFrom = useRef(fromMs);
  const endMs = toMs ?? null;
  useEffect(() => {
    let gone = false;
    const untilMs = endMs ?? Math.max(Date.now(), fixedFrom.current) + AHEAD_MS * 3_650;
    void callReadings(sensorId, Math.round(fixedFrom.current), Math.round(untilMs)).then((found) => {
      if (!gone) setReadings(found);
    });
    return () => {
      gone = true;
    };
  }, [sensorId, endMs]);
  useEffect(() => {
    if (newest === null || endMs !== null) return;
    setReadings((known) => {
      const last = known?.[known.length - 1];
      if (known === null || (last !== undefined && last.measuredAtMs >= newest.measuredAtMs)) return known;
      return [...known.slice(-MAX_READINGS), newest];
    });
  }, [newest, endMs]);
  return readings;
}

export function ReadingsChart(props: Props) {
  const { zone, quantity, measure, windowMs, limits, gapMs } = props;
  const { t, s } = useText();
  const lang = useLang();
  const readings = useReadings(props);
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const unit = unitText(QUANTITIES[quantity].unit) + (measure === 'rate' ? '/h' : '');
  const series = useMemo(
    () =>
      readings === null ? null : makeSeries(readings, quantity, { kind: measure, windowMs: windowMs ?? 0 }, gapMs),
    [readings, quantity, measure, windowMs, gapMs],
  );
  const limitKey = JSON.stringify(limits);
  const lines = useMemo(
    (): readonly Line[] =>
      (JSON.parse(limitKey) as Props['limits']).map(({ level, limit }) => ({
        at: fromSteps(quantity, limit),
        colour: LEVEL_COLOUR[level],
        label: `${LEVEL_LABEL[level][lang]} ${fromSteps(quantity, limit)}`,
      })),
    [limitKey, quantity, lang],
  );
  const timeLabel = t('time');
  const empty = series !== null && series.times.length === 0;

  useEffect(() => {
    const target = place.current;
    if (target === null || empty) return;
    const made = new uPlot(
      chartOptions({ width: target.clientWidth, height: HEIGHT, zone, lines, unit, timeLabel }),
      [[], [], []],
      target,
    );
    plot.current = made;
    const watch = new ResizeObserver(() => made.setSize({ width: target.clientWidth, height: HEIGHT }));
    watch.observe(target);
    return () => {
      watch.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [zone, lines, unit, timeLabel, empty]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a chart that was made anew needs its data again.
  useEffect(() => {
    if (series !== null) plot.current?.setData([[...series.times], [...series.values], [...series.suspect]]);
  }, [series, lines, zone, unit]);

  return (
    <figure className="chart">
      <figcaption>
        {props.title}：{QUANTITIES[quantity].name[lang]}，{s(measureText(measure, windowMs))}
        {unit === '' ? '' : `（${unit}）`}
      </figcaption>
      {readings === null && <p className="nothing">{t('loading')}</p>}
      {empty && <p className="nothing">{t('noReadings')}</p>}
      <div ref={place} className="chart-place" />
    </figure>
  );
}
