/** What the device of each sensor can say and how often, from the county's edges and the device profiles. */
import type { Profiles } from '#cli/load/edges.ts';
import type { SensorId } from '#model/reading.ts';
import type { Registry } from '#model/registry.ts';
import type { SensorReach } from '#rules/test/reach.ts';

/** Of the sensors that are polled; stations and devices that report by themselves say no range. */
export function sensorReaches(registry: Registry, profiles: Profiles): ReadonlyMap<SensorId, SensorReach> {
  const reaches = new Map<SensorId, SensorReach>();
  for (const { buses, links } of registry.edges.values()) {
    for (const { pollMs, units } of buses)
      for (const { profile, sensors } of units)
        for (const { sensorId, register } of sensors) {
          const plausible = profiles.get(profile)?.registers.find(({ key }) => key === register)?.plausible;
          if (plausible !== undefined) reaches.set(sensorId, { ...plausible, everyMs: pollMs });
        }
    for (const { stations } of links)
      for (const { reportMs, sensors } of stations)
        for (const { sensorId } of sensors)
          reaches.set(sensorId, {
            ...{ min: Number.NEGATIVE_INFINITY, max: Number.POSITIVE_INFINITY, maxPerMinute: null },
            everyMs: reportMs,
          });
  }
  return reaches;
}
