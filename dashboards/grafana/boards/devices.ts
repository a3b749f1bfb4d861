/** Fire and devices: states as time lines, heat and density with their limits, and why values are missing. */
import { QUANTITIES, type QuantityCode } from '#model/quantity.ts';
import { type Context, said, textIn } from '../context.ts';
import { all, chosen, measurement, TIME, variable } from '../influx-query.ts';
import type { Board, PlacedPanel } from '../layout.ts';
import { badMappings, smokeMappings, stateMappings } from '../mappings.ts';
import { gapOf, quantitiesOf, sensorNames, withQuantity } from '../names.ts';
import { lines, timeline } from '../panels.ts';
import { overTime } from '../questions.ts';
import { placeVariables } from '../variables.ts';
import { valuePanels } from './gauges.ts';

const TAGS = ['township', 'village', 'point', 'sensor'] as const;
const WHERE = chosen(TAGS);
const MEASURED: readonly QuantityCode[] = [
  'smokeDensity',
  'smokeConcentration',
  'temperature',
  'battery',
  'voltage',
  'soilMoisture',
];

export const smokePanel = (context: Context, where = WHERE, width = 24): PlacedPanel => {
  const heads = withQuantity(context, 'smoke');
  return timeline({
    key: 'smoke',
    title: textIn(context, QUANTITIES.smoke.name),
    ...{ width, height: 8, mappings: smokeMappings(context.lang), gapMs: gapOf(heads), interval: '10s' },
    questions: [overTime('A', 'max("value")', { from: measurement('smoke'), where })],
    names: sensorNames(context, heads),
  });
};

function statePanel(context: Context, states: readonly QuantityCode[]): PlacedPanel {
  const sensors = withQuantity(context, ...states);
  return timeline({
    key: 'states',
    title: said(context, '设备状态', 'states of devices'),
    ...{ width: 24, height: 10, mappings: stateMappings(context.lang), gapMs: gapOf(sensors), interval: '10s' },
    questions: [overTime('A', 'max("value")', { from: measurement(...states), where: WHERE })],
    names: sensorNames(context, sensors),
  });
}

/** Every quantity: a reading without a value has its reason. */
const everything = `/^${variable('origin', 'raw')}_/`;

const reasonsPanel = (context: Context): PlacedPanel =>
  timeline({
    key: 'reasons',
    title: said(context, '没有取到值的原因', 'why there is no value'),
    ...{ width: 24, height: 10, mappings: badMappings(context.lang), gapMs: 60_000, interval: '10s' },
    questions: [overTime('A', 'max("bad")', { from: everything, where: WHERE })],
    names: sensorNames(context, context.sensors),
  });

function qualityPanel(context: Context): PlacedPanel {
  const question = (refId: string, field: string, alias: string) => ({
    refId,
    query: `SELECT count("${field}") FROM ${everything} WHERE ${all(WHERE, TIME)} GROUP BY time($__interval), "edge" fill(0)`,
    alias: `$tag_edge $m ${alias}`,
  });
  return lines({
    key: 'quality',
    title: said(context, '缺测与可疑（按网关与物理量）', 'missing and doubtful by edge box and quantity'),
    ...{ width: 24, height: 8, unit: 'short', draw: 'bars', interval: '10m' },
    questions: [
      question('A', 'bad', said(context, '缺测', 'missing')),
      question('B', 'suspect', said(context, '可疑', 'doubtful')),
    ],
  });
}

export function devicesBoard(context: Context): Board {
  const quantities = quantitiesOf(context);
  const states = quantities.filter((quantity) => QUANTITIES[quantity].kind === 'state' && quantity !== 'smoke');
  const measured = quantities.filter((quantity) => MEASURED.includes(quantity));
  return {
    key: 'devices',
    title: said(context, '消防与设备状态', 'fire and devices'),
    description: said(
      context,
      '烟感、设备状态与缺测原因的时间线。',
      'Time lines of smoke, of device states and of missing values.',
    ),
    from: 'now-6h',
    variables: placeVariables(context, quantities),
    panels: [
      ...(quantities.includes('smoke') ? [smokePanel(context)] : []),
      ...(states.length > 0 ? [statePanel(context, states)] : []),
      ...measured.flatMap((quantity) => valuePanels(context, { quantity, where: WHERE, aggregate: 'max' })),
      reasonsPanel(context),
      qualityPanel(context),
    ],
  };
}
