/** How fast it grows warm, over the last minute: a flaming fire shows so before it is hot. */
import type { Text } from '#model/text.ts';
import { MINUTE_MS } from '#model/time.ts';
import { sayDuration, sayNumber } from '../texts.ts';
import { defineModel, type Figure, type ModelSample, type Place } from './hazard-model.ts';
import { addPoint, pointCount, pointOf, type SeriesPoint, type SeriesShape, seriesNumbers } from './kit/series.ts';

type HeatParams = { readonly window: number };
type Here = Place<HeatParams>;

/** Samples a window that are kept one by one. */
const PER_WINDOW = 60;

/** Twice the window: a sensor that reports as seldom as that still has something to be compared with. */
const shapeOf = ({ window }: HeatParams): SeriesShape => ({ windowMs: 2 * window, capacity: 2 * PER_WINDOW });

/** The newest sample that is a window old at least, and two at most. */
function before(place: Here, atMs: number): SeriesPoint | undefined {
  const { params, memory } = place;
  const shape = shapeOf(params);
  for (let index = pointCount(memory, 0) - 1; index >= 0; index--) {
    const point = pointOf(memory, 0, shape, index);
    const age = atMs - point.atMs;
    if (age >= params.window) return age <= 2 * params.window ? point : undefined;
  }
  return undefined;
}

function sayRise(value: number, now: SeriesPoint, then: SeriesPoint): Text {
  const [rate, to, from] = [
    sayNumber('temperature', value * 10),
    sayNumber('temperature', now.value),
    sayNumber('temperature', then.value),
  ];
  const span = sayDuration(now.atMs - then.atMs);
  return {
    zh: `温升 ${rate} °C/min（${span.zh}内由 ${from} °C 升至 ${to} °C）`,
    en: `temperature rising at ${rate} °C/min (from ${from} to ${to} °C in ${span.en})`,
  };
}

function step(place: Here, _input: number, sample: ModelSample): Figure | undefined {
  const { params, memory } = place;
  const shape = shapeOf(params);
  // A doubted sample is compared with the past, and is nobody's past; a late one then has nothing to say of now.
  if (sample.suspect && !sample.inOrder) return undefined;
  if (!sample.suspect && !addPoint(memory, 0, shape, sample.atMs, sample.value)) return undefined;
  const count = pointCount(memory, 0);
  if (count === 0) return undefined;
  const now = sample.suspect ? sample : pointOf(memory, 0, shape, count - 1);
  const then = before(place, now.atMs);
  if (then === undefined) return undefined;
  const value = ((now.value - then.value) / 10) * (MINUTE_MS / (now.atMs - then.atMs));
  return {
    value,
    coverage: null,
    mayLower: !sample.suspect,
    mayBeMore: sample.suspect,
    say: () => sayRise(value, now, then),
  };
}

export const heatRise = defineModel<HeatParams>({
  kind: 'heatRise',
  doc: 'Mean rate of rise of the temperature over a window, °C/min. A rate-of-rise heat detector answers at 8.3 °C/min (15 °F/min) and a fixed one at 57 °C (135 °F); the fixed limit is a rule of its own (measure: value). In the recorded compartment fire RedAccent (UL FSRI 2018) the rise is told 52–67 s after ignition and 57 °C are reached after 93–107 s. EN 54-5 class A1 answers between 54 and 65 °C (from memory).',
  quantities: ['temperature'],
  params: {
    window: {
      type: 'duration',
      default: MINUTE_MS,
      min: 10_000,
      max: 3_600_000,
      doc: 'The value is compared with that of so long ago (two windows at most, where samples are seldom).',
    },
  },
  per: 'sensor',
  figure: () => ({ name: { zh: '温升速率', en: 'rate of temperature rise' }, unit: '°C/min', decimals: 1 }),
  defaults: { onDelayMs: 0, offDelayMs: 600_000, deadbandPart: 0.2 },
  numbers: (params) => seriesNumbers(shapeOf(params)),
  step,
  windowMs: ({ window }) => window,
});
