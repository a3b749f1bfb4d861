/**
 * The analogue smoke value without the dust: a slow baseline is taken off it, as far as a limit; beyond that the head is
 * fouled and is no longer compensated for.
 */
import { fromSteps } from '#model/quantity.ts';
import type { Text } from '#model/text.ts';
import { DAY_MS } from '#model/time.ts';
import { defineModel, type Figure, type ModelSample, type Place } from './hazard-model.ts';

type DriftParams = {
  readonly say: string;
  readonly unit: string;
  readonly clean: number;
  readonly limit: number;
  readonly rise: number;
  readonly fall: number;
};
type Here = Place<DriftParams>;

/** What is taken off, dB/m above clean; newest stamp, 0 before the first. */
const DRIFT = 0;
const LAST = 1;
const NUMBERS = 2;

/** O = 100 (1 − 10^(−m/10)): obscuration of a metre, from the extinction m in dB/m (GB 4715, EN 54-7). */
export const obscuration = (dbPerM: number): number => 100 * (1 - 10 ** (-dbPerM / 10));

const clamp = (value: number, low: number, high: number): number => Math.min(Math.max(value, low), high);

/** The baseline follows by so much a day and no faster: no fire is slow enough to be learnt. Holes count as one allowance. */
function follow({ params, memory, sensors }: Here, atMs: number, density: number): void {
  const last = memory[LAST] as number;
  memory[LAST] = atMs;
  if (last === 0) return;
  const days = Math.min(atMs - last, sensors[0]?.staleAfterMs ?? 0) / DAY_MS;
  const drift = memory[DRIFT] as number;
  const towards = clamp(density - params.clean, 0, params.limit) - drift;
  memory[DRIFT] = drift + clamp(towards, -params.fall * days, params.rise * days);
}

const round = (value: number, decimals: number): string => {
  const text = value.toFixed(decimals);
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
};

function saySmoke(params: DriftParams, value: number, density: number, drift: number): Text {
  const [number, unit] = params.unit === '%/m' ? [round(value, 2), '%/m'] : [round(value, 3), 'dB/m'];
  const [raw, off] = [round(density, 3), round(drift + params.clean, 3)];
  return {
    zh: `烟雾浓度 ${number} ${unit}（实测 ${raw} dB/m，已扣除本底 ${off} dB/m）`,
    en: `smoke of ${number} ${unit} (${raw} dB/m measured, less a baseline of ${off} dB/m)`,
  };
}

function sayFouling({ limit }: DriftParams, part: number, drift: number): Text {
  const [off, most, percent] = [round(drift, 3), round(limit, 3), round(part, 1)];
  const full = part >= 100;
  return {
    zh: `本底漂移 ${off} dB/m，为补偿上限 ${most} dB/m 的 ${percent}%${full ? '，不再补偿，须清洗' : ''}`,
    en: `drift of ${off} dB/m, ${percent}% of what may be compensated (${most} dB/m)${full ? '; no more is taken off, clean the head' : ''}`,
  };
}

function step(place: Here, _input: number, sample: ModelSample): Figure | undefined {
  const { params, memory } = place;
  // What it measured hours ago is not the smoke of now, and the baseline of then is gone.
  if (!sample.inOrder) return undefined;
  const density = fromSteps('smokeDensity', sample.value);
  const belongs = !sample.suspect;
  if (belongs) follow(place, sample.atMs, density);
  const drift = memory[DRIFT] as number;
  const sure = { coverage: null, mayLower: belongs, mayBeMore: sample.suspect };
  if (params.say === 'contamination') {
    const part = params.limit === 0 ? 100 : (drift / params.limit) * 100;
    return { ...sure, value: part, say: () => sayFouling(params, part, drift) };
  }
  const net = density - params.clean - drift;
  const value = params.unit === '%/m' ? obscuration(net) : net;
  return { ...sure, value, say: () => saySmoke(params, value, density, drift) };
}

export const smokeDrift = defineModel<DriftParams>({
  kind: 'smokeDrift',
  doc: 'Smoke density less a slowly learnt baseline (drift compensation with a limit, as GB 4715 and EN 54-7 know it), in dB/m, or in %/m by O = 100 (1 − 10^(−m/10)); or, with `say: contamination`, how much of the limit is used up. Limits of response: m ≥ 0.05 dB/m at the most sensitive grade, ≥ 0.3 at the least (GB 4715-2024 §5.7). The rates of learning are from memory of EN 54-7: a fire that grows by a quarter of the limit an hour must still be told.',
  quantities: ['smokeDensity'],
  params: {
    say: {
      type: 'choice',
      of: ['smoke', 'contamination'],
      default: 'smoke',
      doc: '`smoke`: the compensated value; `contamination`: the drift as % of `limit`.',
    },
    unit: { type: 'choice', of: ['dB/m', '%/m'], default: 'dB/m', doc: 'Unit of the compensated value.' },
    clean: { type: 'number', default: 0, min: 0, doc: 'What a clean head shows, dB/m.' },
    limit: { type: 'number', default: 0.1, min: 0, doc: 'At most so much is taken off, dB/m; 0: nothing.' },
    rise: { type: 'number', default: 0.05, min: 0, max: 1, doc: 'Fastest rise of the baseline, dB/m a day.' },
    fall: {
      type: 'number',
      default: 1.2,
      min: 0,
      doc: 'Fastest fall, dB/m a day; faster than the rise, so that a head that was cleaned is not deaf for weeks.',
    },
  },
  per: 'sensor',
  most: ({ say }) => (say === 'contamination' ? 100 : null),
  figure: ({ say, unit }) =>
    say === 'contamination'
      ? { name: { zh: '迷宫污染', en: 'fouling' }, unit: '%', decimals: 1 }
      : {
          name: { zh: '烟雾浓度（已补偿）', en: 'smoke, compensated' },
          unit,
          decimals: unit === '%/m' ? 2 : 3,
        },
  defaults: { onDelayMs: 0, offDelayMs: 600_000, deadbandPart: 0.1 },
  numbers: () => NUMBERS,
  check: ({ say, limit }) =>
    say === 'contamination' && limit === 0
      ? [{ path: 'limit', message: 'a head that is never compensated is always fouled', mend: 'write e.g. 0.1' }]
      : [],
  step,
});
