/**
 * Everything that is known of one alert, as plain data: what was decided, under which rules, from which readings, who was
 * told what, when and how, what came back, and the entries of the ledger that say so.
 */
import type { Alert, AlertEvent, AlertReader, Delivery, SignedLedgerHead } from '#model/alert.ts';
import type { Call } from '#model/call.ts';
import type { DeskReaders } from '#model/desk.ts';
import type { Evacuation } from '#model/evacuation.ts';
import type { HistoryPoint, HistoryReader } from '#model/history.ts';
import type { Grid, Registry, Sensor } from '#model/registry.ts';
import { ancestry } from '#model/registry.ts';
import type { UpReport } from '#model/report.ts';
import { type EpochMs, HOUR_MS, MINUTE_MS } from '#model/time.ts';

/** At least this long before a decision, and longer where the rule looked further back. */
const BEFORE_MS = HOUR_MS;
const AFTER_MS = 10 * MINUTE_MS;
/** Of one sensor, shared by its decisions, so that each keeps what it was made from, however long the alert lasted. */
const READINGS_AT_MOST = 2_000;
const LEAST_A_DECISION = 40;
/** Of one sensor: the first and the last ones; the ledger has them all. */
const DECISIONS_AT_MOST = 200;

export type Readings = {
  readonly sensor: Pick<Sensor, 'id' | 'name' | 'quantity' | 'edgeId'>;
  readonly fromMs: EpochMs;
  readonly toMs: EpochMs;
  /** More lie in that time than are given here; these are the nearest to each decision, most of them before it. */
  readonly cut: boolean;
  /** When the rules decided from this sensor. */
  readonly decidedAtMs: readonly EpochMs[];
  /** Values are whole steps of the quantity. */
  readonly points: readonly HistoryPoint[];
};

export type Entry = { readonly event: AlertEvent /** Hash of the entry before it. */; readonly before: string };

export type Evidence = {
  readonly alert: Alert;
  readonly place: readonly Pick<Grid, 'code' | 'name'>[];
  readonly rules: readonly string[];
  readonly policy: readonly string[];
  readonly registryVersion: string;
  readonly entries: readonly Entry[];
  readonly head: SignedLedgerHead | null;
  readonly deliveries: readonly Delivery[];
  readonly calls: readonly Call[];
  readonly evacuations: readonly Evacuation[];
  readonly reports: readonly UpReport[];
  readonly readings: readonly Readings[];
  readonly gatheredAtMs: EpochMs;
  readonly gatheredBy: string;
};

export type EvidencePorts = {
  readonly alerts: AlertReader;
  readonly parts: Pick<DeskReaders, 'calls' | 'evacuations' | 'reports'>;
  readonly history: HistoryReader;
};

const GENESIS = '0'.repeat(64);

function entriesOf(alertId: string, alerts: AlertReader): readonly Entry[] {
  return alerts.events(alertId).map((event) => {
    const before = event.seq === 1 ? undefined : alerts.eventsAfter(event.seq - 2, 1)[0];
    return { event, before: before?.hash ?? GENESIS };
  });
}

type Decision = { readonly sensorId: string; readonly windowMs: number; readonly atMs: EpochMs };

/** Each decision of the rules that the record holds: the sensor, how far back it looked, and when it fell. */
function decisionsOf(entries: readonly Entry[]): readonly Decision[] {
  return entries.flatMap(({ event }) => {
    const evidence = event.facts['evidence'] as { sensorId?: string | null; windowMs?: number | null } | undefined;
    const atMs = event.facts['measuredAtMs'];
    if (evidence?.sensorId == null || typeof atMs !== 'number') return [];
    return [{ sensorId: evidence.sensorId, windowMs: evidence.windowMs ?? 0, atMs }];
  });
}

/** What one decision was made from, and what followed it. */
function aroundOne(one: Decision, history: HistoryReader, atMost: number) {
  const { sensorId, atMs, windowMs } = one;
  const most = { before: Math.floor(atMost * 0.8), after: Math.floor(atMost * 0.2) };
  const fromMs = atMs - Math.max(BEFORE_MS, windowMs);
  const before = history.range(sensorId, fromMs, atMs + 1, most.before + 1, true);
  const after = history.range(sensorId, atMs + 1, atMs + AFTER_MS, most.after + 1);
  const cut = before.length > most.before || after.length > most.after;
  return { cut, points: [...before.slice(-most.before), ...after.slice(0, most.after)] };
}

function readingsOf(decisions: readonly Decision[], registry: Registry, history: HistoryReader): readonly Readings[] {
  return [...Map.groupBy(decisions, ({ sensorId }) => sensorId)].flatMap(([sensorId, all]) => {
    const sensor = registry.sensors.get(sensorId);
    if (sensor === undefined) return [];
    const half = DECISIONS_AT_MOST / 2;
    const own = all.length > DECISIONS_AT_MOST ? [...all.slice(0, half), ...all.slice(-half)] : all;
    const atMost = Math.max(LEAST_A_DECISION, Math.floor(READINGS_AT_MOST / own.length));
    const around = own.map((one) => aroundOne(one, history, atMost));
    const points = new Map(around.flatMap((part) => part.points.map((point) => [point.atMs, point] as const)));
    const { id, name, quantity, edgeId } = sensor;
    const readings: Readings = {
      sensor: { id, name, quantity, edgeId },
      fromMs: Math.min(...own.map(({ atMs, windowMs }) => atMs - Math.max(BEFORE_MS, windowMs))),
      toMs: Math.max(...own.map(({ atMs }) => atMs)) + AFTER_MS,
      cut: own.length < all.length || around.some((part) => part.cut),
      decidedAtMs: [...new Set(own.map(({ atMs }) => atMs))].toSorted((a, b) => a - b),
      points: [...points.values()].toSorted((a, b) => a.atMs - b.atMs),
    };
    return [readings];
  });
}

const factsNamed = (entries: readonly Entry[], name: string): readonly string[] => [
  ...new Set(entries.flatMap(({ event }) => (typeof event.facts[name] === 'string' ? [event.facts[name]] : []))),
];

/** Undefined when there is no such alert. */
export function gatherEvidence(
  alertId: string,
  { alerts, parts, history }: EvidencePorts,
  registry: Registry,
  by: { readonly name: string; readonly atMs: EpochMs },
): Evidence | undefined {
  const alert = alerts.get(alertId);
  if (alert === undefined) return undefined;
  const entries = entriesOf(alertId, alerts);
  const gridCodes = [registry.county.code];
  return {
    alert,
    place: ancestry(registry, alert.gridCode)
      .toReversed()
      .map(({ code, name }) => ({ code, name })),
    rules: factsNamed(entries, 'rule'),
    policy: factsNamed(entries, 'policy'),
    registryVersion: registry.version,
    entries,
    head: alerts.signedHead?.() ?? null,
    deliveries: alerts.deliveries(alertId),
    calls: parts.calls.ofAlert(alertId),
    evacuations: parts.evacuations.list({ gridCodes }).filter((one) => one.alertId === alertId),
    reports: parts.reports.list({ gridCodes, alertId }),
    readings: readingsOf(decisionsOf(entries), registry, history),
    gatheredAtMs: by.atMs,
    gatheredBy: by.name,
  };
}
