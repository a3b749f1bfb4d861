/** Answers for the duty roster and hand-overs, and says who would be told of an alert at a point. */
import type { RosterCommand } from '#model/command.ts';
import { hazardOf } from '#model/explain.ts';
import type { Level } from '#model/level.ts';
import { type AlertHazard, type DutyShift, type GridCode, inSubtree, type Registry } from '#model/registry.ts';
import { nextShift } from '#model/roster.ts';
import type { EpochMs } from '#model/time.ts';
import { pageOf } from '../paging.ts';
import { notFound, type Problem } from '../problem.ts';
import { deskJson, handoverJson, isReadInFull, openAlertJson } from '../roster-wire.ts';
import { rootsOf, sees, type Viewer } from '../viewer.ts';
import { iso } from '../wire.ts';
import { type Desk, type Handler, json, type PageQuery, type Reply, refuse, withInput } from './exchange.ts';
import { giveCommand, saidBy } from './give.ts';
import { originOf } from './origin.ts';

type RosterQuery = PageQuery & { readonly at?: EpochMs };
type ExplainQuery = { readonly level: Level; readonly hazard?: AlertHazard; readonly at?: EpochMs };
type Giving = { readonly action: RosterCommand['action']; readonly shift?: EpochMs; readonly note: string };

/** A note is read by people: what is beyond this is counted, and found in the lists themselves. */
const LISTED = 200;

const NO_SHIFT: Problem = {
  status: 409,
  kind: 'noShift',
  message: 'No shift of this desk runs or follows: look at the roster, or name one by "shift".',
};

function shiftsByGrid(registry: Registry): ReadonlyMap<GridCode, readonly DutyShift[]> {
  return Map.groupBy(registry.duty, ({ gridCode }) => gridCode);
}
const shiftsOf = (registry: Registry, gridCode: GridCode): readonly DutyShift[] =>
  registry.duty.filter((shift) => shift.gridCode === gridCode);

/** What whoever takes over has to know: everything that is open in the desk's grids. */
function openMatters(desk: Desk, registry: Registry, grid: GridCode) {
  const gridCodes = [grid];
  const { parts, alerts } = { parts: desk.ports.parts, alerts: desk.alerts };
  const open = alerts.list({ gridCodes }, LISTED, null);
  const silent = parts.calls.list({ gridCodes, notReached: true }, LISTED, null);
  const reports = parts.reports.list({ gridCodes, open: true });
  const evacuations = parts.evacuations.list({ gridCodes, open: true });
  const down = parts.channels().filter(({ state }) => state === 'down' || state === 'failing');
  return {
    alerts: open.items.map((alert) => openAlertJson(registry, parts.warnings, alert)),
    moreAlerts: open.next !== null,
    // Of a county-wide alert too: those of this desk's own grids.
    notReached: silent.items
      .filter(({ gridCode }) => inSubtree(registry, gridCode, grid))
      .map(({ alertId, personId, name, gridCode, askedAtMs }) => ({
        alertId,
        personId,
        name,
        gridCode,
        origin: originOf(desk, alertId),
        askedAt: iso(askedAtMs),
      })),
    moreNotReached: silent.next !== null,
    reports: reports.slice(0, LISTED).map(({ id, alertId, name, to, dueAtMs, state, gridCode }) => ({
      id,
      alertId,
      name,
      to,
      gridCode,
      origin: originOf(desk, alertId),
      state,
      dueAt: iso(dueAtMs),
    })),
    evacuations: evacuations.slice(0, LISTED).map(({ id, pointId, gridCode, origin, state, households }) => ({
      id,
      origin,
      pointId,
      pointName: registry.points.get(pointId)?.name ?? { zh: pointId, en: pointId },
      gridCode,
      state,
      households: households.length,
      waiting: households.filter((one) => one.state === 'waiting' || one.state === 'told').length,
    })),
    channelsDown: down.map(({ channel, kind, state, sinceMs, detail }) => ({
      channel,
      kind,
      state,
      since: iso(sinceMs),
      detail,
    })),
  };
}

function noteReply(desk: Desk, viewer: Viewer, grid: GridCode): Reply {
  const { registry } = desk.catalogue();
  const nowMs = desk.ctx.clock.nowMs();
  const shifts = shiftsOf(registry, grid);
  const records = desk.ports.parts.handovers.ofGrid(grid, 20);
  const sits = deskJson(registry, viewer, grid, shifts, nowMs);
  if (isReadInFull(registry, viewer, sits)) desk.access(viewer, 'telephones', `roster/${grid}`);
  return json({
    ...sits,
    open: openMatters(desk, registry, grid),
    records: records.map((one) => handoverJson(registry, one)),
  });
}

/** Whoever goes hands the next shift over, or the one that has just begun; whoever comes takes the running one. */
function shiftMeant(shifts: readonly DutyShift[], action: Giving['action'], nowMs: EpochMs): DutyShift | undefined {
  const running = shifts.filter(({ fromMs, toMs }) => fromMs <= nowMs && nowMs < toMs).at(-1);
  const next = nextShift(shifts, nowMs);
  const soon = next !== undefined && next.fromMs - nowMs <= 2 * 3_600_000;
  if (action === 'handOver') return soon ? next : running;
  return running ?? next;
}

function give(desk: Desk, viewer: Viewer, grid: GridCode, body: Giving, response: Parameters<typeof giveCommand>[2]) {
  const { registry } = desk.catalogue();
  const said = saidBy(desk, viewer, body.note);
  const shiftFromMs = body.shift ?? shiftMeant(shiftsOf(registry, grid), body.action, said.atMs)?.fromMs;
  if (shiftFromMs === undefined) return refuse(NO_SHIFT);
  const command: RosterCommand = { ...said, kind: 'roster', gridCode: grid, action: body.action, shiftFromMs };
  return giveCommand(desk, command, response, () => noteReply(desk, viewer, grid));
}

export function rosterHandlers(desk: Desk) {
  return {
    roster: withInput<RosterQuery>(({ query }, viewer) => {
      const { registry, grids } = desk.catalogue();
      const atMs = query.at ?? desk.ctx.clock.nowMs();
      const shifts = shiftsByGrid(registry);
      const within = (code: GridCode): boolean =>
        query.grid === undefined ? sees(registry, viewer, code) : inSubtree(registry, code, query.grid);
      const page = pageOf(
        grids,
        ({ code }) => code,
        query,
        ({ code }) => {
          const own = shifts.get(code);
          return own === undefined || !within(code) ? null : deskJson(registry, viewer, code, own, atMs);
        },
      );
      if (page.items.some((one) => isReadInFull(registry, viewer, one)))
        desk.access(viewer, 'telephones', `roster/${query.grid ?? rootsOf(registry, viewer).join(',')}`);
      return json(page);
    }),
    handover: withInput(({ params }, viewer) => noteReply(desk, viewer, params.id)),
    giveHandover: withInput<unknown, Giving>(({ params, body, response }, viewer) =>
      give(desk, viewer, params.id, body, response),
    ),
    explainPoint: withInput<ExplainQuery>(({ params, query }) => {
      const { registry } = desk.catalogue();
      const point = registry.points.get(params.id);
      const explained =
        point === undefined
          ? undefined
          : desk.ports.parts.explainPoint(registry, {
              pointId: point.id,
              level: query.level,
              hazard: query.hazard ?? hazardOf(point),
              atMs: query.at ?? desk.ctx.clock.nowMs(),
            });
      return explained === undefined ? refuse(notFound('such point')) : json(explained);
    }),
  } satisfies { readonly [id: string]: Handler };
}
