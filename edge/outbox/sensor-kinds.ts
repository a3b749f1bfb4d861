/** Decides what a sensor's readings mean when they are put together: an amount each, or a state at an instant. */
import type { EdgeConfigPush } from '../../model/edge-config.ts';
import { QUANTITIES, type QuantityCode } from '../../model/quantity.ts';
import type { SensorId } from '../../model/reading.ts';
import { elementQuantity } from '../link/elements.ts';
import type { KindOf, SensorKind } from './thin.ts';

const kindOfQuantity = (quantity: QuantityCode): SensorKind =>
  QUANTITIES[quantity].kind === 'increment' ? 'increment' : 'gauge';

type Config = Pick<EdgeConfigPush, 'buses' | 'profiles' | 'links'>;

/** From the profiles of this edge's units and the elements of the stations that report to it. */
export function sensorKinds(config: Config): KindOf {
  const kinds = new Map<SensorId, SensorKind>();
  for (const unit of config.buses.flatMap(({ units }) => units)) {
    const registers = config.profiles[unit.profile]?.registers ?? [];
    for (const { sensorId, register } of unit.sensors) {
      const spec = registers.find(({ key }) => key === register);
      if (spec !== undefined) kinds.set(sensorId, kindOfQuantity(spec.quantity));
    }
  }
  for (const link of config.links)
    for (const { sensorId, element } of link.stations.flatMap(({ sensors }) => sensors)) {
      const quantity = elementQuantity(link.protocol, element);
      if (quantity !== null) kinds.set(sensorId, kindOfQuantity(quantity));
    }
  return (sensorId) => kinds.get(sensorId) ?? 'unknown';
}

/** The same of whatever configuration runs now; looked up anew only when it is another one. */
export function runningKinds(config: () => Config): KindOf {
  let known: { readonly config: Config; readonly kindOf: KindOf } | undefined;
  return (sensorId) => {
    const now = config();
    if (known?.config !== now) known = { config: now, kindOf: sensorKinds(now) };
    return known.kindOf(sensorId);
  };
}
