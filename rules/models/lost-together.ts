/**
 * Several sensors lost together: how many of a point's, a zone's or the named sensors are silent at the same time. One
 * silent sensor is a defect; several at once are a cut line, a dead supply, or the event itself. Time decides it, so ticks
 * ask; what is silent while the centre was away counts from its return.
 */
import { QUANTITIES, type QuantityCode } from '#model/quantity.ts';
import type { Params } from '#model/rule-set.ts';
import { defineModel, type Figure, type Place } from './hazard-model.ts';
import { hear, look, silentMs, watchNumbers } from './kit/watch.ts';

type LostParams = Params & { readonly silentFor: number | null };

/** More names than this are no help in a sentence. */
const NAMED = 5;

export const lostTogether = defineModel<LostParams>({
  kind: 'lostTogether',
  doc: 'How many sensors of a point, of a zone or of a list are silent at the same time.',
  quantities: Object.keys(QUANTITIES) as QuantityCode[],
  params: {
    silentFor: {
      type: 'duration',
      optional: true,
      min: 1_000,
      doc: "silence that counts; each sensor's own allowance (staleAfter) when left out",
    },
  },
  per: 'group',
  roles: [
    {
      role: 'others',
      quantities: Object.keys(QUANTITIES) as QuantityCode[],
      ...{ from: 'named', many: true, min: 0, doc: 'further sensors, of any quantity and place, that are counted' },
    },
  ],
  figure: () => ({ name: { zh: '同时中断的传感器数', en: 'sensors lost together' }, unit: '', decimals: 0 }),
  defaults: { onDelayMs: 0, offDelayMs: 0, deadbandPart: 0 },
  numbers: (_params, sensors) => watchNumbers(sensors),
  step: (place, input, { atMs, nowMs, suspect }) => {
    look(place.memory, nowMs);
    hear(place.memory, input, atMs);
    return figureAt(place, nowMs, suspect);
  },
  ofAbsence: true,
  tick: (place, nowMs) => {
    look(place.memory, nowMs);
    return figureAt(place, nowMs, false);
  },
});

function figureAt({ params, sensors, memory }: Place<LostParams>, nowMs: number, suspect: boolean): Figure {
  const lost: string[] = [];
  for (const [index, { sensorId, staleAfterMs }] of sensors.entries())
    if (silentMs(memory, index, nowMs) > (params.silentFor ?? staleAfterMs)) lost.push(sensorId);
  return {
    ...{ value: lost.length, coverage: null, mayLower: !suspect, mayBeMore: false },
    say: () => {
      const names = lost.slice(0, NAMED);
      const more = lost.length > NAMED;
      return {
        zh: `${sensors.length} 个传感器中 ${lost.length} 个同时无数据${names.length === 0 ? '' : `：${names.join('、')}${more ? ' 等' : ''}`}`,
        en: `${lost.length} of ${sensors.length} sensors are silent at the same time${names.length === 0 ? '' : `: ${names.join(', ')}${more ? ' and more' : ''}`}`,
      };
    },
  };
}
