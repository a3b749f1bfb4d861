/** Decides what a frame of a station is to us: who sent it, whether it may, what it says, and how it is answered. */
import type { LinkConfig, StationConfig } from '../../model/edge-config.ts';
import type { EpochMs } from '../../model/time.ts';
import { crc16 } from '../modbus/crc16.ts';
import { encodeSl427Confirmation, type Sl427Frame } from '../sl427/frame.ts';
import { readSl427Report } from '../sl427/report.ts';
import { encodeConfirmation } from '../sl651/encode.ts';
import type { Sl651Frame } from '../sl651/frame.ts';
import { readBody } from '../sl651/report.ts';
import type { LinkItem } from './take-report.ts';

/** `down`: our own words, or another centre's. `body`: the checksum is right and the contents make no sense. */
export type RefusedFor = 'unknown-station' | 'centre' | 'password' | 'down' | 'body';

export type Heard =
  | { readonly kind: 'refused'; readonly reason: RefusedFor; readonly station: string; readonly detail: string }
  | {
      readonly kind: 'heard';
      readonly station: StationConfig;
      /** `test` and `keep-alive` never become readings; `answer` is one to a question that we may have asked. */
      readonly what: 'report' | 'test' | 'keep-alive' | 'answer';
      readonly func: string;
      readonly items: readonly LinkItem[];
      readonly sendTimeMs: EpochMs | null;
      /** The same for a frame that is sent again; null when nothing is to be remembered. */
      readonly identity: string | null;
      readonly picture: Uint8Array | null;
      readonly reply: ((nowMs: EpochMs) => Uint8Array) | null;
    };

const REPORTS: readonly string[] = ['30', '31', '32', '33', '34', '35', '36'];
const ANSWERS: readonly string[] = ['37', '38', '39', '3A', '44', '46'];

export function refuseSl651(link: LinkConfig, frame: Sl651Frame): (Heard & { kind: 'refused' }) | StationConfig {
  const refused = (reason: RefusedFor, detail: string) => ({
    ...{ kind: 'refused' as const, reason, detail, station: frame.station },
  });
  if (frame.direction === 'down') return refused('down', 'a frame of a centre');
  const station = link.stations.find((one) => one.station === frame.station);
  if (station === undefined) return refused('unknown-station', 'no station of this link');
  if (frame.centre !== station.centre) return refused('centre', `centre ${frame.centre} instead of ${station.centre}`);
  if (frame.password !== station.password) return refused('password', 'another password');
  return station;
}

/** `body` holds all packets joined. */
export function hearSl651(link: LinkConfig, frame: Sl651Frame, body: Uint8Array): Heard {
  const station = refuseSl651(link, frame);
  if ('kind' in station) return station;
  const read = readBody(frame, body);
  if (!read.ok) {
    const detail = `${read.error.message} at ${read.error.offset}`;
    return { kind: 'refused', reason: 'body', station: frame.station, detail };
  }
  const { serial, sendTimeDigits, sendTimeMs, items } = read.value;
  const { func } = frame;
  const what =
    func === '2F' ? 'keep-alive' : func === '30' ? 'test' : REPORTS.includes(func) ? 'report' : ('answer' as const);
  const picture = items.find((item) => item.kind === 'picture');
  const confirm = (nowMs: EpochMs) => encodeConfirmation(frame, { func, serial: serial ?? 0 }, nowMs);
  return {
    kind: 'heard',
    station,
    what,
    func,
    items: what === 'report' || ANSWERS.includes(func) ? items : [],
    sendTimeMs,
    // The content's checksum is part of it: a station without a clock begins with serial 1 at the same time every day.
    identity: what === 'report' ? `${func}-${serial}-${sendTimeDigits}-${crc16(body).toString(16)}` : null,
    picture: picture?.kind === 'picture' ? picture.bytes : null,
    reply: REPORTS.includes(func) ? confirm : null,
  };
}

export function hearSl427(link: LinkConfig, frame: Sl427Frame): Heard {
  const refused = (reason: RefusedFor, detail: string): Heard => ({
    ...{ kind: 'refused', reason, detail, station: frame.station },
  });
  if (frame.direction === 'down') return refused('down', 'a frame of a centre');
  const station = link.stations.find((one) => one.station === frame.station);
  if (station === undefined) return refused('unknown-station', 'no station of this link');
  const read = readSl427Report(frame);
  if (!read.ok) return refused('body', `${read.error.message} at ${read.error.offset}`);
  const { items, observedAtMs, timeDigits, link: check } = read.value;
  const isReport = ['C0', '81', '82', '84'].includes(frame.afn);
  // Not confirmed, since it would be lost.
  if (isReport && frame.divided !== null) return refused('body', 'a divided message, which is not joined');
  const identity = `${frame.afn}-${frame.func}-${timeDigits}-${crc16(frame.data).toString(16)}`;
  return {
    kind: 'heard',
    station,
    what: check !== null ? 'keep-alive' : isReport ? 'report' : 'answer',
    func: frame.afn,
    items: isReport || frame.afn === 'B0' ? items : [],
    sendTimeMs: observedAtMs,
    identity: isReport ? identity : null,
    picture: null,
    reply: check === 'login' || check === 'keep' || isReport ? () => encodeSl427Confirmation(frame) : null,
  };
}
