/**
 * What happens to an accepted frame: it is told apart from a resend, put on disk with what is to be remembered of it, and
 * only then confirmed. A disk that refuses is not confirmed either, so that the station sends again.
 */
import type { LinkConfig } from '../../model/edge-config.ts';
import type { StageContext } from '../../model/ports.ts';
import type { Heard } from '../link/hear.ts';
import { takeReport } from '../link/take-report.ts';
import type { Assembly } from '../sl651/reassemble.ts';
import type { Pictures } from './link-pictures.ts';
import type { Outbox } from './outbox.ts';
import type { Recorder } from './recorder.ts';

export type LinkDeps = {
  readonly ctx: StageContext;
  readonly outbox: Outbox;
  readonly recorder: Recorder;
  readonly pictures: Pictures;
};

/** Takes what was heard; returns the bytes of the answer, if there is to be one. */
export type Hearing = {
  /** Messages in packets that are under way on all connections of the link, by station. */
  readonly assemblies: Map<string, Assembly>;
  readonly take: (heard: Heard) => Uint8Array | undefined;
  readonly count: (result: string, by?: number) => void;
};

/** The same complaint about the same station is logged once in that time. */
const QUIET_MS = 600_000;
const MAX_COMPLAINTS = 1_000;

export function openHearing(link: LinkConfig, { ctx, outbox, recorder, pictures }: LinkDeps): Hearing {
  const { clock, log, metrics } = ctx;
  const complaints = new Map<string, number>();
  const count = (result: string, by = 1) => {
    if (by > 0) metrics.count('fengsui_edge_link_frames_total', { link: link.id, result }, by);
  };

  const complain = (message: string, station: string, detail: string): void => {
    const key = `${message} ${station}`;
    const nowMs = clock.monoMs();
    const before = complaints.get(key);
    if (before !== undefined && nowMs - before < QUIET_MS) return;
    if (complaints.size >= MAX_COMPLAINTS) complaints.clear();
    complaints.set(key, nowMs);
    log.warn(message, { link: link.id, station, detail });
  };

  const savePicture = (heard: Heard & { kind: 'heard' }, picture: Uint8Array): boolean => {
    const atMs = heard.items.find(({ kind }) => kind === 'picture')?.observedAtMs ?? clock.nowMs();
    try {
      pictures.save(heard.station.station, atMs, (heard.identity ?? '').replace(/[^A-Za-z0-9-]/g, ''), picture);
      count('picture');
      return true;
    } catch (cause) {
      complain('a picture could not be kept', heard.station.station, String(cause));
      return false;
    }
  };

  const record = (heard: Heard & { kind: 'heard' }, place: string, seenKey: string | null): boolean => {
    const taken = takeReport(link.protocol, place, heard.station, heard.items, {
      receivedAtMs: clock.nowMs(),
      ownClockSure: recorder.timeQuality() === 'synced',
      sendTimeMs: heard.sendTimeMs,
      note: (key) => outbox.note(key),
    });
    const seen = seenKey === null ? [] : [{ key: seenKey, value: String(clock.nowMs()) }];
    const kept = recorder.record({
      ...{ busId: link.id, outcomes: taken.outcomes, events: [], units: [], notes: [...taken.notes, ...seen] },
    });
    if (!kept) return false;
    for (const [reason, by] of Object.entries(taken.leftOut))
      metrics.count('fengsui_edge_link_values_left_out_total', { link: link.id, reason }, by);
    if (taken.clockUnsure)
      complain(
        'the clock of a station is wrong: its report is dated by its receipt',
        heard.station.station,
        heard.func,
      );
    return true;
  };

  const take = (heard: Heard): Uint8Array | undefined => {
    if (heard.kind === 'refused') {
      count(heard.reason);
      complain(`a frame was refused: ${heard.reason}`, heard.station, heard.detail);
      return undefined;
    }
    count(heard.what);
    const answer = () => heard.reply?.(clock.nowMs());
    if (heard.what === 'keep-alive') return answer();
    if (heard.what === 'test') {
      log.info('a test report, which is no reading', { link: link.id, station: heard.station.station });
      return answer();
    }
    const place = `${link.protocol}/${link.id}/${heard.station.station}`;
    const seenKey = heard.identity === null ? null : `${place}/seen/${heard.identity}`;
    if (seenKey !== null && outbox.note(seenKey) !== undefined) {
      count('resend');
      return answer();
    }
    if (heard.picture !== null && !savePicture(heard, heard.picture)) return undefined;
    if (heard.items.length === 0 && seenKey === null) return answer();
    return record(heard, place, seenKey) ? answer() : undefined;
  };

  return { assemblies: new Map(), take, count };
}
