/** Where the points lie, for maps that join readings by point (model/influx.ts): place and identity, nobody's name. */
import { PLACE_MEASUREMENT } from '#model/influx.ts';
import { type Registry, topicPlace } from '#model/registry.ts';
import type { EpochMs } from '#model/time.ts';
import { escapeTag, nsText } from '../lines.ts';

export function placeLines(registry: Pick<Registry, 'points' | 'grids'>, atMs: EpochMs): readonly string[] {
  return [...registry.points.values()].map(({ id, gridCode, lon, lat }) => {
    const { county, township, village } = topicPlace(registry, gridCode);
    const tags = { county, point: id, township, village };
    const series = Object.entries(tags).map(([tag, value]) => `,${tag}=${escapeTag(value)}`);
    return `${PLACE_MEASUREMENT}${series.join('')} lat=${lat},lon=${lon} ${nsText(atMs, 0)}`;
  });
}
