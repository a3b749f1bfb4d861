/**
 * How many heads of a zone are set off together: one is a pre-alarm and somebody goes and looks, two that are independent
 * are the fire; likewise the neighbouring sections of a side of the fence.
 */
import { QUANTITIES, type QuantityCode, toSteps } from '#model/quantity.ts';
import type { Text } from '#model/text.ts';
import { sayDuration } from '../texts.ts';
import { defineModel, type Figure, type ModelSample, type Place } from './hazard-model.ts';

type CoincidenceParams = { readonly at: number; readonly hold: number; readonly callPoints: number };
type Here = Place<CoincidenceParams>;

/** Newest instant of all; since when the present alarm runs, 0 without one. */
const NOW = 0;
const SINCE = 1;
const FIXED = 2;
/** A sensor's: newest stamp, newest stamp at which it was set off, newest at which it was calm; 0 is never. */
const LAST = 0;
const TRIPPED = 1;
const CALM = 2;
const SENSOR = 3;

const CALL_POINT = 'callPoints';
const NAMED_AT_MOST = 6;

const at = ({ memory }: Here, sensor: number, what: number): number => memory[FIXED + sensor * SENSOR + what] as number;

const now = ({ memory }: Here): number => memory[NOW] as number;

/** A head that fell silent while it was set off still counts: silence is no all-clear. */
function counts(place: Here, sensor: number): boolean {
  const tripped = at(place, sensor, TRIPPED);
  if (tripped === 0) return false;
  return tripped >= at(place, sensor, CALM) || now(place) - tripped < place.params.hold;
}

const isCallPoint = ({ sensors }: Here, sensor: number): boolean => sensors[sensor]?.role === CALL_POINT;

const isSilent = (place: Here, sensor: number): boolean =>
  now(place) - at(place, sensor, LAST) > (place.sensors[sensor]?.staleAfterMs ?? 0);

/** It spoke when the alarm began and does not now: it may have burnt. One that was dead before says nothing either way. */
const isLostInAlarm = (place: Here, sensor: number): boolean => {
  const since = place.memory[SINCE] as number;
  return since > 0 && at(place, sensor, LAST) >= since && isSilent(place, sensor) && !counts(place, sensor);
};

function take(place: Here, sensor: number, { atMs, value, suspect }: ModelSample): void {
  const { memory, params, sensors } = place;
  const quantity = sensors[sensor]?.quantity ?? 'smoke';
  const row = FIXED + sensor * SENSOR;
  const newer = (what: number): void => {
    memory[row + what] = Math.max(memory[row + what] as number, atMs);
  };
  const limit = isCallPoint(place, sensor) ? 1 : toSteps(quantity, params.at);
  newer(LAST);
  // A doubted calm is no calm; a doubted alarm is one.
  if (value >= limit) newer(TRIPPED);
  else if (!suspect) newer(CALM);
  memory[NOW] = Math.max(now(place), atMs);
}

type Seen = {
  readonly heads: readonly number[];
  readonly callPoints: readonly number[];
  readonly of: number;
  readonly heard: number;
};

function look(place: Here): Seen & { readonly lost: number } {
  const heads: number[] = [];
  const callPoints: number[] = [];
  let of = 0;
  let heard = 0;
  let lost = 0;
  for (let sensor = 0; sensor < place.sensors.length; sensor++) {
    const byHand = isCallPoint(place, sensor);
    if (counts(place, sensor)) (byHand ? callPoints : heads).push(sensor);
    if (byHand) continue;
    of++;
    if (at(place, sensor, LAST) > 0 && !isSilent(place, sensor)) heard++;
    if (isLostInAlarm(place, sensor)) lost++;
  }
  return { heads, callPoints, of, heard, lost };
}

const HEADS: { readonly [quantity in QuantityCode]?: Text } = {
  smoke: { zh: '个探测器报警', en: 'detectors in alarm' },
  smokeDensity: { zh: '个探测器报警', en: 'detectors in alarm' },
  temperature: { zh: '个感温探测器报警', en: 'heat detectors in alarm' },
  contact: { zh: '段触发', en: 'sections set off' },
};

function names({ sensors }: Here, which: readonly number[]): Text {
  const ids = which.slice(0, NAMED_AT_MOST).map((sensor) => sensors[sensor]?.sensorId ?? '');
  const more = which.length - ids.length;
  return {
    zh: `${ids.join('、')}${more > 0 ? `等 ${which.length} 个` : ''}`,
    en: `${ids.join(', ')}${more > 0 ? ` and ${more} more` : ''}`,
  };
}

function say(place: Here, { heads, callPoints, of, heard }: Seen): Text {
  const { params, sensors } = place;
  const quantity = sensors[0]?.quantity ?? 'smoke';
  const what = HEADS[quantity] ?? {
    zh: `个${QUANTITIES[quantity].name.zh}触发`,
    en: `sensors of ${QUANTITIES[quantity].name.en} set off`,
  };
  const span = params.hold === 0 ? { zh: '', en: '' } : sayDuration(params.hold);
  const within = params.hold === 0 ? span : { zh: `${span.zh}内`, en: ` within ${span.en}` };
  const listed = names(place, heads);
  const list = heads.length === 0 ? { zh: '', en: '' } : { zh: `（${listed.zh}）`, en: ` (${listed.en})` };
  const hands = names(place, callPoints);
  const byHand =
    callPoints.length === 0
      ? { zh: '', en: '' }
      : { zh: `，手动报警按钮被按下（${hands.zh}）`, en: `, call point pressed (${hands.en})` };
  const silent = of - heard;
  const dark = silent === 0 ? { zh: '', en: '' } : { zh: `，${silent} 个无数据`, en: `, ${silent} without data` };
  return {
    zh: `同一防区${within.zh} ${heads.length}/${of} ${what.zh}${list.zh}${dark.zh}${byHand.zh}`,
    en: `${heads.length} of ${of} ${what.en} in one zone${within.en}${list.en}${dark.en}${byHand.en}`,
  };
}

function judge(place: Here, suspect: boolean): Figure {
  const { memory, params } = place;
  const seen = look(place);
  const { heads, callPoints, of, heard, lost } = seen;
  const value = heads.length + Math.min(callPoints.length, params.callPoints);
  const mayLower = !suspect && lost === 0;
  if (value > 0 && memory[SINCE] === 0) memory[SINCE] = now(place);
  else if (value === 0 && mayLower) memory[SINCE] = 0;
  return {
    value,
    coverage: null,
    mayLower,
    mayBeMore: suspect || heard < of,
    say: () => say(place, seen),
  };
}

export const zoneCoincidence = defineModel<CoincidenceParams>({
  kind: 'zoneCoincidence',
  doc: 'Number of heads of a zone (or point) that are set off at once, a pressed manual call point counting as one. That two independent detectors, or a detector and a call point, of one zone stand for a fire is the logic that GB 50116 is quoted with (from memory: the limits are the county’s to set); one alone is a pre-alarm.',
  quantities: ['smoke', 'smokeDensity', 'temperature', 'contact', 'tamper'],
  params: {
    at: {
      type: 'number',
      default: 2,
      doc: 'From which value a head counts, in its unit: smoke 1 pre-alarm, 2 alarm; contact 1.',
    },
    hold: {
      type: 'duration',
      default: 0,
      max: 86_400_000,
      doc: 'How long a head counts after it was last set off; 0: as long as it is. For a fence, whose sections are set off one after the other.',
    },
    callPoints: {
      type: 'whole',
      default: 1,
      min: 0,
      max: 10,
      doc: 'How many of the pressed call points count; 0: none.',
    },
  },
  per: 'group',
  upwardsOnly: true,
  roles: [
    {
      role: CALL_POINT,
      quantities: ['callPoint'],
      from: 'point',
      many: true,
      min: 0,
      doc: 'Manual call points, which count like a head.',
    },
  ],
  figure: () => ({ name: { zh: '同区报警数', en: 'alarms in one zone' }, unit: '', decimals: 0 }),
  defaults: { onDelayMs: 0, offDelayMs: 600_000, deadbandPart: 0 },
  numbers: (_, sensors) => FIXED + sensors * SENSOR,
  check: ({ at: limit }) =>
    limit > 0 ? [] : [{ path: 'at', message: 'every head counts always', mend: 'write a value above 0' }],
  step: (place, input, sample) => {
    take(place, input, sample);
    return judge(place, sample.suspect);
  },
  tick: (place, nowMs) => {
    if (now(place) === 0) return undefined;
    place.memory[NOW] = Math.max(now(place), nowMs);
    return judge(place, false);
  },
  windowMs: ({ hold }) => (hold === 0 ? null : hold),
});
