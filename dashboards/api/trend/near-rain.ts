/** Whose rain is told beside a slope's movement: its own gauge's, otherwise the nearest one's that the viewer may see. */
import type { HazardPoint, Registry, Sensor } from '#model/registry.ts';

/** A shower further away than this says little of this slope. */
const FURTHEST_KM = 15;
const EARTH_KM = 6_371;

export function distanceKm(a: Pick<HazardPoint, 'lon' | 'lat'>, b: Pick<HazardPoint, 'lon' | 'lat'>): number {
  const rad = Math.PI / 180;
  const across = (a.lon - b.lon) * rad * Math.cos(((a.lat + b.lat) / 2) * rad);
  return EARTH_KM * Math.hypot(across, (a.lat - b.lat) * rad);
}

export type NearRain = { readonly sensor: Sensor; readonly km: number };

export function nearestRain(
  registry: Registry,
  point: HazardPoint,
  isSeen: (point: HazardPoint) => boolean,
): NearRain | undefined {
  let best: NearRain | undefined;
  for (const sensor of registry.sensors.values()) {
    if (sensor.quantity !== 'rain') continue;
    const place = registry.points.get(sensor.pointId);
    if (place === undefined) continue;
    const km = distanceKm(place, point);
    if (km > FURTHEST_KM || (best !== undefined && best.km <= km) || !isSeen(place)) continue;
    best = { sensor, km };
  }
  return best;
}
