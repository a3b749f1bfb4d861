/** The panels that the boards are made of: lines, bars, single figures, tables and state time lines, each with its gaps. */
import {
  BigValueColorMode,
  BigValueGraphMode,
  BigValueTextMode,
  GraphDrawStyle,
  GraphThresholdsStyleConfigBuilder,
  GraphThresholdsStyleMode,
  LegendDisplayMode,
  LegendPlacement,
  ReduceDataOptionsBuilder,
  SortOrder,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import type {
  DataTransformerConfig,
  DynamicConfigValue,
  ValueMapping,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { PanelBuilder as StatPanel } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as StateTimeline } from '@grafana/grafana-foundation-sdk/statetimeline';
import { PanelBuilder as TablePanel } from '@grafana/grafana-foundation-sdk/table';
import { PanelBuilder as TimeSeries } from '@grafana/grafana-foundation-sdk/timeseries';
import { DOUBT, stepsOf, thresholdsOf } from './colours.ts';
import { type Context, DATASOURCE, said } from './context.ts';
import { influxTarget, type Question } from './influx-query.ts';
import type { PlacedPanel } from './layout.ts';
import type { LimitLine } from './limits.ts';

/** How a series is called on the screen, by the name that the question gives it. */
export type SeriesName = { readonly series: string; readonly text: string; readonly colour?: string };

type Common = {
  readonly key: string;
  readonly title: string;
  readonly description?: string;
  readonly width?: number;
  readonly height?: number;
  readonly questions: readonly Question[];
  readonly names?: readonly SeriesName[];
};

/** What all panels' builders share; each call returns the builder itself. */
type AnyBuilder = {
  readonly title: (title: string) => unknown;
  readonly description: (text: string) => unknown;
  readonly datasource: (ref: { type: string; uid: string }) => unknown;
  readonly withTarget: (target: ReturnType<typeof influxTarget>) => unknown;
  readonly overrideByName: (name: string, properties: DynamicConfigValue[]) => unknown;
};

/** The mark that a series of doubtful values bears after its name. */
export const DOUBT_MARK = ' ?';

function dress(panel: AnyBuilder, { title, description, questions, names = [] }: Common): void {
  panel.title(title);
  panel.datasource({ ...DATASOURCE });
  if (description !== undefined) panel.description(description);
  for (const question of questions) panel.withTarget(influxTarget(question));
  for (const { series, text, colour } of names) {
    const properties: DynamicConfigValue[] = [{ id: 'displayName', value: text }];
    if (colour !== undefined) properties.push({ id: 'color', value: { mode: 'fixed', fixedColor: colour } });
    panel.overrideByName(series, properties);
  }
}

const placed = (common: Common, panel: PlacedPanel['panel']): PlacedPanel => {
  const { key, width = 12, height = 9 } = common;
  return { key, width, height, panel };
};

export type Lines = Common & {
  readonly unit: string;
  readonly decimals?: number;
  readonly draw?: 'line' | 'bars';
  readonly limits?: readonly LimitLine[];
  /** Intervals without a value break the line when they last longer than this; of answers that have empty intervals. */
  readonly gapMs?: number;
  /** The same for answers that leave empty intervals out: longer than the distance of two values. */
  readonly holeMs?: number;
  /** Never finer than this. */
  readonly interval?: string;
  readonly timeShift?: string;
};

const legend = () =>
  new VizLegendOptionsBuilder()
    .displayMode(LegendDisplayMode.List)
    .placement(LegendPlacement.Bottom)
    .showLegend(true)
    .calcs([]);

export function lines(common: Lines): PlacedPanel {
  const { unit, decimals, draw = 'line', limits = [], gapMs, holeMs, interval, timeShift } = common;
  const panel = new TimeSeries()
    .unit(unit)
    .drawStyle(draw === 'bars' ? GraphDrawStyle.Bars : GraphDrawStyle.Line)
    .fillOpacity(draw === 'bars' ? 70 : 0)
    .lineWidth(draw === 'bars' ? 0 : 1)
    .showPoints(VisibilityMode.Auto)
    .legend(legend())
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending))
    .spanNulls(gapMs ?? false)
    .insertNulls(holeMs ?? false)
    // Values in doubt are points of their own colour, never part of a line.
    .overrideByRegexp('/ \\?$/', [
      { id: 'custom.drawStyle', value: 'points' },
      { id: 'custom.pointSize', value: 7 },
      { id: 'color', value: { mode: 'fixed', fixedColor: DOUBT } },
    ]);
  if (decimals !== undefined) panel.decimals(decimals);
  if (interval !== undefined) panel.interval(interval);
  if (timeShift !== undefined) panel.timeShift(timeShift);
  if (limits.length > 0)
    panel
      .thresholds(thresholdsOf(stepsOf(limits)))
      .thresholdsStyle(new GraphThresholdsStyleConfigBuilder().mode(GraphThresholdsStyleMode.Dashed));
  dress(panel, common);
  return placed(common, panel);
}

export function timeline(
  common: Common & { readonly mappings: readonly ValueMapping[]; readonly gapMs: number; readonly interval: string },
): PlacedPanel {
  const panel = new StateTimeline()
    .mappings([...common.mappings])
    .showValue(VisibilityMode.Auto)
    .mergeValues(true)
    .rowHeight(0.8)
    .fillOpacity(80)
    .lineWidth(0)
    .legend(legend())
    .spanNulls(common.gapMs)
    .interval(common.interval);
  dress(panel, common);
  return placed(common, panel);
}

/** One figure a series, the last one of its answer. */
export function figures(
  common: Common & { readonly unit?: string; readonly noValue?: string; readonly isCounted?: boolean },
): PlacedPanel {
  const panel = new StatPanel()
    .graphMode(BigValueGraphMode.None)
    .colorMode(common.isCounted === true ? BigValueColorMode.Background : BigValueColorMode.Value)
    .textMode(BigValueTextMode.ValueAndName)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']).values(false))
    .noValue(common.noValue ?? '—');
  if (common.unit !== undefined) panel.unit(common.unit);
  dress(panel, common);
  return placed(common, panel);
}

export type Table = Common & {
  /** By which column several answers are joined. */
  readonly joinBy?: string;
  readonly columns: readonly { readonly name: string; readonly text: string; readonly unit?: string }[];
  /** Words for codes, by the column as it is shown; coloured where a colour says something. */
  readonly mappings?: readonly {
    readonly column: string;
    readonly mappings: readonly ValueMapping[];
    readonly isColoured?: true;
  }[];
  readonly hasTime?: boolean;
};

function transformationsOf({ joinBy, columns, hasTime = false }: Table): DataTransformerConfig[] {
  const order = Object.fromEntries(columns.map(({ name }, index) => [name, index + 1]));
  const renamed = Object.fromEntries(columns.map(({ name, text }) => [name, text]));
  return [
    ...(hasTime ? [] : [{ id: 'filterFieldsByName', options: { exclude: { names: ['Time'] } } }]),
    ...(joinBy === undefined ? [] : [{ id: 'joinByField', options: { byField: joinBy, mode: 'outer' } }]),
    { id: 'organize', options: { excludeByName: {}, indexByName: order, renameByName: renamed } },
  ];
}

export function table(common: Table): PlacedPanel {
  const panel = new TablePanel().filterable(true).transformations(transformationsOf(common));
  for (const { text, unit } of common.columns)
    if (unit !== undefined) panel.overrideByName(text, [{ id: 'unit', value: unit }]);
  for (const { column, mappings, isColoured = false } of common.mappings ?? [])
    panel.overrideByName(column, [
      { id: 'mappings', value: [...mappings] },
      ...(isColoured ? [{ id: 'custom.cellOptions', value: { type: 'color-text' } }] : []),
    ]);
  dress(panel, common);
  return placed(common, panel);
}

/** The lines of a panel in words; which holds when is not to be seen in a line. */
export function limitsText(context: Context, limits: readonly LimitLine[], unit: string): string {
  if (limits.length === 0) return said(context, '没有规则限值线。', 'No limit line of a rule.');
  const text = limits.map(({ value, level, name, atTimes }) => {
    const colour = level === undefined ? said(context, '特征水位', 'station') : levelText(context, level);
    const when = atTimes ? said(context, '（按季节或时段）', ' (at its season or hours)') : '';
    return `${value} ${unit} ${colour} ${context.lang === 'zh' ? name.zh : name.en}${when}`;
  });
  return `${said(context, '限值', 'limits')}: ${text.join('; ')}`;
}

const LEVEL_ZH = { blue: '蓝', yellow: '黄', orange: '橙', red: '红' } as const;
const levelText = (context: Context, level: keyof typeof LEVEL_ZH): string => said(context, LEVEL_ZH[level], level);
