/**
 * Writes beside the readings what else InfluxDB is asked about: the life of alerts, the centre's own metrics, where the
 * points lie. Each has a loop and a connection of its own; none of them ever delays the readings or the alerts.
 */
import { alertLine, isTold, levelSaid } from '#ingest/influx/beside/alert-lines.ts';
import { placeLines } from '#ingest/influx/beside/place-lines.ts';
import { samplesOf, systemLines } from '#ingest/influx/beside/system-lines.ts';
import type { AlertEvent, AlertReader } from '#model/alert.ts';
import type { InfluxTarget } from '#model/history.ts';
import { ALERT_MEASUREMENT, PLACE_MEASUREMENT } from '#model/influx.ts';
import { supervise } from '#model/io/supervise.ts';
import type { Level } from '#model/level.ts';
import type { StageContext } from '#model/ports.ts';
import type { RegistryPort } from '#model/registry.ts';
import { DAY_MS } from '#model/time.ts';
import { type InfluxClient, openInfluxClient } from '../influx/client.ts';
import { type LedgerCursor, openLedgerCursor } from './cursor.ts';

export type BesidePorts = {
  readonly registry: RegistryPort;
  readonly alerts?: Pick<AlertReader, 'eventsAfter' | 'events' | 'get' | 'head' | 'onWake'>;
  /** In the text format of Prometheus. */
  readonly metricsText?: () => Promise<string>;
  /** Looked at anew before every request: a token may be changed while we run. */
  readonly token: () => string | undefined;
};
export type BesideTimes = {
  /** Real time, all of them. */
  readonly alertsMs: number;
  readonly systemMs: number;
  readonly placesMs: number;
  /** Now and then it is looked whether somebody has emptied the database. */
  readonly lookMs: number;
  readonly leastPauseMs: number;
  readonly mostPauseMs: number;
};
export const BESIDE_TIMES: BesideTimes = {
  alertsMs: 2_000,
  systemMs: 30_000,
  placesMs: DAY_MS,
  lookMs: 60_000,
  leastPauseMs: 1_000,
  mostPauseMs: 60_000,
};

const ENTRIES_A_TURN = 500;
const SYSTEM_LINES = 5_000;
const PLACES_A_REQUEST = 5_000;
const STOP_LIMIT_MS = 500;

type Sent = 'stored' | 'later';

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end, { once: true });
  });
}

/** A client that goes with the token. */
function openClients(target: InfluxTarget, token: () => string | undefined) {
  let known: { readonly token: string | undefined; readonly client: InfluxClient } | undefined;
  return {
    current: (): InfluxClient => {
      const now = token();
      if (known === undefined || known.token !== now) {
        known?.client.close();
        known = { token: now, client: openInfluxClient(target, now, { connections: 1 }) };
      }
      return known.client;
    },
    close: () => known?.client.close(),
  };
}
type Clients = ReturnType<typeof openClients>;

/** What the database will never take is counted and left: none of this is a reading. */
async function send(clients: Clients, lines: readonly string[], what: string, ctx: StageContext): Promise<Sent> {
  const outcome = await clients.current().write(lines.join('\n'));
  const { metrics } = ctx;
  switch (outcome.kind) {
    case 'written':
      metrics.count('fengsui_influx_beside_lines_total', { what }, lines.length);
      return 'stored';
    case 'partial':
    case 'tooLarge':
      if (lines.length > 1) {
        const middle = lines.length >> 1;
        const first = await send(clients, lines.slice(0, middle), what, ctx);
        return first === 'later' ? first : await send(clients, lines.slice(middle), what, ctx);
      }
      metrics.count('fengsui_influx_beside_refused_total', { what });
      ctx.log.warn('InfluxDB refuses a line for good', { what, message: outcome.message });
      return 'stored';
    case 'noDatabase':
    case 'unauthorised':
    case 'slowDown':
    case 'away':
      metrics.count('fengsui_influx_beside_failed_total', { what });
      return 'later';
    default:
      return outcome satisfies never;
  }
}

/** Follows what levels alerts have; of an alert not seen before it is read from its own entries. */
function createLevels(alerts: Pick<AlertReader, 'events'>) {
  const levels = new Map<string, Level>();
  const MOST = 10_000;
  return (event: AlertEvent, fallback: Level): Level => {
    let level = levelSaid(event) ?? levels.get(event.alertId);
    if (level === undefined)
      for (const entry of alerts.events(event.alertId)) if (entry.seq <= event.seq) level = levelSaid(entry) ?? level;
    level ??= fallback;
    if (levels.size >= MOST) levels.clear();
    levels.set(event.alertId, level);
    return level;
  };
}

/** Tells now and then that the database holds nothing of a measurement; one that is away is asked again at the next turn. */
function createLook(influxql: string, everyMs: number) {
  let lookedAtMs = Number.NEGATIVE_INFINITY;
  return async (clients: Clients): Promise<boolean> => {
    if (performance.now() - lookedAtMs < everyMs) return false;
    const found = await clients.current().query(influxql);
    if (found.ok || found.error.kind !== 'away') lookedAtMs = performance.now();
    return found.ok ? found.value.every((series) => series.length === 0) : found.error.kind === 'noDatabase';
  };
}

function createLedgerTurn(
  { alerts, registry }: { readonly alerts: NonNullable<BesidePorts['alerts']>; readonly registry: RegistryPort },
  cursor: LedgerCursor,
  clients: Clients,
  lookMs: number,
  ctx: StageContext,
) {
  const levelOf = createLevels(alerts);
  const isEmptied = createLook(`SELECT last("level") FROM "${ALERT_MEASUREMENT}"`, lookMs);
  /** Everything is written anew when the ledger was put back, or the database holds nothing of what was written. */
  const beginAnew = async (): Promise<void> => {
    if (cursor.get() === 0) return;
    if (alerts.head() < cursor.get()) cursor.set(0);
    if (await isEmptied(clients)) cursor.set(0);
  };
  /** True when there may be more at once. */
  return async (): Promise<Sent | 'more'> => {
    await beginAnew();
    const events = alerts.eventsAfter(cursor.get(), ENTRIES_A_TURN);
    const last = events.at(-1);
    if (last === undefined) return 'stored';
    const lines = events.filter(isTold).flatMap((event) => {
      const alert = alerts.get(event.alertId);
      return alert === undefined ? [] : [alertLine(event, alert, levelOf(event, alert.level), registry.current())];
    });
    if (lines.length > 0 && (await send(clients, lines, 'alerts', ctx)) === 'later') return 'later';
    cursor.set(last.seq);
    return events.length === ENTRIES_A_TURN ? 'more' : 'stored';
  };
}

/** Once a day, when the county's points have changed, and when somebody has emptied the database. */
function createPlacesTurn(clients: Clients, registry: RegistryPort, times: BesideTimes, ctx: StageContext) {
  const isEmptied = createLook(`SELECT last("lon") FROM "${PLACE_MEASUREMENT}"`, times.lookMs);
  let written: { readonly atMs: number; readonly version: string } | undefined;
  return async (): Promise<Sent> => {
    const now = registry.current();
    const isDue =
      written === undefined || written.version !== now.version || performance.now() - written.atMs >= times.placesMs;
    if (!isDue && !(await isEmptied(clients))) return 'stored';
    const lines = placeLines(now, ctx.clock.nowMs());
    for (let at = 0; at < lines.length; at += PLACES_A_REQUEST) {
      const portion = lines.slice(at, at + PLACES_A_REQUEST);
      if ((await send(clients, portion, 'places', ctx)) === 'later') return 'later';
    }
    written = { atMs: performance.now(), version: now.version };
    return 'stored';
  };
}

export type Beside = { readonly stop: () => Promise<void> };

export function startBeside(
  target: InfluxTarget,
  ports: BesidePorts,
  dataDir: string,
  ctx: StageContext,
  times: BesideTimes = BESIDE_TIMES,
): Beside {
  const stopping = new AbortController();
  const signal = AbortSignal.any([ctx.signal, stopping.signal]);
  const closers: (() => void)[] = [];
  const loops: Promise<void>[] = [];
  /** Turns of a part, with growing pauses while the database does not take them. */
  const loop = (name: string, everyMs: number, turn: (clients: Clients) => Promise<Sent | 'more'>): void => {
    const clients = openClients(target, ports.token);
    closers.push(clients.close);
    const run = async (until: AbortSignal): Promise<void> => {
      let waitMs = times.leastPauseMs;
      while (!until.aborted) {
        const done = await turn(clients);
        if (done === 'more') continue;
        await pause(done === 'later' ? waitMs : everyMs, until);
        waitMs = done === 'later' ? Math.min(waitMs * 2, times.mostPauseMs) : times.leastPauseMs;
      }
    };
    loops.push(supervise({ name, log: ctx.log, metrics: ctx.metrics, clock: ctx.clock, signal }, run));
  };

  if (ports.alerts !== undefined) {
    const { alerts } = ports;
    const cursor = openLedgerCursor(dataDir);
    closers.push(cursor.close);
    let turn: ReturnType<typeof createLedgerTurn> | undefined;
    loop('influx.alerts', times.alertsMs, (clients) => {
      turn ??= createLedgerTurn({ alerts, registry: ports.registry }, cursor, clients, times.lookMs, ctx);
      return turn();
    });
  }
  if (ports.metricsText !== undefined) {
    const { metricsText } = ports;
    loop('influx.system', times.systemMs, async (clients) => {
      const lines = systemLines(samplesOf(await metricsText()), ctx.clock.nowMs(), SYSTEM_LINES);
      // What could not be written is past: the next attempt brings what is so then.
      return lines.length === 0 ? 'later' : await send(clients, lines, 'system', ctx);
    });
  }
  let places: ReturnType<typeof createPlacesTurn> | undefined;
  loop('influx.places', times.lookMs, (clients) => {
    places ??= createPlacesTurn(clients, ports.registry, times, ctx);
    return places();
  });
  return {
    stop: async () => {
      stopping.abort();
      // A request under way ends by its own limit; nobody waits for it longer than this.
      await Promise.race([Promise.all(loops), new Promise((resolve) => setTimeout(resolve, STOP_LIMIT_MS).unref())]);
      for (const close of closers) close();
    },
  };
}
