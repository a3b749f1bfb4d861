/** Water: levels against the rules' limits and the station's own table, how fast they rise, and discharge where it is metered. */
import type { QuantityCode } from '#model/quantity.ts';
import { type Context, said } from '../context.ts';
import { chosen } from '../influx-query.ts';
import type { Board } from '../layout.ts';
import { quantitiesOf } from '../names.ts';
import { placeVariables } from '../variables.ts';
import { changePanels, valuePanels } from './gauges.ts';

const WHERE = chosen(['township', 'village', 'point', 'sensor']);
const FURTHER: readonly QuantityCode[] = ['flow', 'velocity', 'distance', 'pressure'];

export function waterBoard(context: Context): Board {
  const further = quantitiesOf(context).filter((quantity) => FURTHER.includes(quantity));
  // The highest of each interval: a flood's peak must not drown in a mean.
  const level = { quantity: 'level', where: WHERE, aggregate: 'max' } as const;
  return {
    key: 'water',
    title: said(context, '水情', 'water'),
    description: said(
      context,
      '水位为水尺读数，限值线同规则与站表。',
      'Levels as on the gauge; lines as in the rules and the station table.',
    ),
    from: 'now-24h',
    variables: placeVariables(context, ['level', ...further]),
    panels: [
      ...valuePanels(context, level),
      ...changePanels(context, level, 'h', 'time(30m)'),
      ...further.flatMap((quantity) => valuePanels(context, { quantity, where: WHERE, aggregate: 'max' })),
    ],
  };
}
