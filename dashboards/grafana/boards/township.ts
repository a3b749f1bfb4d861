/** One township at a glance, chosen at the head of the board. */
import { type Context, said, textIn } from '../context.ts';
import { chosen } from '../influx-query.ts';
import type { Board } from '../layout.ts';
import { quantitiesOf } from '../names.ts';
import { townshipVariables } from '../variables.ts';
import { smokePanel } from './devices.ts';
import { valuePanels } from './gauges.ts';
import { alertsTable } from './overview.ts';
import { hourlyRain, rainSums } from './rain.ts';

const WHERE = chosen(['township']);

export function townshipBoard(context: Context): Board {
  const has = new Set(quantitiesOf(context));
  const gauge = (quantity: 'level' | 'displacement', aggregate: 'mean' | 'max') =>
    has.has(quantity) ? valuePanels(context, { quantity, where: WHERE, aggregate }) : [];
  return {
    key: 'township',
    title: `${textIn(context, context.registry.county.name)} · ${said(context, '乡镇', 'township')}`,
    description: said(
      context,
      '一个乡镇的预警、雨量、水位、位移与烟感。',
      'Alerts, rain, water, slopes and smoke of one township.',
    ),
    from: 'now-24h',
    variables: townshipVariables(context),
    panels: [
      alertsTable(context, WHERE, 24, 7),
      ...(has.has('rain') ? [rainSums(context, WHERE), hourlyRain(context, WHERE)] : []),
      ...gauge('level', 'max'),
      ...gauge('displacement', 'mean'),
      ...(has.has('smoke') ? [smokePanel(context, WHERE)] : []),
    ],
  };
}
