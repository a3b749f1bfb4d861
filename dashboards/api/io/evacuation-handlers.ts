/** Answers for evacuation lists, and takes what people say of their households. */
import type { EvacuationCommand } from '#model/command.ts';
import type { Evacuation, HouseholdState } from '#model/evacuation.ts';
import type { Origin } from '#model/reading.ts';
import type { GridCode } from '#model/registry.ts';
import { countsJson, evacuationHead, evacuationJson, seenHouseholds, seesList } from '../evacuation-wire.ts';
import { pageOf, sortedBy } from '../paging.ts';
import { notFound, OUTSIDE_GRID } from '../problem.ts';
import type { Viewer } from '../viewer.ts';
import { type Desk, type Handler, json, type PageQuery, type Reply, refuse, withInput } from './exchange.ts';
import { giveCommand, saidBy } from './give.ts';

type ListsQuery = PageQuery & { readonly state: 'open' | 'closed' | 'all'; readonly origin?: Origin };
type CountsQuery = { readonly grid?: GridCode; readonly origin?: Origin };
type Marking = {
  readonly household: string;
  readonly state: HouseholdState;
  readonly arrived?: number;
  readonly at?: number;
  readonly note: string;
};

const newestFirst = ({ openedAtMs, id }: Evacuation): string => `${String(1e15 - openedAtMs).padStart(16, '0')}.${id}`;
const NO_LIST = notFound('such evacuation');

function oneReply(desk: Desk, viewer: Viewer, id: string): Reply {
  const { registry } = desk.catalogue();
  const list = desk.ports.parts.evacuations.get(id);
  if (list === undefined) return refuse(NO_LIST);
  if (!seesList(registry, viewer, list)) return refuse(OUTSIDE_GRID);
  const body = evacuationJson(registry, viewer, list);
  if (body.households.some(({ masked }) => !masked)) desk.access(viewer, 'households', `evacuation/${id}`);
  return json(body);
}

/** The lists of the county that he sees something of; with a grid, those that touch it. */
function listsFor(desk: Desk, viewer: Viewer, { state, origin, grid }: ListsQuery) {
  const { registry } = desk.catalogue();
  const all = desk.ports.parts.evacuations.list({
    gridCodes: [grid ?? registry.county.code],
    ...(state === 'all' ? {} : { open: state === 'open' }),
    ...(origin === undefined ? {} : { origin }),
  });
  return all.filter((list) => seesList(registry, viewer, list));
}

export function evacuationHandlers(desk: Desk) {
  return {
    evacuations: withInput<ListsQuery>(({ query }, viewer) => {
      const { registry } = desk.catalogue();
      return json(
        pageOf(sortedBy(listsFor(desk, viewer, query), newestFirst), newestFirst, query, (list) =>
          evacuationHead(registry, viewer, list),
        ),
      );
    }),
    evacuationCounts: withInput<CountsQuery>(({ query }, viewer) => {
      const { registry } = desk.catalogue();
      const lists = desk.ports.parts.evacuations.list({
        gridCodes: [query.grid ?? registry.county.code],
        open: true,
        ...(query.origin === undefined ? {} : { origin: query.origin }),
      });
      return json({ items: countsJson(registry, viewer, lists, query.grid), next: null });
    }),
    evacuation: withInput(({ params }, viewer) => oneReply(desk, viewer, params.id)),
    openEvacuation: withInput<unknown, { readonly alert?: string; readonly note: string }>(
      ({ params, body, response }, viewer) => {
        const said = saidBy(desk, viewer, body.note);
        const alertId = body.alert ?? null;
        const command: EvacuationCommand = { ...said, kind: 'evacuation', action: 'open', pointId: params.id, alertId };
        return giveCommand(desk, command, response, () => {
          const list = desk.ports.parts.evacuations.get(`ev-${said.id}`);
          return list === undefined ? refuse(NO_LIST) : oneReply(desk, viewer, list.id);
        });
      },
    ),
    markHousehold: withInput<unknown, Marking>(({ params, body, response }, viewer) => {
      const { registry } = desk.catalogue();
      const list = desk.ports.parts.evacuations.get(params.id);
      if (list === undefined) return refuse(NO_LIST);
      if (!list.households.some(({ householdId }) => householdId === body.household))
        return refuse(notFound('such household on this list'));
      if (!seenHouseholds(registry, viewer, list).some(({ householdId }) => householdId === body.household))
        return refuse(OUTSIDE_GRID);
      const said = saidBy(desk, viewer, body.note);
      const command: EvacuationCommand = {
        ...said,
        atMs: body.at ?? said.atMs,
        kind: 'evacuation',
        action: 'mark',
        evacuationId: list.id,
        householdId: body.household,
        state: body.state,
        arrived: body.arrived ?? null,
      };
      return giveCommand(desk, command, response, () => oneMark(desk, viewer, list.id, body.household, said.id));
    }),
    orderReturn: withInput<unknown, { readonly order: readonly string[]; readonly note: string }>(
      ({ params, body, response }, viewer) => {
        const said = saidBy(desk, viewer, body.note);
        const { order } = body;
        const command: EvacuationCommand = {
          ...said,
          kind: 'evacuation',
          action: 'return',
          evacuationId: params.id,
          order,
        };
        return giveCommand(desk, command, response, () => oneReply(desk, viewer, params.id));
      },
    ),
    closeEvacuation: withInput<unknown, { readonly note: string }>(({ params, body, response }, viewer) => {
      const said = saidBy(desk, viewer, body.note);
      const command: EvacuationCommand = { ...said, kind: 'evacuation', action: 'close', evacuationId: params.id };
      return giveCommand(desk, command, response, () => oneReply(desk, viewer, params.id));
    }),
  } satisfies { readonly [id: string]: Handler };
}

/** The household as it stands now, the count, and what was said of the mark: late, or people missing. */
function oneMark(desk: Desk, viewer: Viewer, id: string, householdId: string, commandId: string): Reply {
  const { registry } = desk.catalogue();
  const list = desk.ports.parts.evacuations.get(id);
  if (list === undefined) return refuse(NO_LIST);
  const { households, count, version } = evacuationJson(registry, viewer, list);
  const household = households.find((one) => one.householdId === householdId);
  if (household?.masked === false) desk.access(viewer, 'households', `evacuation/${id}`);
  const message = desk.alerts.commandResult(commandId)?.message;
  return json({ household, count, version, message: message?.[desk.lang] ?? '' });
}
