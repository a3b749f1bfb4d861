/** Answers for drills, starts and ends them. */

import type { z } from 'zod';
import { type Drill, type DrillReport, type DrillStep, drillIdOf } from '#model/drill.ts';
import type { GridCode, Registry } from '#model/registry.ts';
import type { Text } from '#model/text.ts';
import { DECIDERS } from '../access.ts';
import { pageOf } from '../paging.ts';
import { notFound, OUTSIDE_GRID, WRONG_POST } from '../problem.ts';
import type { drillBodies } from '../routes/drills.ts';
import { holdsOver, rootsOf } from '../viewer.ts';
import { iso } from '../wire.ts';
import { type Desk, type Handler, json, type PageQuery, refuse, withInput } from './exchange.ts';
import { giveCommand, saidBy } from './give.ts';

type StartBody = z.infer<typeof drillBodies.startDrill>;

const atOrNull = (atMs: number | null): string | null => (atMs === null ? null : iso(atMs));
const gridName = (registry: Registry, code: GridCode): Text => registry.grids.get(code)?.name ?? { zh: code, en: code };

function drillJson(registry: Registry, drill: Drill) {
  const { gridCode, startedAtMs, endedAtMs, endsAfterMs, steps, ...rest } = drill;
  return {
    ...rest,
    grid: gridCode,
    gridName: gridName(registry, gridCode),
    startedAt: iso(startedAtMs),
    endedAt: atOrNull(endedAtMs),
    endsAt: iso(startedAtMs + endsAfterMs),
    endsAfterMs,
    steps: steps.map(({ pointId, ...step }) => ({
      ...step,
      point: pointId,
      pointName: registry.points.get(pointId)?.name ?? { zh: pointId, en: pointId },
    })),
  };
}

function reportJson(registry: Registry, report: DrillReport) {
  const { startedAtMs, endedAtMs, gridCode, ...rest } = report;
  const grid = { grid: gridCode, gridName: gridName(registry, gridCode) };
  return { ...rest, ...grid, startedAt: iso(startedAtMs), endedAt: iso(endedAtMs), startedAtMs, endedAtMs };
}

const NO_DRILL = notFound('such drill');
const newestFirst = ({ startedAtMs, id, state }: Drill): string =>
  `${state === 'running' ? 0 : 1}${String(1e15 - startedAtMs).padStart(16, '0')}.${id}`;

export function drillHandlers(desk: Desk) {
  const { drills } = desk.ports.parts;
  const registryNow = () => desk.catalogue().registry;
  const one = (id: string, status = 200) => {
    const drill = drills.get(id);
    return drill === undefined ? refuse(NO_DRILL) : json(drillJson(registryNow(), drill), status);
  };
  return {
    drills: withInput<PageQuery>(({ query }, viewer) => {
      const registry = registryNow();
      const all = drills.list({ gridCodes: query.grid === undefined ? rootsOf(registry, viewer) : [query.grid] });
      return json(pageOf(all, newestFirst, query, (drill) => drillJson(registry, drill)));
    }),
    drill: withInput(({ params }) => one(params.id)),
    drillReport: withInput(({ params }) => {
      const report = drills.report(params.id);
      if (report === undefined) return refuse(NO_DRILL);
      if (report === null)
        return refuse({
          status: 409,
          kind: 'running',
          message: 'The drill is still running; its report is made as it ends.',
        });
      return json(reportJson(registryNow(), report));
    }),
    startDrill: withInput<unknown, StartBody>(({ body, response }, viewer) => {
      const registry = registryNow();
      const { name, grid, broadcast, endsAfterMs, note } = body;
      if (!registry.grids.has(grid)) return refuse(notFound('such grid'));
      const posts = holdsOver(registry, viewer, grid);
      if (posts.length === 0) return refuse(OUTSIDE_GRID);
      if (!posts.some((post) => DECIDERS.some((one) => one === post))) return refuse(WRONG_POST);
      const steps = body.steps.map(({ point, ...step }): DrillStep => ({ ...step, pointId: point }));
      const plan = { name, gridCode: grid, broadcast, endsAfterMs, steps };
      const command = { ...saidBy(desk, viewer, note), kind: 'drill', action: 'start', plan } as const;
      return giveCommand(desk, command, response, () => one(drillIdOf(command.id), 201));
    }),
    endDrill: withInput<unknown, { readonly note: string }>(({ params, body, response }, viewer) => {
      const what = { kind: 'drill', action: 'end', drillId: params.id } as const;
      return giveCommand(desk, { ...saidBy(desk, viewer, body.note), ...what }, response, () => one(params.id));
    }),
  } satisfies { readonly [id: string]: Handler };
}
