/** Decides which charts a report shows of a subject: its series, its sums, and the figures that its rules rested on. */
import type { Level, LevelOrNone } from '#model/level.ts';
import { QUANTITIES, UNIT_TEXT } from '#model/quantity.ts';
import type { BoundRule } from '#model/rule-set.ts';
import type { EpochMs } from '#model/time.ts';
import type { Transition } from '#model/transition.ts';
import { sayDuration } from '../texts.ts';
import type { RecordingSeries } from './recording.ts';
import { CHART_BINS, type Chart, drawChart } from './report-chart.ts';
import { amountsOf, envelopeOf, sumsOf } from './report-series.ts';
import type { BacktestRun, LevelChange } from './result.ts';

export type Stretch = { readonly fromMs: EpochMs; readonly toMs: EpochMs };

export type Figures = {
  readonly run: BacktestRun;
  readonly series: readonly RecordingSeries[];
  readonly events: Chart['events'];
  readonly stamp: (atMs: EpochMs) => string;
};

/** The level that stood at a subject, over all hazards: one band a stretch. */
export function bandsOf(changes: readonly LevelChange[], subject: string, endMs: EpochMs): Chart['bands'] {
  const bands: { fromMs: EpochMs; toMs: EpochMs; level: Level }[] = [];
  const since = new Map<string, { readonly level: LevelOrNone; readonly atMs: EpochMs }>();
  const close = (key: string, toMs: EpochMs) => {
    const open = since.get(key);
    if (open !== undefined && open.level !== 'none') bands.push({ fromMs: open.atMs, toMs, level: open.level });
  };
  for (const { subject: where, hazard, level, atMs } of changes) {
    if (where !== subject) continue;
    close(hazard, atMs);
    since.set(hazard, { level, atMs });
  }
  for (const key of since.keys()) close(key, endMs);
  return bands;
}

const sign = ({ below }: Pick<BoundRule, 'below'>): number => (below === true ? -1 : 1);
const limitsOf = (rule: BoundRule): Chart['limits'] =>
  rule.limits.map(({ level, limit }) => ({ level, limit: limit * sign(rule) }));

const unitOf = (unit: string): string => (UNIT_TEXT[unit] ?? unit) || '1';

function baseOf({ run, events, stamp }: Figures, subject: string, { fromMs, toMs }: Stretch) {
  return { fromMs, toMs, events, stamp, dots: [], limits: [], bands: bandsOf(run.changes, subject, run.toMs) };
}

type Base = ReturnType<typeof baseOf>;

function seriesChart(base: Base, { sensor, columns }: RecordingSeries, rules: readonly BoundRule[]): Chart {
  const { name, unit, decimals, kind } = QUANTITIES[sensor.quantity];
  const stretch = { ...base, bins: CHART_BINS };
  const isAmount = kind === 'increment';
  const limits = rules.filter(({ measure }) => measure.kind === 'value').flatMap(limitsOf);
  return {
    ...base,
    title: `${sensor.sensorId} · ${name.zh} ${name.en} (${unitOf(unit)})`,
    bins: isAmount ? amountsOf(columns, stretch) : envelopeOf(columns, stretch),
    form: isAmount ? 'bars' : 'line',
    scale: 10 ** decimals,
    limits,
  };
}

function sumChart(base: Base, { sensor, columns }: RecordingSeries, rule: BoundRule, windowMs: number): Chart {
  const { unit, decimals } = QUANTITIES[sensor.quantity];
  const window = sayDuration(windowMs);
  return {
    ...base,
    title: `${sensor.sensorId} · ${rule.title.zh} ${rule.title.en}: ${window.zh}累计 sum of ${window.en} (${unitOf(unit)})`,
    bins: sumsOf(columns, windowMs, { ...base, bins: CHART_BINS }),
    form: 'line',
    scale: 10 ** decimals,
    limits: limitsOf(rule),
  };
}

/** Of a rate or a model only what it said with its decisions is known here. */
function dotChart(base: Base, rule: BoundRule, said: readonly Transition[]): Chart | undefined {
  const dots = said.flatMap(({ rule: id, atMs, evidence }) =>
    id === rule.rule && evidence.sensorId === rule.sensorId && evidence.value !== null
      ? [{ atMs, value: evidence.value }]
      : [],
  );
  if (dots.length === 0) return undefined;
  const { measure } = rule;
  const quantity = said.find(({ rule: id }) => id === rule.rule)?.evidence.quantity ?? 'fault';
  const figure =
    measure.kind === 'model'
      ? measure.figure
      : { unit: `${unitOf(QUANTITIES[quantity].unit)}/h`, decimals: QUANTITIES[quantity].decimals };
  return {
    ...base,
    title: `${rule.sensorId} · ${rule.title.zh} ${rule.title.en} (${figure.unit || '1'})`,
    form: 'line',
    dots,
    scale: 10 ** figure.decimals,
    limits: limitsOf(rule),
  };
}

/** All charts of one subject over one stretch of time, as SVG. */
export function chartsOf(figures: Figures, subject: string, stretch: Stretch): readonly string[] {
  const base = baseOf(figures, subject, stretch);
  const { rules } = figures.run.ruleSet;
  const said = figures.run.transitions.filter(({ subject: { id } }) => id === subject);
  const own = rules.filter(({ pointId }) => pointId === subject);
  const sensors = new Set([...own.map(({ sensorId }) => sensorId), subject]);
  const charts = figures.series
    .filter(({ sensor }) => sensors.has(sensor.sensorId) || sensor.pointId === subject)
    .flatMap((series): (Chart | undefined)[] => {
      const watching = own.filter(({ sensorId }) => sensorId === series.sensor.sensorId);
      return [
        seriesChart(base, series, watching),
        ...watching.map((rule) => {
          const { measure } = rule;
          if (measure.kind === 'value') return undefined;
          if (measure.kind === 'rollingSum') return sumChart(base, series, rule, measure.windowMs);
          return dotChart(base, rule, said);
        }),
      ];
    });
  return charts.flatMap((chart) => (chart === undefined ? [] : [drawChart(chart)]));
}
