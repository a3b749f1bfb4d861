/** Sends what changes to the open streams: alerts from the ledger, the points' newest readings from the journal. */
import type { Alert, AlertReader } from '#model/alert.ts';
import type { JournalReader } from '#model/journal.ts';
import type { PointId, Registry } from '#model/registry.ts';
import type { Lang } from '#model/text.ts';
import type { Clock } from '#model/time.ts';
import { createConflation } from '../conflate.ts';
import { touchedGrid } from '../touched.ts';
import { alertJson, iso, readingJson } from '../wire.ts';
import type { AuthStore } from './auth-store.ts';
import type { Catalogue } from './catalogue.ts';
import type { LiveState } from './live-state.ts';
import { type Stream, type Streams, sseMessage } from './streams.ts';

const STATE_EVERY_MS = 1_000;
/** A moved value of a busy point waits at most about this long. */
const MOVED_EVERY_MS = 25;
const SWEEP_MS = 5;
const EVENTS_A_TURN = 500;
/** A reader further behind than this is told to load the lists anew. */
const MAX_RESUME_EVENTS = 5_000;

export type LiveFeed = {
  /** Greets a new stream and sends the alerts that changed after `afterSeq` (null: from now on). */
  readonly join: (stream: Stream, afterSeq: number | null) => void;
  readonly behindRows: () => number;
  readonly stop: () => void;
};

export type FeedParts = {
  readonly journal: JournalReader;
  readonly alerts: AlertReader;
  readonly catalogue: () => Catalogue;
  readonly state: LiveState;
  readonly streams: Streams;
  readonly auth: AuthStore;
  readonly clock: Clock;
  readonly wallMs: () => number;
  readonly lang: Lang;
  readonly heartbeatMs: number;
};

/** A warning for an area is seen by everybody whose grid it touches. */
const seesAlert = (registry: Registry, stream: Stream, { gridCode, areas }: Alert): boolean => {
  if (areas === undefined || stream.seesGrid(registry, gridCode)) return stream.seesGrid(registry, gridCode);
  const viewer = stream.viewer();
  return viewer !== null && touchedGrid(registry, viewer, areas) !== undefined;
};

export function startLiveFeed(parts: FeedParts): LiveFeed {
  const { alerts, catalogue, clock, state, streams } = parts;
  const started = { chainMs: clock.monoMs(), realMs: performance.now() };
  const receivedAt = new Map<PointId, number>();
  const conflation = createConflation(STATE_EVERY_MS, MOVED_EVERY_MS);
  let alertCursor = alerts.head();
  let stopped = false;
  let sweeper: NodeJS.Timeout | undefined;

  /** Chain milliseconds a real one, so that a page's clock runs as fast as the chain's. */
  const rate = (): number => {
    const realMs = performance.now() - started.realMs;
    return realMs < 200 ? 1 : Math.round(((clock.monoMs() - started.chainMs) / realMs) * 100) / 100;
  };
  const clockFacts = () => ({
    now: iso(clock.nowMs()),
    nowMs: clock.nowMs(),
    rate: rate(),
    registryVersion: catalogue().registry.version,
  });

  function sendState(pointId: PointId): void {
    const { registry, sensorsOf } = catalogue();
    const point = registry.points.get(pointId);
    if (point === undefined || streams.size() === 0) return;
    const sensors = sensorsOf(pointId);
    const latest = state.latest(sensors.map((sensor) => sensor.id));
    const readings = sensors.flatMap((sensor) => {
      const sample = latest.get(sensor.id);
      return sample === undefined ? [] : [readingJson(sensor, sample)];
    });
    const receivedAtMs = receivedAt.get(pointId) ?? 0;
    const text = sseMessage('state', { pointId, gridCode: point.gridCode, receivedAtMs, readings });
    for (const stream of streams.all()) if (stream.seesGrid(registry, point.gridCode)) stream.send(text);
  }

  function sweep(): void {
    for (const pointId of conflation.due(performance.now())) sendState(pointId);
    if (conflation.pending() > 0) return;
    clearInterval(sweeper);
    sweeper = undefined;
  }

  function onJournal(): void {
    if (stopped) return;
    const { changed, more } = state.drain();
    const nowMs = performance.now();
    for (const { pointId, receivedAtMs, moved } of changed) {
      receivedAt.set(pointId, receivedAtMs);
      if (conflation.change(pointId, moved, nowMs)) sendState(pointId);
    }
    if (conflation.pending() > 0) sweeper ??= setInterval(sweep, SWEEP_MS);
    if (more) setImmediate(onJournal);
  }

  /** The alerts touched by ledger entries after `seq`, each once, under the place of its newest entry there. */
  function sendAlertsAfter(seq: number, to: readonly Stream[]): number {
    const entries = alerts.eventsAfter(seq, EVENTS_A_TURN);
    const newest = new Map<string, number>();
    for (const entry of entries) {
      newest.delete(entry.alertId);
      newest.set(entry.alertId, entry.seq);
    }
    const { registry } = catalogue();
    for (const [alertId, at] of newest) {
      const alert = alerts.get(alertId);
      if (alert === undefined) continue;
      const text = sseMessage('alert', alertJson(registry, alert, parts.lang), at);
      for (const stream of to) if (seesAlert(registry, stream, alert)) stream.send(text);
    }
    return entries.at(-1)?.seq ?? seq;
  }

  function onLedger(): void {
    if (stopped) return;
    const before = alertCursor;
    alertCursor = sendAlertsAfter(alertCursor, [...streams.all()]);
    if (alertCursor > before && alerts.head() > alertCursor) setImmediate(onLedger);
  }

  function heartbeat(): void {
    const text = sseMessage('lag', { ...clockFacts(), behindRows: state.behindRows() });
    for (const stream of streams.all()) {
      stream.refresh();
      const { sessionHash } = stream;
      const alive = sessionHash === null || parts.auth.keep(sessionHash, parts.wallMs());
      if (alive && stream.viewer() !== null) stream.send(text);
      else stream.close();
    }
  }

  const cancelJournal = parts.journal.onWake(onJournal);
  const cancelLedger = alerts.onWake(onLedger);
  const heart = setInterval(heartbeat, parts.heartbeatMs);
  return {
    join: (stream, afterSeq) => {
      // What is older than the shared cursor is sent here; what is newer comes to all.
      const resumable = afterSeq !== null && afterSeq <= alertCursor && alertCursor - afterSeq <= MAX_RESUME_EVENTS;
      const reset = afterSeq !== null && !resumable;
      stream.send(`retry: 2000\n${sseMessage('hello', { ...clockFacts(), reset, head: alertCursor }, alertCursor)}`);
      if (!resumable) return;
      for (let at = afterSeq; at < alertCursor; ) {
        const next = sendAlertsAfter(at, [stream]);
        if (next === at) break;
        at = next;
      }
    },
    behindRows: state.behindRows,
    stop: () => {
      stopped = true;
      cancelJournal();
      cancelLedger();
      clearInterval(heart);
      clearInterval(sweeper);
    },
  };
}
