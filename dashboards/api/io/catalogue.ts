/** Sorted lists over the registry in force, made once a version, so that a page of a list costs its own length. */
import type { Grid, HazardPoint, Person, Registry, RegistryPort, Sensor } from '#model/registry.ts';
import { sortedBy } from '../paging.ts';

export type Catalogue = {
  readonly registry: Registry;
  readonly grids: readonly Grid[];
  readonly people: readonly Person[];
  readonly points: readonly HazardPoint[];
  readonly sensors: readonly Sensor[];
  readonly sensorsOf: (pointId: string) => readonly Sensor[];
};

function build(registry: Registry): Catalogue {
  const sensors = sortedBy(registry.sensors.values(), (sensor) => sensor.id);
  const byPoint = Map.groupBy(sensors, (sensor) => sensor.pointId);
  return {
    registry,
    sensors,
    grids: sortedBy(registry.grids.values(), (grid) => grid.code),
    people: sortedBy(registry.people.values(), (person) => person.id),
    points: sortedBy(registry.points.values(), (point) => point.id),
    sensorsOf: (pointId) => byPoint.get(pointId) ?? [],
  };
}

export function createCatalogue(port: RegistryPort): () => Catalogue {
  let built: Catalogue | undefined;
  return () => {
    const registry = port.current();
    if (built?.registry !== registry) built = build(registry);
    return built;
  };
}
