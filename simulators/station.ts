/** A virtual station for recorded series: a device profile whose register holds the quantity's steps exactly. */
import type { DeviceProfile, RegisterSpec } from '#model/device-profile.ts';
import type { UnitConfig } from '#model/edge-config.ts';
import { QUANTITIES, type QuantityCode } from '#model/quantity.ts';

export const STATION_REGISTER = 'value';
/** Heaviest rain that a tipping bucket measures (SL 651: 4 mm/min). */
const MAX_RAIN_MM_PER_MINUTE = 4;

function registerOf(quantity: QuantityCode): RegisterSpec {
  const { kind, decimals } = QUANTITIES[quantity];
  const isCounter = kind === 'increment';
  return {
    name: 'value',
    key: STATION_REGISTER,
    quantity,
    functionCode: 3,
    address: 0,
    type: isCounter ? 'uint32' : 'int32',
    order: 'ABCD',
    scale: 10 ** -decimals,
    offset: 0,
    sentinels: [isCounter ? 0xffff_ffff : -0x8000_0000],
    counter: isCounter ? { modulus: 2 ** 32 } : null,
    plausible: isCounter
      ? { min: 0, max: MAX_RAIN_MM_PER_MINUTE, maxPerMinute: MAX_RAIN_MM_PER_MINUTE }
      : { min: -1_000_000, max: 1_000_000, maxPerMinute: null },
  };
}

/** One register at holding 0; its sentinel stands for a value that the recording misses. */
export function stationProfile(quantity: QuantityCode): DeviceProfile {
  return {
    id: `replay-${quantity}`,
    maker: 'Fengsui',
    model: `replay of ${quantity}`,
    name: { zh: '回放站', en: 'replay station' },
    source: 'simulators/station.ts',
    baudRate: 9600,
    parity: 'none',
    maxRegistersPerRead: 16,
    timeoutMs: 500,
    gapMs: 0,
    registers: [registerOf(quantity)],
  };
}

/** The unit as an edge's bus configuration names it. */
export const stationUnit = (unitId: number, sensorId: string, quantity: QuantityCode): UnitConfig => ({
  unitId,
  profile: stationProfile(quantity).id,
  sensors: [{ sensorId, register: STATION_REGISTER }],
});
