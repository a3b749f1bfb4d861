/** The store of alerts with call-and-confirm on virtual time: channels take everything at once unless a test says otherwise. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { indexRegistry } from '#alerts/directory.ts';
import type { Notice } from '#alerts/episode.ts';
import { openAlertReader } from '#alerts/io/alert-reader.ts';
import { openCallReader } from '#alerts/io/calls/reader.ts';
import type { Claim } from '#alerts/io/delivery-table.ts';
import type { Part, PartTools } from '#alerts/io/part.ts';
import { PARTS } from '#alerts/io/parts.ts';
import { alertsPath } from '#alerts/io/schema.ts';
import { openStore } from '#alerts/io/store.ts';
import { CONSOLE, type Move, sampleRegistry, T0, transition } from '#alerts/testing/sample.ts';
import type { Alert, AlertCommand, Recipient } from '#model/alert.ts';
import type { CallState, Receipt } from '#model/call.ts';
import type { ChannelConfig } from '#model/channel.ts';
import type { CallCommand, DeskCommand } from '#model/command.ts';
import { openReadable } from '#model/io/sqlite.ts';
import type { Policy } from '#model/policy.ts';
import type { Origin } from '#model/reading.ts';
import type { Person, Registry } from '#model/registry.ts';

/** Calls, and what the store itself needs: other parts have tests of their own. */
const CORE = PARTS.filter(({ name }) => name === 'channels' || name === 'calls');

export const SMS: ChannelConfig = {
  id: 'sms',
  kind: 'sms-gateway',
  url: 'http://127.0.0.1:1/',
  secretEnv: null,
  minLevel: 'blue',
  timeoutMs: 1_000,
  accepts: ['live', 'drill'],
};
export const VOICE: ChannelConfig = { ...SMS, id: 'voice', kind: 'voice-gateway', minLevel: 'yellow' };
const DEPUTY: Person = {
  id: 'v1-deputy',
  name: '上湾副支书',
  phone: '13800009999',
  posts: [{ gridCode: '331004001001', post: 'deputy' }],
};

/** The sample county with a telephone number for everybody, and a deputy in the first village. */
export function callCounty(channels: readonly ChannelConfig[] = [CONSOLE, SMS, VOICE], policy?: Policy): Registry {
  const county = sampleRegistry(channels);
  const people = [...county.people.values()].map((person, n) => ({ ...person, phone: `138000000${10 + n}` }));
  const all = new Map([...people, DEPUTY].map((person) => [person.id, person]));
  return { ...county, people: all, ...(policy === undefined ? {} : { policy }) };
}

export type Left = {
  readonly atMs: number;
  readonly person: string;
  readonly channel: string;
  readonly key: string;
  readonly repeated: boolean;
  readonly message: Claim['message'];
};

/** `hh:mm:ss` after the beginning, which is 00:00:00. */
export const clockOf = (atMs: number): string => new Date(atMs - T0).toISOString().slice(11, 19);

export function openCallDesk(first: Registry = callCounty()) {
  const dataDir = mkdtempSync(join(tmpdir(), 'fengsui-calls-'));
  let registry = first;
  let directory = indexRegistry(registry);
  /** What another part of the stage could do. */
  let tools: PartTools | undefined;
  const probe: Part = {
    name: 'probe',
    schema: '',
    open: (given) => {
      tools = given;
      return {};
    },
  };
  const parts = [...CORE, probe];
  let store = openStore(dataDir, parts);
  let nowMs = T0;
  let pos = 0;
  let commandPos = 0;
  const left: Left[] = [];
  const reader = openCallReader(dataDir);
  const alertReader = openAlertReader(dataDir);
  store.settle(directory, nowMs);
  /** What becomes of a message that is handed over. */
  let outcome: (claim: Claim) => 'sent' | 'failed' | 'unknown' | 'crash' = () => 'sent';

  function hand(claim: Claim): void {
    const { personId: person, channel, key, repeated, message } = claim;
    left.push({ atMs: nowMs, person, channel, key, repeated, message });
    const state = outcome(claim);
    if (state !== 'crash') store.record(claim, { state, dueAtMs: nowMs + 1_000, detail: '' }, nowMs);
  }

  function dispatch(): void {
    for (const { id } of registry.channels)
      for (;;) {
        const dueMs = store.deliveries.earliestDue(id);
        if (dueMs === null || dueMs > nowMs) break;
        store.together(() => {
          for (const claim of store.claim(id, 64, nowMs)) hand(claim);
        });
      }
  }

  const nextMs = (): number => {
    const rows = registry.channels.map(({ id }) => store.deliveries.earliestDue(id));
    const due = [store.nextDueMs(), ...rows].filter((one) => one !== null);
    return due.length === 0 ? Number.POSITIVE_INFINITY : Math.min(...due);
  };

  function settle(): void {
    dispatch();
    for (let guard = 0; nextMs() <= nowMs; guard++) {
      if (guard > 10_000) throw new Error('it never comes to rest');
      store.runDue(directory, nowMs);
      dispatch();
    }
  }

  /** Lets time pass; what falls due on the way is done at its instant. */
  function passTo(atMs: number): void {
    for (let next = nextMs(); next <= atMs; next = nextMs()) {
      nowMs = Math.max(nowMs, next);
      settle();
    }
    nowMs = Math.max(nowMs, atMs);
  }

  const give = (command: DeskCommand): void => {
    store.takeCommands([{ pos: ++commandPos, entry: command }], directory, nowMs);
    settle();
  };
  const alerts = () => store.openAfter('', 10_000).map(({ alert }) => alert);

  return {
    dataDir,
    left,
    reader,
    store: () => store,
    nowMs: () => nowMs,
    passTo,
    passTime: (ms: number) => passTo(nowMs + ms),
    /** To `hh:mm[:ss]` after the beginning. */
    at: (clock: string) => passTo(T0 + Date.parse(`1970-01-01T${clock.length === 5 ? `${clock}:00` : clock}Z`)),
    sees: (move: Omit<Move, 'n'>) => {
      const entry = transition({ ...move, n: ++pos });
      const said = { ...entry, atMs: nowMs, decidedAtMs: nowMs };
      store.takeTransitions([{ pos, entry: said }], directory, nowMs);
      settle();
    },
    give,
    /** A person's own word, by the page. */
    says: (personId: string, alertId: string, action: 'answer' | 'cannot' | 'read' = 'answer') =>
      give({
        kind: 'call',
        id: `c${commandPos}`,
        alertId,
        personId,
        action,
        by: personId,
        atMs: nowMs,
        from: 'console',
        note: '',
      }),
    reach: (personId: string, alertId: string, by: string, means: 'door' | 'gong') => {
      const said = { id: `c${commandPos}`, by, atMs: nowMs, from: 'console', note: '' };
      const command: CallCommand = { ...said, kind: 'call', alertId, personId, action: 'reached', means };
      give(command);
    },
    /** Another part of the stage tells of an alert as it is now. */
    tells: (alert: Alert, { change, only }: Pick<Notice, 'change'> & { readonly only: readonly Recipient[] }) => {
      const { id: alertId, round, level } = alert;
      const step = 90 + round;
      const reason = { zh: '部分网格', en: 'some grids' };
      const notices: readonly Notice[] = [{ alertId, round, step, change, from: level, to: level, reason, only }];
      const world = { directory, nowMs, newId: () => 'none' };
      store.together(() => tools?.apply({ episode: { alert, step, askedAtMs: nowMs }, events: [], notices }, world));
      settle();
    },
    acts: (by: string, alertId: string, action: AlertCommand['action'], note = '') =>
      give({ id: `c${commandPos}`, alertId, action, by, atMs: nowMs, from: 'console', note }),
    hears: (...receipts: readonly (Pick<Receipt, 'event' | 'channel'> & Partial<Receipt>)[]) => {
      const whole = receipts.map((one): Receipt => ({ key: null, from: null, atMs: nowMs, detail: '', ...one }));
      store.takeReceipts(whole, directory, nowMs);
      settle();
    },
    channelsDo: (decide: typeof outcome) => {
      outcome = decide;
    },
    replace: (next: Registry) => {
      registry = next;
      directory = indexRegistry(next);
      store.moveAlerts(directory, nowMs);
      store.settle(directory, nowMs);
      settle();
    },
    /** The process ends, comes back `awayMs` later, and catches up. */
    restart: (awayMs = 0) => {
      store.close();
      nowMs += awayMs;
      store = openStore(dataDir, parts);
      store.recover(nowMs);
      store.moveAlerts(directory, nowMs);
      store.settle(directory, nowMs);
      settle();
    },
    alerts,
    alert: (subject = 'P1', hazard = 'landslide', origin: Origin = 'live') => {
      const found = alerts().find(
        (one) => one.subject.id === subject && one.hazard === hazard && one.origin === origin,
      );
      if (found === undefined) throw new Error(`no open alert of ${hazard} at ${subject}`);
      return found;
    },
    /** Newest round: person → state. */
    states: (alertId: string): { readonly [person: string]: CallState } => {
      const own = reader.ofAlert(alertId);
      const round = Math.max(...own.map((call) => call.round));
      return Object.fromEntries(own.filter((call) => call.round === round).map((call) => [call.personId, call.state]));
    },
    notReached: () =>
      reader.list({ gridCodes: ['331004'], notReached: true }, 100, null).items.map((one) => one.personId),
    /** `00:01:40 v1-head voice` of what left after an instant (not before). */
    lines: (person?: string) =>
      left
        .filter((one) => one.person !== '*' && (person === undefined || one.person === person))
        .map((one) => `${clockOf(one.atMs)} ${one.person} ${one.channel}`),
    events: (alertId: string) => alertReader.events(alertId),
    deliveries: (alertId: string) => alertReader.deliveries(alertId),
    /** Every row for one person, with the try that it belongs to and when it was queued. */
    tries: (alertId: string) => {
      const db = openReadable(alertsPath(dataDir));
      const rows = db
        ?.prepare('SELECT key, queued_at AS queuedAtMs FROM deliveries WHERE alert_id = ? ORDER BY n')
        .all(alertId);
      db?.close();
      return (rows as { key: string; queuedAtMs: number }[]).map(({ key, queuedAtMs }) => {
        const [, round, , attempt, personId = ''] = key.split('/');
        return { round: Number(round), attempt: Number(attempt), personId, queuedAtMs };
      });
    },
    phoneOf: (personId: string) => registry.people.get(personId)?.phone ?? '',
    close: () => {
      alertReader.close();
      reader.close();
      store.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
export type CallDesk = ReturnType<typeof openCallDesk>;
