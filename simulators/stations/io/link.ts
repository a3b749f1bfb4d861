/** Stations that report by themselves: each measures at its interval, sends until it is confirmed, and keeps its serial. */
import { join } from 'node:path';
import { openClock } from '#model/io/clock.ts';
import type { StageContext } from '#model/ports.ts';
import { SECOND_MS } from '#model/time.ts';
import type { ReplyFault } from '#simulators/fault.ts';
import { createFaultBook, type FaultBook } from '#simulators/fault-book.ts';
import { driveLineFaults } from '#simulators/io/line-faults.ts';
import { createPlug } from '#simulators/io/plug.ts';
import type { Scene } from '#simulators/io/scene.ts';
import { piecesOf, refusalOf, sendingOf } from '#simulators/reply-fault.ts';
import { encodeReport, type SimulatedReport } from '#simulators/sl651/encode.ts';
import type { SimulatedElement, SimulatedStation, StationLink } from '#simulators/stations/config.ts';
import { openReportLog, type ReportLog, reportLogName } from '#simulators/stations/io/report-log.ts';
import { type OpenWire, openStationWire } from '#simulators/stations/io/station-wire.ts';
import { canSend, groupsOf, isConfirmed } from '#simulators/stations/report.ts';
import { type Struck, strikeValue } from '#simulators/value-fault.ts';

/** A report is sent at most three times (mode M2). */
const SENDS = 3;
const KEEP_ALIVE_MS = 40 * SECOND_MS;
const MAX_HEARD = 4_096;
const TIMED_REPORT = '32';
const HOUR_REPORT = '34';
const KEEP_ALIVE = '2F';
const realClock = openClock({ kind: 'real' });

export type RunningLink = {
  readonly id: string;
  readonly faults: FaultBook;
  readonly refresh: () => void;
  readonly close: () => Promise<void>;
};

export type LinkParts = {
  readonly link: StationLink;
  readonly dataDir: string;
  readonly seed: number;
  readonly scene: Scene;
  readonly ctx: StageContext;
};

/** What was heard last on the link; a confirmation wakes whoever waits for one. */
function createEar() {
  let heard = new Uint8Array(0);
  const waiting = new Set<() => void>();
  return {
    take: (chunk: Uint8Array) => {
      heard = Uint8Array.from([...heard, ...chunk]).slice(-MAX_HEARD);
      for (const look of [...waiting]) look();
    },
    /** True when it came in time. */
    waitFor: (isThere: (heard: Uint8Array) => boolean, limitMs: number, signal: AbortSignal): Promise<boolean> =>
      new Promise((resolve) => {
        const end = (found: boolean) => {
          waiting.delete(look);
          clearTimeout(timer);
          signal.removeEventListener('abort', giveUp);
          resolve(found);
        };
        const look = () => {
          if (isThere(heard)) end(true);
        };
        const giveUp = () => end(false);
        const timer = setTimeout(giveUp, limitMs);
        waiting.add(look);
        signal.addEventListener('abort', giveUp, { once: true });
        look();
      }),
  };
}
type Ear = ReturnType<typeof createEar>;

type Station = {
  /** Its place on the link, as faults name it. */
  readonly unitId: number;
  readonly config: SimulatedStation;
  readonly link: StationLink;
  readonly wire: OpenWire;
  readonly ear: Ear;
  readonly faults: FaultBook;
  readonly log: ReportLog;
};

/** Accumulated rain counts in tenths and wraps after 99999.9 mm. */
const ACCUMULATED: Struck = { counter: { modulus: 1_000_000 }, scale: 0.1, offset: 0 };
const PLAIN: Struck = { counter: null, scale: 1, offset: 0 };

function shownBy(station: Station, { element, behaviour }: SimulatedElement, { scene, ctx }: LinkParts): number | null {
  const nowMs = ctx.clock.nowMs();
  const { config, link, faults, unitId } = station;
  const own = (atMs: number) => scene.valueOf(`${link.id}/${config.station}/${element}`, behaviour, atMs);
  const gain = (fromMs: number, toMs: number) => scene.gainOf(behaviour, fromMs, toMs);
  const struck = faults.valueFaults(unitId, element, nowMs);
  return strikeValue(own, struck, element === '26' ? ACCUMULATED : PLAIN, gain)(nowMs);
}

function measure(station: Station, parts: LinkParts): Pick<SimulatedReport, 'func' | 'groups'> {
  const nowMs = parts.ctx.clock.nowMs();
  const elements = station.config.elements.filter(({ element }) => canSend(element));
  const measured = elements.map((one) => ({ element: one.element, value: shownBy(station, one, parts) }));
  const rain = elements.find(({ element }) => element === 'F4')?.behaviour;
  const rainBetween = (fromMs: number, toMs: number) =>
    rain === undefined ? 0 : parts.scene.gainOf(rain, fromMs, toMs);
  return { func: rain === undefined ? TIMED_REPORT : HOUR_REPORT, groups: groupsOf(measured, nowMs, rainBetween) };
}

const faultsNow = ({ faults, unitId }: Station, { ctx }: LinkParts): readonly ReplyFault[] =>
  faults.replyFaults(unitId, ctx.clock.nowMs()).map(({ fault }) => fault);

/** Sends one frame under the faults of the link; false when nothing went out. */
function send(station: Station, frame: Uint8Array, parts: LinkParts): boolean {
  const nowMs = parts.ctx.clock.nowMs();
  const { config, link, wire } = station;
  const struck = faultsNow(station, parts).filter(({ kind }) => kind !== 'deaf');
  if (refusalOf(struck) !== undefined) return false;
  const chance = { seed: parts.seed, name: `${link.id}/${config.station}`, atMs: nowMs };
  const sending = sendingOf(struck, 1, frame, chance);
  for (const { bytes, afterMs } of piecesOf(frame, frame.length - 1, sending)) {
    const delayMs = sending.delayMs + afterMs;
    if (delayMs <= 0) wire.write(bytes);
    else setTimeout(() => wire.write(bytes), delayMs).unref();
  }
  return true;
}

/** One report until it is confirmed or given up. */
async function report(station: Station, serial: number, parts: LinkParts, signal: AbortSignal): Promise<void> {
  const { config, ear, log } = station;
  const who = { ...config, stationClass: 'P', form: 'hex' } as const;
  const sendTimeMs = parts.ctx.clock.nowMs();
  const { func, groups } = measure(station, parts);
  const frame = encodeReport(who, { func, serial, sendTimeMs, groups });
  // Written before it is sent: what the edge may have heard is in the log, whoever dies next.
  log.write({ atMs: sendTimeMs, station: config.station, func, serial, groups });
  for (let tries = 0; tries < SENDS && !signal.aborted; tries++) {
    send(station, frame, parts);
    const isThere = (heard: Uint8Array) =>
      !faultsNow(station, parts).some(({ kind }) => kind === 'deaf') &&
      isConfirmed(heard, config.station, func, serial);
    if (await ear.waitFor(isThere, parts.link.confirmMs, signal)) return;
  }
  if (!signal.aborted) parts.ctx.log.warn('a simulated station was not confirmed', { station: config.station, serial });
}

async function live(station: Station, first: Promise<void>, parts: LinkParts, signal: AbortSignal): Promise<void> {
  const { clock } = parts.ctx;
  await first;
  for (let serial = 1; !signal.aborted; serial = (serial % 65_535) + 1) {
    const startedMs = clock.monoMs();
    await report(station, serial, parts, signal);
    const leftMs = station.config.reportMs - (clock.monoMs() - startedMs);
    await clock.sleep(Math.max(1, leftMs), signal);
  }
}

function keepAlive(stations: readonly Station[], parts: LinkParts): () => void {
  const timer = setInterval(() => {
    for (const station of stations) {
      const who = { ...station.config, stationClass: 'P', form: 'hex' } as const;
      const frame = encodeReport(who, {
        ...{ func: KEEP_ALIVE, serial: 0, sendTimeMs: parts.ctx.clock.nowMs(), groups: [] },
      });
      send(station, frame, parts);
    }
  }, KEEP_ALIVE_MS);
  timer.unref();
  return () => clearInterval(timer);
}

export async function openStationLink(parts: LinkParts): Promise<RunningLink> {
  const { link, seed, scene, ctx, dataDir } = parts;
  const stop = new AbortController();
  const plug = createPlug();
  const ear = createEar();
  const log = openReportLog(join(dataDir, reportLogName(link.id)));
  const faults = createFaultBook({ lineId: link.id, seed, scenario: link.faults, beganAtMs: scene.beganAtMs });
  const opened = Promise.withResolvers<void>();
  stop.signal.addEventListener('abort', () => opened.resolve(), { once: true });
  const wire = await openStationWire({
    ...{ id: link.id, wire: link.wire, plug, ctx, take: ear.take, opened: opened.resolve },
  }).catch((cause: unknown) => {
    log.close();
    throw cause;
  });
  const stations = link.stations.map(
    (config, index): Station => ({ unitId: index + 1, config, link, wire, ear, faults, log }),
  );
  const running = stations.map((station) => live(station, opened.promise, parts, stop.signal));
  const rest = keepAlive(stations, parts);
  const driven = driveLineFaults({
    ...{ lineId: link.id, seed, faults, plug, clock: ctx.clock, log: ctx.log },
    babble: (bytes) => void wire.write(bytes),
  });
  return {
    id: link.id,
    faults,
    refresh: driven.refresh,
    close: async () => {
      stop.abort();
      rest();
      driven.close();
      await Promise.all(running);
      await realClock.sleep(0);
      await wire.close();
      log.close();
    },
  };
}
