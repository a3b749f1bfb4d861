/**
 * A line to field devices for a person who stands before it: one request at a time, with the bytes of both ways. Not the
 * edge's own link, which keeps a bus going; this one shows what was on the wire and forgives nothing silently.
 */
import { type Trouble, troubleOf } from '#cli/field-trouble.ts';
import { openSerialLine } from '#edge/io/serial-line.ts';
import { openTcpLine } from '#edge/io/tcp-line.ts';
import { crc16 } from '#edge/modbus/crc16.ts';
import { buildRequest, type ReadRequest, type Scan, scanReply } from '#edge/modbus/frame.ts';
import type { Parity } from '#model/edge-config.ts';
import { err, ok, type Result } from '#model/result.ts';

export type Place =
  | { readonly kind: 'serial'; readonly path: string; readonly baudRate: number; readonly parity: Parity }
  /** RTU frames through a serial server. */
  | { readonly kind: 'rtu-tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number };

export type Exchange = {
  readonly sent: Uint8Array;
  /** All that came back; in RTU form also over Modbus TCP. */
  readonly received: Uint8Array;
  readonly tookMs: number;
  readonly outcome:
    | Extract<Scan, { readonly kind: 'reply' | 'exception' }>
    | { readonly kind: 'silent' }
    /** Bytes came, and none of them are the answer: `fault` names the first reason. */
    | { readonly kind: 'garbled'; readonly fault: string };
};

export type FieldLine = {
  readonly ask: (request: ReadRequest, timeoutMs: number) => Promise<Exchange>;
  /** Why the line is gone, when it is: then silence says nothing of the units. */
  readonly lost: () => Trouble | undefined;
  readonly close: () => Promise<void>;
};

export const placeName = (place: Place): string =>
  place.kind === 'serial' ? place.path : `${place.host}:${place.port}`;

/** Silence that ends what disturbed bytes may still follow. */
const SETTLE_MS = 25;
const GAP_MS = 5;
const MAX_BYTES = 2_048;

type Outcome = Exchange['outcome'];

/** Finds the answer behind an echo or noise; what is not there is told by the first thing that is wrong. */
export function findAnswer(request: ReadRequest, bytes: Uint8Array): Outcome | undefined {
  if (bytes.length === 0) return undefined;
  let first: string | undefined;
  for (let from = 0; from < bytes.length; from++) {
    const scan = scanReply(request, bytes.subarray(from));
    if (scan.kind === 'reply' || scan.kind === 'exception') return scan;
    first ??= scan.kind === 'bad' ? scan.fault : 'truncated';
  }
  return { kind: 'garbled', fault: first ?? 'truncated' };
}

/** The unit's own bytes of a Modbus TCP answer, sealed as if they had come over a serial line. */
function toRtu(transaction: number, bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length < 8 || view.getUint16(0) !== transaction) return new Uint8Array(0);
  const length = view.getUint16(4);
  if (bytes.length < 6 + length) return new Uint8Array(0);
  const body = bytes.slice(6, 6 + length);
  const crc = crc16(body, body.length);
  return Uint8Array.from([...body, crc & 0xff, crc >> 8]);
}

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Opens the line, or says what keeps it shut. */
export async function openFieldLine(place: Place): Promise<Result<FieldLine, Trouble>> {
  const opened =
    place.kind === 'serial'
      ? await openSerialLine(place)
      : await openTcpLine(place.host, place.port, new AbortController().signal);
  if (!opened.ok) return err(troubleOf(placeName(place), opened.error));
  const line = opened.value;
  let received = new Uint8Array(0);
  let wake: (() => void) | undefined;
  let closed: string | undefined;
  let transaction = 0;
  line.onBytes((bytes) => {
    received = Uint8Array.from([...received, ...bytes].slice(0, MAX_BYTES));
    wake?.();
  });
  line.onClose((detail) => {
    closed = detail;
    wake?.();
  });
  const nextBytes = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, Math.max(1, ms));
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  const ask = async (request: ReadRequest, timeoutMs: number): Promise<Exchange> => {
    await wait(GAP_MS);
    received = new Uint8Array(0);
    transaction = (transaction + 1) & 0xffff;
    const sent = buildRequest(request);
    const mbap = [transaction >> 8, transaction & 0xff, 0, 0, 0, sent.length - 2];
    const wire = place.kind === 'tcp' ? Uint8Array.from([...mbap, ...sent.subarray(0, -2)]) : sent;
    const startedMs = performance.now();
    const seen = (): Uint8Array => (place.kind === 'tcp' ? toRtu(transaction, received) : received);
    const exchange = (outcome: Outcome): Exchange => ({
      sent,
      received: seen(),
      tookMs: performance.now() - startedMs,
      outcome,
    });
    if (closed !== undefined) return exchange({ kind: 'silent' });
    try {
      await line.write(wire);
    } catch {
      return exchange({ kind: 'silent' });
    }
    let outcome: Outcome | undefined;
    while (closed === undefined) {
      const before = received.length;
      // An answer that has begun when the time is over may end.
      const limitMs = startedMs + timeoutMs + (before > 0 ? 4 * SETTLE_MS : 0);
      outcome = findAnswer(request, seen());
      const isDone = outcome !== undefined && outcome.kind !== 'garbled';
      if (isDone || performance.now() >= limitMs) break;
      await nextBytes(Math.min(limitMs - performance.now(), before > 0 ? SETTLE_MS : timeoutMs));
    }
    return exchange(outcome ?? { kind: 'silent' });
  };
  const lost = (): Trouble | undefined =>
    closed === undefined
      ? undefined
      : {
          kind: 'other',
          message: `${placeName(place)} went away while it was asked 线路中断 (${closed})`,
          mend: 'is the adapter loose, or did the serial server close the connection?',
        };
  return ok({ ask, lost, close: () => line.close() });
}

export const hexOf = (bytes: Uint8Array): string =>
  [...bytes].map((byte) => byte.toString(16).padStart(2, '0').toUpperCase()).join(' ');
