/** Slopes: how far, how fast, and whether ever faster, each against the limits of its rules. */
import type { QuantityCode } from '#model/quantity.ts';
import { type Context, said } from '../context.ts';
import { chosen, variable } from '../influx-query.ts';
import type { Board } from '../layout.ts';
import { quantitiesOf } from '../names.ts';
import { choiceVariable, placeVariables } from '../variables.ts';
import { accelerationPanels, changePanels, type GaugePanels, valuePanels } from './gauges.ts';

const MOVING: readonly QuantityCode[] = ['displacement', 'displacementX', 'displacementY', 'displacementZ', 'tilt'];
const STRETCHES = ['1h', '2h', '6h', '12h', '1d'] as const;

export function displacementBoard(context: Context): Board {
  const quantities = quantitiesOf(context).filter((quantity) => MOVING.includes(quantity));
  const every = `time(${variable('stretch', 'raw')})`;
  const panels = quantities.flatMap((quantity) => {
    const gauge: GaugePanels = {
      ...{ quantity, aggregate: 'mean' },
      where: chosen(['township', 'village', 'point', 'sensor']),
    };
    return [
      ...valuePanels(context, { ...gauge, width: 24 }),
      ...changePanels(context, gauge, 'd', every),
      ...accelerationPanels(context, gauge, every),
    ];
  });
  return {
    key: 'displacement',
    title: said(context, '位移', 'displacement'),
    description: said(
      context,
      '速率与加速度由相邻时段的平均值求得，时段长度在上方选择；规则用回归，限值线供对照。',
      'Rate and acceleration compare the means of neighbouring stretches, whose length is chosen above; the rules fit lines, so the limits are for orientation.',
    ),
    from: 'now-7d',
    variables: [
      ...placeVariables(context, quantities),
      choiceVariable(
        'stretch',
        said(context, '求速率的时段', 'stretch of the rate'),
        STRETCHES.map((text) => ({ text, value: text })),
        '6h',
      ),
    ],
    panels,
  };
}
