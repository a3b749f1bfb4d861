/**
 * Follows the alerts over a stream that may break: each change once, in the ledger's order. Where the stream cannot go on
 * from its last event, the open alerts are read and compared with what was seen; meanwhile events wait.
 */
import { type AlertBody, type Change, changeOf, isOver, parseAlert, type Seen, seenOf } from './alert-change.ts';
import { isFields } from './link.ts';
import type { StreamEvent } from './sse.ts';

export type Told = {
  readonly alert: AlertBody;
  readonly change: Change;
  readonly before: Seen | undefined;
  /** Stood open when the flow began; nobody did anything just now. */
  readonly atStart: boolean;
};
/** What outlives a redeployment, and a restart where the context is kept on disk. */
export type Memory = { readonly lastEventId: number | null; readonly known: { readonly [alertId: string]: Seen } };
export type Ports = {
  /** All open alerts; undefined when they cannot be read now. */
  readonly loadOpen: () => Promise<readonly AlertBody[] | undefined>;
  /** One alert, open or closed; undefined when it cannot be read. */
  readonly loadOne: (id: string) => Promise<AlertBody | undefined>;
  readonly tell: (told: Told) => void;
  readonly keep: (memory: Memory) => void;
  readonly retryLater: (run: () => void) => void;
};

/** Ended alerts beyond this many are forgotten, oldest first. */
const MAX_KNOWN = 20_000;
/** More that wait than this: they are thrown away, and the open alerts read again. */
const MAX_WAITING = 10_000;

export type Tracker = {
  readonly take: (event: StreamEvent) => void;
  readonly lastEventId: () => number | null;
};

const idOf = (id: string | null): number | null => (id !== null && /^\d{1,15}$/.test(id) ? Number(id) : null);

export function createAlertTracker(begin: Memory, openAtStart: boolean, ports: Ports): Tracker {
  // One object that grows, not a copy at each event: a storm has thousands.
  const known: { [alertId: string]: Seen } = { ...begin.known };
  let size = Object.keys(known).length;
  let lastEventId = begin.lastEventId;
  let waiting: StreamEvent[] | undefined;
  let isOverfull = false;
  /** A newer reading of the open alerts makes an older one void. */
  let generation = 0;
  /** Where the ledger stood when the flow began: what is newer has just happened. */
  let firstHead: number | null = null;

  const keep = (): void => ports.keep({ lastEventId, known });

  function forget(id: string): void {
    delete known[id];
    size--;
  }

  function forgetOneEnded(): void {
    for (const id in known) {
      const seen = known[id];
      if (seen === undefined || !isOver(seen)) continue;
      forget(id);
      return;
    }
  }

  function note(alert: AlertBody, how: { readonly atStart: boolean; readonly silent: boolean }): void {
    const before = Object.hasOwn(known, alert.id) ? known[alert.id] : undefined;
    const change = changeOf(before, seenOf(alert));
    if (change === undefined) return;
    if (before !== undefined) forget(alert.id);
    known[alert.id] = seenOf(alert);
    size++;
    if (size > MAX_KNOWN) forgetOneEnded();
    if (!how.silent) ports.tell({ alert, change, before, atStart: how.atStart });
  }

  function takeAlert({ id, data }: StreamEvent): void {
    const at = idOf(id);
    if (at !== null && lastEventId !== null && at <= lastEventId) return;
    const alert = parseAlert(data);
    if (alert !== undefined) note(alert, { atStart: false, silent: false });
    if (at !== null) lastEventId = at;
    keep();
  }

  /** Those that ended while nobody listened. */
  async function noteEnded(open: readonly AlertBody[]): Promise<void> {
    const stillOpen = new Set(open.map(({ id }) => id));
    for (const [id, seen] of Object.entries(known)) {
      if (isOver(seen) || stillOpen.has(id)) continue;
      const alert = await ports.loadOne(id);
      if (alert === undefined) forget(id);
      else note(alert, { atStart: false, silent: false });
    }
  }

  /** `head`: the ledger's place that the list contains at least. */
  async function reconcile(head: number | null, mine: number): Promise<void> {
    const open = await ports.loadOpen();
    if (mine !== generation) return;
    if (open === undefined) {
      ports.retryLater(() => {
        if (mine === generation) void reconcile(head, mine);
      });
      return;
    }
    const isFirst = lastEventId === null;
    for (const alert of open) {
      const atStart = isFirst && alert.version <= (firstHead ?? 0);
      note(alert, { atStart, silent: atStart && !openAtStart });
    }
    if (!isFirst) await noteEnded(open);
    if (mine !== generation) return;
    lastEventId = head;
    const late = waiting ?? [];
    waiting = undefined;
    if (isOverfull) return startReading(head);
    for (const event of late) takeAlert(event);
    keep();
  }

  function startReading(head: number | null): void {
    generation++;
    waiting = [];
    isOverfull = false;
    firstHead ??= head;
    void reconcile(head, generation);
  }

  return {
    take: (event) => {
      if (event.event === 'hello') {
        const isReset = isFields(event.data) && event.data['reset'] === true;
        if (lastEventId === null || isReset || waiting !== undefined) startReading(idOf(event.id));
        return;
      }
      if (event.event !== 'alert') return;
      if (waiting === undefined) takeAlert(event);
      else if (waiting.length < MAX_WAITING) waiting.push(event);
      else isOverfull = true;
    },
    lastEventId: () => lastEventId,
  };
}
