/** Answers for grids, people, points and readings; every item passes the caller's scope. */

import type { Sensor } from '#model/registry.ts';
import { type GridCode, inSubtree, type Registry } from '#model/registry.ts';
import { DAY_MS } from '#model/time.ts';
import { pageOf } from '../paging.ts';
import { notFound } from '../problem.ts';
import { rootsOf, sees, type Viewer } from '../viewer.ts';
import { gridJson, householdsJson, personJson, pointJson, readingJson } from '../wire.ts';
import { type Desk, type Handler, json, type PageQuery, type Reply, refuse, withInput } from './exchange.ts';

const within = (registry: Registry, viewer: Viewer, code: GridCode, grid: GridCode | undefined): boolean =>
  grid === undefined ? sees(registry, viewer, code) : inSubtree(registry, code, grid);

type ReadingsQuery = PageQuery & {
  readonly sensor?: string;
  readonly from?: number;
  readonly to?: number;
  readonly newest: 'true' | 'false';
};

/** `atMs.skip`: readings of one sensor may share an instant. */
function parseRangeCursor(cursor: string | undefined, fromMs: number): { atMs: number; skip: number } | undefined {
  if (cursor === undefined) return { atMs: fromMs, skip: 0 };
  const match = /^(\d{1,16})\.(\d{1,4})$/.exec(cursor);
  return match === null ? undefined : { atMs: Number(match[1]), skip: Number(match[2]) };
}

function rangeReply(desk: Desk, sensor: Sensor, query: ReadingsQuery): Reply {
  const toMs = query.to ?? desk.ctx.clock.nowMs() + 1;
  const fromMs = query.from ?? toMs - DAY_MS;
  if (query.newest === 'true') {
    const samples = desk.ports.history.range(sensor.id, fromMs, toMs, query.limit, true);
    return json({ items: samples.map((sample) => readingJson(sensor, sample)), next: null });
  }
  const start = parseRangeCursor(query.cursor, fromMs);
  if (start === undefined)
    return refuse({ status: 400, kind: 'badQuery', path: 'cursor', message: 'This is not a cursor of this list.' });
  const samples = desk.ports.history.range(sensor.id, start.atMs, toMs, query.limit + start.skip + 1);
  const page = samples.slice(start.skip, start.skip + query.limit);
  const more = samples[start.skip + query.limit];
  const skip = more === undefined ? 0 : samples.filter((one) => one.atMs === more.atMs).length - 1;
  return json({
    items: page.map((sample) => readingJson(sensor, sample)),
    next: more === undefined ? null : `${more.atMs}.${skip}`,
  });
}

function newestReply(desk: Desk, viewer: Viewer, query: ReadingsQuery): Reply {
  const { registry, sensors } = desk.catalogue();
  const page = pageOf(
    sensors,
    (sensor) => sensor.id,
    query,
    (sensor) => {
      const point = registry.points.get(sensor.pointId);
      return point !== undefined && within(registry, viewer, point.gridCode, query.grid) ? sensor : null;
    },
  );
  const latest = desk.state.latest(page.items.map((sensor) => sensor.id));
  const items = page.items.flatMap((sensor) => {
    const sample = latest.get(sensor.id);
    return sample === undefined ? [] : [readingJson(sensor, sample)];
  });
  return json({ items, next: page.next });
}

export function listHandlers(desk: Desk) {
  return {
    grids: withInput<PageQuery>(({ query }, viewer) => {
      const { registry, grids } = desk.catalogue();
      return json(
        pageOf(
          grids,
          (grid) => grid.code,
          query,
          (grid) => (within(registry, viewer, grid.code, query.grid) ? gridJson(grid) : null),
        ),
      );
    }),
    people: withInput<PageQuery>(({ query }, viewer) => {
      const { registry, people } = desk.catalogue();
      const inGrid = (codes: readonly { readonly gridCode: GridCode }[]): boolean =>
        codes.some((post) => within(registry, viewer, post.gridCode, query.grid));
      const page = pageOf(
        people,
        (person) => person.id,
        query,
        (person) => (inGrid(person.posts) ? personJson(registry, viewer, person) : null),
      );
      if (page.items.some(({ id, masked }) => !masked && id !== viewer.id))
        desk.access(viewer, 'telephones', `people/${query.grid ?? rootsOf(registry, viewer).join(',')}`);
      return json(page);
    }),
    points: withInput<PageQuery>(({ query }, viewer) => {
      const { registry, points, sensorsOf } = desk.catalogue();
      const page = pageOf(
        points,
        (point) => point.id,
        query,
        (point) => (within(registry, viewer, point.gridCode, query.grid) ? point : null),
      );
      const latest = desk.state.latest(page.items.flatMap((point) => sensorsOf(point.id).map((sensor) => sensor.id)));
      return json({ items: page.items.map((point) => pointJson(point, sensorsOf(point.id), latest)), next: page.next });
    }),
    point: withInput(({ params }, viewer) => {
      const { registry, sensorsOf } = desk.catalogue();
      const point = registry.points.get(params.id);
      if (point === undefined) return refuse(notFound('such point'));
      const sensors = sensorsOf(point.id);
      const latest = desk.state.latest(sensors.map((sensor) => sensor.id));
      const evacuation = householdsJson(registry, viewer, point);
      if (evacuation.some(({ masked }) => !masked)) desk.access(viewer, 'households', `point/${point.id}`);
      return json({ ...pointJson(point, sensors, latest), evacuation });
    }),
    readings: withInput<ReadingsQuery>(({ query }, viewer) => {
      if (query.sensor === undefined) return newestReply(desk, viewer, query);
      const sensor = desk.catalogue().registry.sensors.get(query.sensor);
      return sensor === undefined ? refuse(notFound('such sensor')) : rangeReply(desk, sensor, query);
    }),
    quarantine: withInput<PageQuery>(({ query }) =>
      json(desk.ports.quarantine.list(query.limit, query.cursor ?? null)),
    ),
  } satisfies { readonly [id: string]: Handler };
}
