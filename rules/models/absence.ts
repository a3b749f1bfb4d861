/**
 * Absence: how long a sensor has given no value, or by how much an expected daily report (the 08:00 report of SL 651
 * stations) is overdue. Time decides it, so ticks ask; a value without a number in it (bad) is none. What is silent while
 * the centre was away counts from its return.
 */
import { QUANTITIES, type QuantityCode } from '#model/quantity.ts';
import type { Params } from '#model/rule-set.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '#model/time.ts';
import { sayDuration } from '../texts.ts';
import { defineModel, type Figure, type Place } from './hazard-model.ts';
import { hear, heardAt, look, lookingSince, silentMs, watchNumbers } from './kit/watch.ts';

type AbsenceParams = Params & {
  readonly dailyAt: string | null;
  readonly early: number;
  readonly utcOffset: number;
};

const minuteOfDay = (text: string): number | undefined => {
  const match = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(text);
  return match === null ? undefined : Number(match[1]) * 60 + Number(match[2]);
};

export const absence = defineModel<AbsenceParams>({
  kind: 'absence',
  doc: 'Minutes for which a sensor has given no value, or by which an expected daily report is overdue.',
  quantities: Object.keys(QUANTITIES) as QuantityCode[],
  params: {
    dailyAt: { type: 'text', optional: true, doc: 'a report is expected every day at this local time, e.g. "08:00"' },
    early: {
      type: 'duration',
      default: HOUR_MS,
      max: 12 * HOUR_MS,
      doc: 'a report may come this much before its time',
    },
    utcOffset: { type: 'number', default: 8, min: -12, max: 14, doc: 'hours that dailyAt is ahead of UTC' },
  },
  per: 'sensor',
  figure: ({ dailyAt }) => ({
    name:
      dailyAt === null ? { zh: '无数据时长', en: 'time without a value' } : { zh: '报送延误', en: 'report overdue' },
    unit: 'min',
    decimals: 0,
  }),
  defaults: { onDelayMs: 0, offDelayMs: 0, deadbandPart: 0 },
  numbers: () => watchNumbers(1),
  check: ({ dailyAt }) =>
    dailyAt === null || minuteOfDay(dailyAt) !== undefined
      ? []
      : [{ path: 'dailyAt', message: 'must be a time of day such as "08:00"', mend: 'write hours and minutes' }],
  step: (place, _input, { atMs, nowMs, suspect }) => {
    look(place.memory, nowMs);
    hear(place.memory, 0, atMs);
    return figureAt(place, nowMs, suspect);
  },
  ofAbsence: true,
  tick: (place, nowMs) => {
    look(place.memory, nowMs);
    return figureAt(place, nowMs, false);
  },
});

/** When the newest report was due. */
function dueBefore({ dailyAt, utcOffset }: AbsenceParams, nowMs: number): number | undefined {
  const minute = dailyAt === null ? undefined : minuteOfDay(dailyAt);
  if (minute === undefined) return undefined;
  const offset = minute * MINUTE_MS - utcOffset * HOUR_MS;
  return Math.floor((nowMs - offset) / DAY_MS) * DAY_MS + offset;
}

function figureAt({ params, memory }: Place<AbsenceParams>, nowMs: number, suspect: boolean): Figure {
  const due = dueBefore(params, nowMs);
  const came = due !== undefined && heardAt(memory, 0) >= due - params.early;
  const waitedMs =
    due === undefined ? silentMs(memory, 0, nowMs) : came ? 0 : nowMs - Math.max(due, lookingSince(memory));
  const minutes = Math.floor(waitedMs / MINUTE_MS);
  return {
    ...{ value: minutes, coverage: null, mayLower: !suspect, mayBeMore: false },
    say: () => {
      const time = sayDuration(minutes * MINUTE_MS);
      if (due === undefined)
        return minutes === 0
          ? { zh: '有有效数值', en: 'gave a value' }
          : { zh: `已 ${time.zh}没有有效数值`, en: `no value for ${time.en}` };
      return came
        ? { zh: `${params.dailyAt} 的报送已到`, en: `the report of ${params.dailyAt} has come` }
        : {
            zh: `应于 ${params.dailyAt} 报送，已迟 ${time.zh}`,
            en: `the report of ${params.dailyAt} is ${time.en} overdue`,
          };
    },
  };
}
