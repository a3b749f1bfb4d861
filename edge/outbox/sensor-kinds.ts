/** Decides what a sensor's readings mean when they are put together: an amount each, or a state at an instant. */
import type { EdgeConfig } from '../../model/edge-config.ts';
import { QUANTITIES } from '../../model/quantity.ts';
import type { SensorId } from '../../model/reading.ts';
import type { KindOf, SensorKind } from './thin.ts';

/** From the profiles of this edge's units; what stations report by themselves is added by the caller. */
export function sensorKinds(
  config: Pick<EdgeConfig, 'buses' | 'profiles'>,
  others: ReadonlyMap<SensorId, SensorKind> = new Map(),
): KindOf {
  const kinds = new Map(others);
  for (const unit of config.buses.flatMap(({ units }) => units)) {
    const registers = config.profiles[unit.profile]?.registers ?? [];
    for (const { sensorId, register } of unit.sensors) {
      const spec = registers.find(({ key }) => key === register);
      if (spec !== undefined)
        kinds.set(sensorId, QUANTITIES[spec.quantity].kind === 'increment' ? 'increment' : 'gauge');
    }
  }
  return (sensorId) => kinds.get(sensorId) ?? 'unknown';
}
