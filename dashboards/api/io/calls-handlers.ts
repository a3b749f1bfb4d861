/** Answers for calls, and takes answers: of people, of those who reached them, and of gateways. */
import { createHmac, randomUUID, timingSafeEqual } from 'node:crypto';
import type { Call, CallFilter, Means, Receipt } from '#model/call.ts';
import type { CallCommand, ReceiptCommand } from '#model/command.ts';
import type { EpochMs } from '#model/time.ts';
import { DAY_MS } from '#model/time.ts';
import { callJson } from '../call-wire.ts';
import { notFound, OUTSIDE_GRID, type Problem } from '../problem.ts';
import { nameOfSubject } from '../subject.ts';
import { rootsOf, type Viewer } from '../viewer.ts';
import {
  type Desk,
  type Exchange,
  type Handler,
  json,
  type PageQuery,
  type Reply,
  refuse,
  withInput,
} from './exchange.ts';
import { giveCommand, saidBy } from './give.ts';
import { originOf } from './origin.ts';

type CallsQuery = PageQuery & {
  readonly alert?: string;
  readonly person?: string;
  readonly notReached: 'true' | 'false';
};
type Answering = { readonly person?: string; readonly action: 'answer' | 'cannot' | 'read'; readonly note: string };
type Reached = { readonly person: string; readonly means: Means; readonly note: string };
type Receipts = {
  readonly channel: string;
  readonly receipts: readonly (Omit<Receipt, 'channel' | 'atMs'> & { readonly atMs?: number })[];
};

const MINE_AT_MOST = 1_000;
const UNSIGNED: Problem = {
  status: 401,
  kind: 'unsigned',
  message: 'Receipts are signed with the channel’s secret (fengsui-signature: sha256=…), or bear the token.',
};

/** What he may still answer. */
const isOpen = ({ state }: Call): boolean => state === 'asking' || state === 'silent' || state === 'told';

function callsReply(desk: Desk, alertId: string): Reply {
  const { registry } = desk.catalogue();
  const items = desk.ports.parts.calls.ofAlert(alertId);
  const origin = originOf(desk, alertId);
  return json({ items: items.map((call) => callJson(registry, call, desk.lang, origin)), next: null });
}

/** With the channel's own secret over the very bytes that came. */
function isSigned(desk: Desk, channelId: string, { request }: Exchange): boolean {
  const channel = desk.ports.registry.current().channels.find(({ id }) => id === channelId);
  const secretEnv = channel !== undefined && 'secretEnv' in channel ? channel.secretEnv : null;
  const secret = secretEnv === null ? undefined : process.env[secretEnv];
  const raw: unknown = request.body;
  if (secret === undefined || secret === '' || !Buffer.isBuffer(raw)) return false;
  const right = Buffer.from(`sha256=${createHmac('sha256', secret).update(raw).digest('hex')}`);
  const given = Buffer.from(request.get('fengsui-signature') ?? '');
  return right.length === given.length && timingSafeEqual(right, given);
}

/** A gateway's clock is its own: an instant that lies ahead, or on another day, is the one at which it is heard. */
const heardAt = (given: number | undefined, nowMs: EpochMs): EpochMs =>
  given === undefined || given > nowMs || given < nowMs - DAY_MS ? nowMs : given;

function takeReceipts(desk: Desk, exchange: Exchange): Reply | Promise<Reply> {
  const { channel, receipts } = exchange.body as Receipts;
  const byToken = exchange.viewer?.kind === 'token';
  if (!byToken && !isSigned(desk, channel, exchange)) return refuse(UNSIGNED);
  const atMs = desk.ctx.clock.nowMs();
  const command: ReceiptCommand = {
    kind: 'receipt',
    id: randomUUID(),
    by: `channel:${channel}`,
    atMs,
    from: channel,
    note: '',
    receipts: receipts.map((one) => ({ ...one, channel, atMs: heardAt(one.atMs, atMs) })),
  };
  return giveCommand(desk, command, exchange.response, () => json({ taken: receipts.length }));
}

/** Null: he may not speak for this person about this alert. */
function speaksFor(desk: Desk, viewer: Viewer, alertId: string, person: string | undefined): string | null {
  if (viewer.kind === 'token') return person ?? null;
  if (person !== undefined && person !== viewer.id) return null;
  return desk.ports.parts.calls.ofAlert(alertId).some(({ personId }) => personId === viewer.id) ? viewer.id : null;
}

export function callHandlers(desk: Desk) {
  const { calls } = desk.ports.parts;
  return {
    calls: withInput<CallsQuery>(({ query }, viewer) => {
      const { registry } = desk.catalogue();
      const filter: CallFilter = {
        gridCodes: query.grid === undefined ? rootsOf(registry, viewer) : [query.grid],
        notReached: query.notReached === 'true',
        ...(query.alert === undefined ? {} : { alertId: query.alert }),
        ...(query.person === undefined ? {} : { personId: query.person }),
      };
      const page = calls.list(filter, query.limit, query.cursor ?? null);
      const items = page.items.map((call) => callJson(registry, call, desk.lang, originOf(desk, call.alertId)));
      return json({ items, next: page.next });
    }),
    myCalls: withInput((_exchange, viewer) => {
      const { registry } = desk.catalogue();
      const filter: CallFilter = { gridCodes: [registry.county.code], personId: viewer.id };
      const open = calls.list(filter, MINE_AT_MOST, null).items.filter(isOpen);
      // Newest first: an older round asks nothing that the newer one does not.
      const newest = [...Map.groupBy(open, ({ alertId }) => alertId).values()].flatMap(([call]) => call ?? []);
      const items = newest.flatMap((call) => {
        const alert = desk.alerts.get(call.alertId);
        if (alert === undefined || alert.closedAtMs !== null) return [];
        const { level, hazard, subject, origin } = alert;
        const subjectName = nameOfSubject(registry, desk.ports.parts.warnings, subject);
        const about = { level, hazard, subject, subjectName, origin };
        return [{ ...callJson(registry, call, desk.lang, origin), alert: about }];
      });
      return json({ items, next: null });
    }),
    alertCalls: withInput(({ params }) => callsReply(desk, params.id)),
    answer: withInput<unknown, Answering>(({ params, body, response }, viewer) => {
      if (desk.alerts.get(params.id) === undefined) return refuse(notFound('such alert'));
      const personId = speaksFor(desk, viewer, params.id, body.person);
      if (personId === null) return refuse(OUTSIDE_GRID);
      const said = saidBy(desk, viewer, body.note);
      const command: CallCommand = { ...said, kind: 'call', alertId: params.id, personId, action: body.action };
      return giveCommand(desk, command, response, () => json({ alertId: params.id, personId, action: body.action }));
    }),
    reached: withInput<unknown, Reached>(({ params, body, response }, viewer) => {
      const said = saidBy(desk, viewer, body.note);
      const { person: personId, means } = body;
      const command: CallCommand = { ...said, kind: 'call', alertId: params.id, personId, action: 'reached', means };
      return giveCommand(desk, command, response, () => callsReply(desk, params.id));
    }),
    receipts: (exchange: Exchange) => takeReceipts(desk, exchange),
  } satisfies { readonly [id: string]: Handler };
}
