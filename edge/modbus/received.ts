/**
 * Finds the reply to a request among everything that a line may bring with it: the echo of the request on a two-wire
 * line, the heart-beat of a DTU, the late answer of a unit that was given up before. RTU has no transaction number, so
 * what may be taken for what is decided here and nowhere else.
 */
import { buildRequest, type Request, type Scan, scanReply } from './frame.ts';

/** What is known about the line while it is listened to. */
export type Listening = {
  /** Null: nothing is awaited, whatever comes is stray. */
  readonly request: Request | null;
  /** The line is known to repeat what is sent. */
  readonly echoes: boolean;
  /** The echo of this request has been seen. */
  readonly echoSeen: boolean;
  /** The last request of each unit whose answer may still come. */
  readonly owed: ReadonlyMap<number, Request>;
  /** Packets that a DTU sends between frames: its heart-beat, its registration said again. */
  readonly idlePackets: readonly Uint8Array[];
};

export type Skipped =
  | { readonly kind: 'echo' }
  | { readonly kind: 'heartbeat' }
  | { readonly kind: 'late'; readonly unitId: number };

export type Found = {
  readonly scan: Scan;
  readonly skipped: readonly Skipped[];
  /** What is left after the skipped packets, and after the reply when there is one. */
  readonly rest: Uint8Array;
};

type Packet = { readonly length: number; readonly skipped: Skipped };

/** How far `bytes` begin with `packet`: whole, or all of them so far, or not at all. */
function beginsWith(bytes: Uint8Array, packet: Uint8Array): 'whole' | 'so far' | 'not' {
  const length = Math.min(bytes.length, packet.length);
  for (let index = 0; index < length; index++) if (bytes[index] !== packet[index]) return 'not';
  return bytes.length >= packet.length ? 'whole' : 'so far';
}

/** A known packet at the front of the bytes; `so far` when more bytes may complete one. */
function knownPacket(bytes: Uint8Array, how: Listening, echoSeen: boolean): Packet | 'so far' | undefined {
  let partial = false;
  const note = (match: ReturnType<typeof beginsWith>): boolean => {
    if (match === 'so far') partial = true;
    return match === 'whole';
  };
  if (how.request !== null && !echoSeen) {
    const echo = buildRequest(how.request);
    if (note(beginsWith(bytes, echo))) return { length: echo.length, skipped: { kind: 'echo' } };
  }
  for (const packet of how.idlePackets)
    if (note(beginsWith(bytes, packet))) return { length: packet.length, skipped: { kind: 'heartbeat' } };
  const owed = how.owed.get(bytes[0] as number);
  if (owed !== undefined) {
    const scan = scanReply(owed, bytes);
    if (scan.kind === 'incomplete') partial = true;
    if (scan.kind === 'reply' || scan.kind === 'exception')
      return { length: scan.length, skipped: { kind: 'late', unitId: owed.unitId } };
  }
  return partial ? 'so far' : undefined;
}

/** The reply to a write of one coil or register is the same bytes as its echo: on such a line the first copy is the echo. */
const isEchoFirst = (bytes: Uint8Array, how: Listening, echoSeen: boolean): boolean =>
  how.request !== null && how.echoes && !echoSeen && beginsWith(bytes, buildRequest(how.request)) === 'whole';

/** Judges all bytes received since the request went out. */
export function findReply(received: Uint8Array, how: Listening): Found {
  const skipped: Skipped[] = [];
  let echoSeen = how.echoSeen;
  let rest = received;
  for (;;) {
    if (rest.length === 0) return { scan: { kind: 'incomplete' }, skipped, rest };
    const scan: Scan =
      how.request === null || isEchoFirst(rest, how, echoSeen)
        ? { kind: 'bad', fault: 'unit' }
        : scanReply(how.request, rest);
    if (scan.kind === 'reply' || scan.kind === 'exception') return { scan, skipped, rest: rest.subarray(scan.length) };
    const packet = knownPacket(rest, how, echoSeen);
    if (packet === undefined) return { scan, skipped, rest };
    if (packet === 'so far') return { scan: { kind: 'incomplete' }, skipped, rest };
    skipped.push(packet.skipped);
    if (packet.skipped.kind === 'echo') echoSeen = true;
    rest = rest.subarray(packet.length);
  }
}
