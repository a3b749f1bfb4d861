/** Finds the frames of SL 651-2014 in a stream of bytes: garbage between them is skipped, the buffer has a bound. */
import { HEX_MARK, MAX_FRAME, mayBeWhole, readFrame, type Sl651Fault, type Sl651Frame, SOH } from './frame.ts';

export type ScanResult = {
  readonly frames: readonly Sl651Frame[];
  /** Beginnings that turned out to be no frame, by reason; a lone mark in noise is not counted. */
  readonly faults: readonly Sl651Fault['kind'][];
  /** Bytes that belonged to nothing. */
  readonly skipped: number;
};

export type Sl651Scanner = { readonly push: (bytes: Uint8Array) => ScanResult };

const MAX_BUFFER = 2 * MAX_FRAME;

const mayBegin = (bytes: Uint8Array, at: number): boolean => {
  const byte = bytes[at];
  if (byte === SOH) return true;
  return byte === HEX_MARK && (at + 1 >= bytes.length || bytes[at + 1] === HEX_MARK);
};

function nextBegin(bytes: Uint8Array, from: number): number {
  for (let at = from; at < bytes.length; at++) if (mayBegin(bytes, at)) return at;
  return bytes.length;
}

/** A whole frame behind an unfinished beginning: that beginning was noise, or its frame was cut. */
function completeAfter(bytes: Uint8Array, from: number): number | undefined {
  for (let at = nextBegin(bytes, from); at < bytes.length; at = nextBegin(bytes, at + 1))
    if (mayBeWhole(bytes, at) && readFrame(bytes.subarray(at)).ok) return at;
  return undefined;
}

export function createSl651Scanner(): Sl651Scanner {
  let buffer: Uint8Array = new Uint8Array(0);

  const scan = (): ScanResult => {
    const frames: Sl651Frame[] = [];
    const faults: Sl651Fault['kind'][] = [];
    let at = 0;
    let skipped = 0;
    while (at < buffer.length) {
      const begin = nextBegin(buffer, at);
      skipped += begin - at;
      at = begin;
      if (at >= buffer.length) break;
      const read = readFrame(buffer.subarray(at));
      if (read.ok) {
        frames.push(read.value);
        at += read.value.length;
        continue;
      }
      if (read.error.kind === 'short') {
        const later = completeAfter(buffer, at + 1);
        if (later === undefined) break;
        faults.push('short');
        skipped += later - at;
        at = later;
        continue;
      }
      if (read.error.kind !== 'start' && read.error.kind !== 'header') faults.push(read.error.kind);
      skipped++;
      at++;
    }
    buffer = buffer.slice(at);
    return { frames, faults, skipped };
  };

  return {
    push: (bytes) => {
      const joined = new Uint8Array(buffer.length + bytes.length);
      joined.set(buffer);
      joined.set(bytes, buffer.length);
      buffer = joined;
      const result = scan();
      if (buffer.length <= MAX_BUFFER) return result;
      const over = buffer.length - MAX_BUFFER;
      buffer = buffer.slice(over);
      return { ...result, skipped: result.skipped + over };
    },
  };
}
