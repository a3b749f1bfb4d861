/** Which questions make sense of which quantity. */
import { QUANTITIES, type QuantityCode } from '#model/quantity.ts';
import type { TrendPart } from '#model/trend.ts';

const RAIN: readonly TrendPart[] = ['season', 'returnPeriod', 'sameDay'];
const MOVEMENT: readonly TrendPart[] = ['season', 'sameDay', 'accelerations', 'outlook'];
const WATER: readonly TrendPart[] = ['season', 'sameDay', 'outlook'];
const GAUGE: readonly TrendPart[] = ['season', 'sameDay'];
/** Of the device itself: nobody asks how its battery was on this day. */
const OF_DEVICE: readonly QuantityCode[] = ['battery', 'voltage'];

export function partsOf(quantity: QuantityCode): readonly TrendPart[] {
  if (quantity === 'rain') return RAIN;
  if (quantity.startsWith('displacement')) return MOVEMENT;
  if (quantity === 'level' || quantity === 'flow' || quantity === 'tilt') return WATER;
  return QUANTITIES[quantity].kind === 'gauge' && !OF_DEVICE.includes(quantity) ? GAUGE : [];
}
