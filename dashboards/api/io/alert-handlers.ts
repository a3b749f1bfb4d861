/** Answers for alerts, and takes what people do to them. */
import { randomUUID } from 'node:crypto';
import type { AlertFilter } from '#model/alert.ts';
import type { Origin } from '#model/reading.ts';
import { type CommandRoute, commandOf } from '../commands.ts';
import { notFound } from '../problem.ts';
import { rootsOf } from '../viewer.ts';
import { alertJson, deliveryJson, eventJson } from '../wire.ts';
import { type Desk, type Handler, json, type PageQuery, refuse, withInput } from './exchange.ts';
import { giveCommand } from './give.ts';

type AlertsQuery = PageQuery & { readonly state: 'open' | 'closed' | 'all'; readonly origin?: Origin };

/** Both lists one after the other, the open alerts first; the cursor says in which it stands. */
function listAlerts(desk: Desk, filter: AlertFilter, query: AlertsQuery) {
  const { alerts } = desk;
  if (query.state !== 'all')
    return alerts.list({ ...filter, open: query.state === 'open' }, query.limit, query.cursor ?? null);
  const inClosed = query.cursor?.startsWith('c') ?? false;
  const inner = (query.cursor ?? '').slice(1) || null;
  const first = inClosed ? { items: [], next: null } : alerts.list({ ...filter, open: true }, query.limit, inner);
  if (first.next !== null) return { items: first.items, next: `o${first.next}` };
  const room = query.limit - first.items.length;
  if (room === 0) return { items: first.items, next: 'c' };
  const rest = alerts.list({ ...filter, open: false }, room, inClosed ? inner : null);
  return { items: [...first.items, ...rest.items], next: rest.next === null ? null : `c${rest.next}` };
}

function pageBySeq<T>(all: readonly T[], limit: number, cursor: string | undefined) {
  const start = cursor === undefined ? 0 : Number.parseInt(cursor, 10) || 0;
  const items = all.slice(start, start + limit);
  return { items, next: start + limit < all.length ? String(start + limit) : null };
}

function commandHandler(desk: Desk, route: CommandRoute): Handler {
  return withInput<unknown, { readonly note: string }>(async ({ params, body, response }, viewer) => {
    const { registry } = desk.catalogue();
    const what = { id: randomUUID(), alertId: params.id, note: body.note, atMs: desk.ctx.clock.nowMs() };
    return giveCommand(desk, commandOf(route, what, viewer), response, () => {
      const alert = desk.alerts.get(params.id);
      return alert === undefined ? refuse(notFound('such alert')) : json(alertJson(registry, alert, desk.lang));
    });
  });
}

export function alertHandlers(desk: Desk) {
  const { alerts } = desk;
  return {
    alerts: withInput<AlertsQuery>(({ query }, viewer) => {
      const { registry } = desk.catalogue();
      const filter: AlertFilter = {
        gridCodes: query.grid === undefined ? rootsOf(registry, viewer) : [query.grid],
        ...(query.origin === undefined ? {} : { origin: query.origin }),
      };
      const page = listAlerts(desk, filter, query);
      return json({ items: page.items.map((alert) => alertJson(registry, alert, desk.lang)), next: page.next });
    }),
    alert: withInput(({ params }) => {
      const alert = alerts.get(params.id);
      return alert === undefined
        ? refuse(notFound('such alert'))
        : json(alertJson(desk.catalogue().registry, alert, desk.lang));
    }),
    alertEvents: withInput<PageQuery>(({ params, query }, viewer) => {
      const { registry } = desk.catalogue();
      const page = pageBySeq(alerts.events(params.id), query.limit, query.cursor);
      return json({ items: page.items.map((event) => eventJson(registry, viewer, event, desk.lang)), next: page.next });
    }),
    alertDeliveries: withInput<PageQuery>(({ params, query }) => {
      const { registry } = desk.catalogue();
      const page = pageBySeq(alerts.deliveries(params.id), query.limit, query.cursor);
      return json({ items: page.items.map((delivery) => deliveryJson(registry, delivery)), next: page.next });
    }),
    acknowledge: commandHandler(desk, 'acknowledge'),
    handle: commandHandler(desk, 'handle'),
    close: commandHandler(desk, 'close'),
    falseAlarm: commandHandler(desk, 'falseAlarm'),
    note: commandHandler(desk, 'note'),
  } satisfies { readonly [id: string]: Handler };
}
