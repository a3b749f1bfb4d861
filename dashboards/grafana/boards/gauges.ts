/** Panels of a gauge's value and of its change, a panel for each set of limit lines. */
import { QUANTITIES, type QuantityCode, UNIT_TEXT } from '#model/quantity.ts';
import type { Sensor } from '#model/registry.ts';
import { DAY_MS } from '#model/time.ts';
import { type Context, said, textIn } from '../context.ts';
import { all, measurement, membership } from '../influx-query.ts';
import type { PlacedPanel } from '../layout.ts';
import { type Figure, type LimitGroup, limitGroups } from '../limits.ts';
import { gapOf, sensorNames, unitOf, withQuantity } from '../names.ts';
import { limitsText, lines } from '../panels.ts';
import { change, changeOfChange, valuesAndDoubts } from '../questions.ts';

/** Panels with lines of their own, each quantity and figure. */
const MOST_GROUPS = 24;

/** Longer than the distance of two means, whatever stretch is chosen. */
const LONGEST_MS = 1.5 * DAY_MS;

export type GaugePanels = {
  readonly quantity: QuantityCode;
  /** The board's condition on places. */
  readonly where: string;
  readonly aggregate: 'mean' | 'max';
  readonly width?: number;
};

const idsOf = (sensors: readonly Sensor[]): readonly string[] => sensors.map(({ id }) => id);
const memberOf = (context: Context, quantity: QuantityCode, { sensors }: LimitGroup): string | undefined =>
  membership(idsOf(sensors), idsOf(withQuantity(context, quantity)));

/** The sensor's or its points' names where the group is small, else how many. */
function whose(context: Context, { sensors }: LimitGroup): string {
  const points = [...new Set(sensors.map(({ pointId }) => pointId))];
  if (points.length > 3) return said(context, `${points.length} 处`, `${points.length} points`);
  return points.map((id) => textIn(context, context.registry.points.get(id)?.name ?? { zh: id, en: id })).join('、');
}

const unitText = (quantity: QuantityCode, per = ''): string =>
  `${UNIT_TEXT[QUANTITIES[quantity].unit] ?? QUANTITIES[quantity].unit}${per}`;

export function valuePanels(
  context: Context,
  { quantity, where, aggregate, width = 12 }: GaugePanels,
): readonly PlacedPanel[] {
  const figure: Figure = { kind: 'value' };
  return limitGroups(context, withQuantity(context, quantity), figure, MOST_GROUPS).map((group, index) =>
    lines({
      key: `${quantity}-value-${index + 1}`,
      title: `${textIn(context, QUANTITIES[quantity].name)} · ${whose(context, group)}`,
      description: limitsText(context, group.lines, unitText(quantity)),
      ...{ width, unit: unitOf(quantity), limits: group.lines, gapMs: gapOf(group.sensors), interval: '10s' },
      questions: valuesAndDoubts(aggregate, {
        from: measurement(quantity),
        where: all(where, memberOf(context, quantity, group)),
      }),
      names: sensorNames(context, group.sensors),
    }),
  );
}

/** `every` is the stretch whose means are compared: the longer, the less noise and the later. */
export function changePanels(
  context: Context,
  { quantity, where, width = 12 }: GaugePanels,
  per: 'h' | 'd',
  every: string,
): readonly PlacedPanel[] {
  const figure: Figure = { kind: 'rate', per };
  return limitGroups(context, withQuantity(context, quantity), figure, MOST_GROUPS).map((group, index) =>
    lines({
      key: `${quantity}-rate-${index + 1}`,
      title: said(
        context,
        `${QUANTITIES[quantity].name.zh}速率 · ${whose(context, group)}`,
        `rate of ${QUANTITIES[quantity].name.en} · ${whose(context, group)}`,
      ),
      description: limitsText(context, group.lines, unitText(quantity, `/${per}`)),
      ...{ width, unit: `suffix: ${unitText(quantity, `/${per}`)}`, limits: group.lines, holeMs: LONGEST_MS },
      questions: [
        change('A', `1${per}`, {
          from: measurement(quantity),
          where: all(where, memberOf(context, quantity, group)),
          every,
        }),
      ],
      names: sensorNames(context, group.sensors),
    }),
  );
}

export function accelerationPanels(
  context: Context,
  { quantity, where, width = 12 }: GaugePanels,
  every: string,
): readonly PlacedPanel[] {
  const figure: Figure = { kind: 'acceleration', per: 'd' };
  return limitGroups(context, withQuantity(context, quantity), figure, MOST_GROUPS).map((group, index) =>
    lines({
      key: `${quantity}-acceleration-${index + 1}`,
      title: said(
        context,
        `${QUANTITIES[quantity].name.zh}加速度 · ${whose(context, group)}`,
        `acceleration of ${QUANTITIES[quantity].name.en} · ${whose(context, group)}`,
      ),
      description: limitsText(context, group.lines, unitText(quantity, '/d²')),
      ...{ width, unit: `suffix: ${unitText(quantity, '/d²')}`, limits: group.lines, holeMs: LONGEST_MS },
      questions: [
        changeOfChange('A', '1d', {
          from: measurement(quantity),
          where: all(where, memberOf(context, quantity, group)),
          every,
        }),
      ],
      names: sensorNames(context, group.sensors),
    }),
  );
}
