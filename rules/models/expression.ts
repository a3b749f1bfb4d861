/**
 * A figure by an expression (CEL) over named values of a point's sensors: the way out where no model fits. The expression
 * is parsed and type-checked at the centre (rules/expression/), and runs here as a list of numbers, at the edge and the
 * centre alike.
 *
 * A value without data is unknown, as CEL has it: unknown in, unknown out, except where `&&`, `||` or a choice is decided
 * without it; an unknown result is no figure, and levels stay. `has(values.name)` asks. A sum with a hole is known from
 * below only: `rain3h >= 30.0` may then be true, and is undecided rather than false; the figure is then the least that it
 * can be, which may raise and never lowers. Several sensors of one quantity at a
 * point give the highest, or with `pick: lowest` the lowest.
 */
import { isQuantityCode, QUANTITIES, type QuantityCode, UNIT_TEXT } from '#model/quantity.ts';
import type { Params } from '#model/rule-set.ts';
import type { Text } from '#model/text.ts';
import { DAY_MS, HOUR_MS } from '#model/time.ts';
import { sayDuration, sayNumber } from '../texts.ts';
import { defineModel, type Figure, type ModelSample, type ModelSensor, type Place } from './hazard-model.ts';
import { type Interval, runProgram } from './kit/program.ts';
import { ROW_NUMBERS, rowNumbers, type Seen, seeValue, takeValue, VALUE_STATS, type ValueRow } from './kit/values.ts';
import { STAT_NAME, type WindowStat } from './window-stat.ts';

export type ExpressionParams = Params & {
  readonly expression: string;
  readonly values: readonly ValueRow[];
  readonly unit: string | null;
  readonly decimals: number;
  readonly worse: 'higher' | 'lower';
  /** Made of the expression by rules/expression/prepare.ts. */
  readonly program: readonly number[] | null;
};

/** The newest instant of any input, then the rows' memories, row by row, sensor by sensor. */
const NEWEST = 0;
const FIXED = 1;

export const expression = defineModel<ExpressionParams>({
  kind: 'expression',
  doc: 'A figure by an expression in the Common Expression Language over named values of the sensors of a point.',
  quantities: Object.keys(QUANTITIES) as QuantityCode[],
  params: {
    expression: { type: 'text', doc: 'the expression in CEL; true and false count as 1 and 0' },
    values: {
      type: 'rows',
      doc: 'the values that it may name',
      columns: {
        name: { type: 'text', doc: 'its name in the expression' },
        quantity: { type: 'text', doc: 'the quantity of its sensor at the point' },
        sensor: { type: 'text', optional: true, doc: 'this sensor and no other' },
        stat: { type: 'choice', of: VALUE_STATS, doc: 'sum, rate, or a statistic of the window' },
        window: { type: 'duration', default: HOUR_MS, min: 6_000, doc: 'window of the statistic' },
        per: { type: 'duration', default: HOUR_MS, min: 1_000, doc: 'of a rate: mm per this' },
        pick: { type: 'choice', of: ['highest', 'lowest'], default: 'highest', doc: 'among several sensors' },
      },
    },
    unit: { type: 'text', optional: true, doc: "the figure's unit" },
    worse: {
      type: 'choice',
      of: ['higher', 'lower'],
      default: 'higher',
      doc: 'which way the figure is worse; lower with raiseWhen: below, so that a hole in the data raises nothing',
    },
    decimals: { type: 'whole', default: 2, min: 0, max: 6, doc: "the figure's decimals" },
    program: { type: 'list', of: 'number', optional: true, doc: 'made of the expression; not written by hand' },
  },
  per: 'sensor',
  roles: [
    {
      role: 'values',
      quantities: Object.keys(QUANTITIES) as QuantityCode[],
      ...{
        from: 'point',
        many: true,
        min: 0,
        doc: "the other sensors of the point, or those that the rule's inputs name",
      },
    },
  ],
  figure: ({ unit, decimals }) => ({ name: { zh: '综合指标', en: 'combined figure' }, unit: unit ?? '', decimals }),
  defaults: { onDelayMs: 0, offDelayMs: 600_000, deadbandPart: 0 },
  numbers: ({ values }, sensors) => FIXED + sensors * rowNumbers(values),
  check: checkValues,
  unseen: ({ values }, sensors) =>
    values.flatMap(({ name, quantity, sensor }) =>
      sensors.some((one) => (sensor === null ? one.quantity === quantity : one.sensorId === sensor))
        ? []
        : [`the value "${name}" (${sensor ?? quantity})`],
    ),
  step: stepExpression,
  windowMs: ({ values }) => Math.max(...values.map(({ window }) => window)),
});

type Finding = { readonly path: string; readonly message: string; readonly mend?: string };

function checkValues({ values }: ExpressionParams): readonly Finding[] {
  const names = new Set<string>();
  return values.flatMap(({ name, quantity, stat, window }): Finding[] => {
    const find = (message: string, mend: string): Finding[] => [
      { path: 'values', message: `${name}: ${message}`, mend },
    ];
    if (names.has(name)) return find('this name is there twice', 'rename one');
    names.add(name);
    if (!isQuantityCode(quantity))
      return find(`"${quantity}" is no quantity`, `choose one of ${Object.keys(QUANTITIES).join(', ')}`);
    const isSum = QUANTITIES[quantity].kind === 'increment';
    if ((stat === 'sum') !== isSum)
      return find(
        isSum ? `${quantity} comes as amounts, which are summed` : `${quantity} is no amount that could be summed`,
        isSum ? 'use stat: sum' : 'use rate, mean, min, max, range, deviation or last',
      );
    if (stat === 'sum' && (window < 60_000 || window > 30 * DAY_MS))
      return find('a sum has a window of 1m to 30d', 'change the window');
    return [];
  });
}

const rowMatches = (row: ValueRow, sensor: ModelSensor): boolean =>
  row.sensor === null ? row.quantity === sensor.quantity : row.sensor === sensor.sensorId;

function stepExpression(place: Place<ExpressionParams>, input: number, sample: ModelSample): Figure | undefined {
  const { params, sensors, memory } = place;
  const sensor = sensors[input];
  if (sensor === undefined || params.program === null) return undefined;
  memory[NEWEST] = Math.max(memory[NEWEST] as number, sample.atMs);
  let base = FIXED;
  for (const row of params.values) {
    const size = ROW_NUMBERS(row);
    if (rowMatches(row, sensor)) takeValue(memory, base + input * size, row, sensor, sample);
    base += sensors.length * size;
  }
  return figureOf(place, params.program);
}

function figureOf(place: Place<ExpressionParams>, program: readonly number[]): Figure | undefined {
  const values = seeAll(place);
  const result = runProgram(program, values);
  if (result === undefined) return undefined;
  const value = place.params.worse === 'higher' ? result.low : result.high;
  if (!Number.isFinite(value)) return undefined;
  const suspect = values.some((value) => value?.suspect === true);
  const sure = result.low === result.high && !suspect;
  return {
    ...{ value, coverage: null, mayLower: sure, mayBeMore: !sure },
    say: () => sayValues(place.params, values),
  };
}

/** Each row's value; undefined where no sensor has data for it. */
function seeAll({ params, sensors, memory }: Place<ExpressionParams>): readonly (Seen | undefined)[] {
  const nowMs = memory[NEWEST] as number;
  let base = FIXED;
  return params.values.map((row) => {
    const size = ROW_NUMBERS(row);
    let best: Seen | undefined;
    for (let index = 0; index < sensors.length; index++) {
      const sensor = sensors[index];
      if (sensor === undefined || !rowMatches(row, sensor)) continue;
      const seen = seeValue(memory, base + index * size, row, sensor, nowMs);
      if (seen !== undefined) best = best === undefined ? seen : join(row, best, seen);
    }
    base += sensors.length * size;
    return best;
  });
}

function join({ pick }: ValueRow, a: Seen, b: Seen): Seen {
  const better = pick === 'highest' ? Math.max : Math.min;
  return { low: better(a.low, b.low), high: better(a.high, b.high), suspect: a.suspect || b.suspect };
}

function sayValue(row: ValueRow, seen: (Interval & { readonly suspect: boolean }) | undefined): Text {
  const quantity = row.quantity as QuantityCode;
  const { name, unit, decimals } = QUANTITIES[quantity];
  const time = sayDuration(row.window);
  const what: Text =
    row.stat === 'sum'
      ? { zh: `${time.zh}${name.zh}`, en: `${name.en} in ${time.en}` }
      : row.stat === 'rate'
        ? { zh: `${time.zh}${name.zh}速率`, en: `rate of ${name.en} over ${time.en}` }
        : {
            zh: `${row.stat === 'last' ? '' : time.zh}${name.zh}${STAT_NAME[row.stat as WindowStat].zh}`,
            en: `${STAT_NAME[row.stat as WindowStat].en} of ${name.en}${row.stat === 'last' ? '' : ` over ${time.en}`}`,
          };
  if (seen === undefined) return { zh: `${what.zh}无数据`, en: `no data for ${what.en}` };
  const per = row.stat === 'rate' ? sayPer(row.per) : '';
  const text = UNIT_TEXT[unit] ?? unit;
  const least = seen.low === seen.high ? { zh: '', en: '' } : { zh: '不少于 ', en: 'at least ' };
  const doubt = seen.suspect ? { zh: '（可疑）', en: ' (suspect)' } : { zh: '', en: '' };
  const number = `${sayNumber(quantity, Math.round(seen.low * 10 ** decimals))}${text === '' ? '' : ` ${text}`}${per}`;
  return { zh: `${what.zh} ${least.zh}${number}${doubt.zh}`, en: `${what.en} ${least.en}${number}${doubt.en}` };
}

const sayPer = (perMs: number): string =>
  perMs === HOUR_MS ? '/h' : perMs === DAY_MS ? '/d' : perMs === 60_000 ? '/min' : `/(${perMs / HOUR_MS} h)`;

function sayValues({ values }: ExpressionParams, seen: readonly (Seen | undefined)[]): Text {
  const said = values.map((row, index) => sayValue(row, seen[index]));
  return { zh: said.map(({ zh }) => zh).join('，'), en: said.map(({ en }) => en).join(', ') };
}
