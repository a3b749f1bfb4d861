/**
 * k of n: how many sensors of a point, of a zone or of a list reached a value within a trailing window, each for itself.
 * The voting of independent sensors; which k raises is the rule's limits. A sensor without a value in the window has no
 * vote: the count may then be higher and lowers nothing.
 */
import { fromSteps, QUANTITIES, type QuantityCode, toSteps, UNIT_TEXT } from '#model/quantity.ts';
import type { Params } from '#model/rule-set.ts';
import { sayDuration } from '../texts.ts';
import { defineModel, type Figure, type ModelSample, type Place } from './hazard-model.ts';

type VoteParams = Params & { readonly reach: number; readonly when: 'above' | 'below'; readonly window: number };

const GAUGES = (Object.keys(QUANTITIES) as QuantityCode[]).filter((code) => QUANTITIES[code].kind !== 'increment');

const NEWEST = 0;
const FIXED = 1;
// Of each sensor, 0 when there was none: its newest sample that reached the value, and its newest one without a doubt.
const REACHED = 0;
const SURE = 1;
const SENSOR = 2;

export const kOfN = defineModel<VoteParams>({
  kind: 'kOfN',
  doc: 'How many of the sensors of a point, a zone or a list reached a value within a window.',
  quantities: GAUGES,
  params: {
    reach: { type: 'number', doc: "the value that counts, in the quantity's unit" },
    when: {
      type: 'choice',
      of: ['above', 'below'],
      default: 'above',
      doc: 'reached at or above the value, or at or below',
    },
    window: { type: 'duration', min: 1_000, doc: 'how long a sensor counts after it reached the value' },
  },
  per: 'group',
  upwardsOnly: true,
  roles: [
    { role: 'others', from: 'named', many: true, min: 0, doc: 'further sensors of the same quantity that are counted' },
  ],
  figure: () => ({ name: { zh: '达到限值的传感器数', en: 'sensors that reached the value' }, unit: '', decimals: 0 }),
  defaults: { onDelayMs: 0, offDelayMs: 600_000, deadbandPart: 0 },
  numbers: (_params, sensors) => FIXED + sensors * SENSOR,
  step: stepVotes,
  windowMs: ({ window }) => window,
});

function stepVotes(place: Place<VoteParams>, input: number, sample: ModelSample): Figure | undefined {
  const { params, sensors, memory } = place;
  const sensor = sensors[input];
  if (sensor === undefined) return undefined;
  const limit = toSteps(sensor.quantity, params.reach);
  const reached = params.when === 'above' ? sample.value >= limit : sample.value <= limit;
  const at = FIXED + input * SENSOR;
  memory[NEWEST] = Math.max(memory[NEWEST] as number, sample.atMs);
  if (reached) memory[at + REACHED] = Math.max(memory[at + REACHED] as number, sample.atMs);
  if (!sample.suspect) memory[at + SURE] = Math.max(memory[at + SURE] as number, sample.atMs);
  return countVotes(place, sample.suspect);
}

function countVotes({ params, sensors, memory }: Place<VoteParams>, suspect: boolean): Figure {
  const from = (memory[NEWEST] as number) - params.window;
  let reached = 0;
  let known = 0;
  for (let index = 0; index < sensors.length; index++) {
    if ((memory[FIXED + index * SENSOR + REACHED] as number) > from) reached++;
    if ((memory[FIXED + index * SENSOR + SURE] as number) > from) known++;
  }
  const all = known === sensors.length;
  return {
    ...{ value: reached, coverage: known / sensors.length, mayLower: all && !suspect, mayBeMore: !all || suspect },
    say: () => {
      const quantity = sensors[0]?.quantity ?? 'contact';
      const unit = UNIT_TEXT[QUANTITIES[quantity].unit] ?? '';
      const number = `${fromSteps(quantity, toSteps(quantity, params.reach))}${unit === '' ? '' : ` ${unit}`}`;
      const time = sayDuration(params.window);
      const rest = sensors.length - known;
      const above = params.when === 'above';
      return {
        zh: `${time.zh}内 ${sensors.length} 个传感器中 ${reached} 个${QUANTITIES[quantity].name.zh}${above ? '达到或超过' : '不高于'} ${number}${rest === 0 ? '' : `（${rest} 个无可信数据）`}`,
        en: `${reached} of ${sensors.length} sensors had a ${QUANTITIES[quantity].name.en} ${above ? 'at or above' : 'at or below'} ${number} within ${time.en}${rest === 0 ? '' : ` (${rest} without trusted data)`}`,
      };
    },
  };
}
