/** Finds the frames of SL/T 427 in a stream of bytes: garbage between them is skipped, the buffer has a bound. */
import { MAX_SL427_FRAME, readSl427Frame, type Sl427Fault, type Sl427Frame } from './frame.ts';

export type Sl427Scan = {
  readonly frames: readonly Sl427Frame[];
  readonly faults: readonly Sl427Fault['kind'][];
  readonly skipped: number;
};

const MARK = 0x68;

function completeAfter(bytes: Uint8Array, from: number): number | undefined {
  for (let at = bytes.indexOf(MARK, from); at >= 0; at = bytes.indexOf(MARK, at + 1))
    if (readSl427Frame(bytes.subarray(at)).ok) return at;
  return undefined;
}

export function createSl427Scanner(): { readonly push: (bytes: Uint8Array) => Sl427Scan } {
  let buffer: Uint8Array = new Uint8Array(0);

  const scan = (): Sl427Scan => {
    const frames: Sl427Frame[] = [];
    const faults: Sl427Fault['kind'][] = [];
    let at = 0;
    let skipped = 0;
    while (at < buffer.length) {
      const read = readSl427Frame(buffer.subarray(at));
      if (read.ok) {
        frames.push(read.value);
        at += read.value.length;
        continue;
      }
      let next = at + 1;
      if (read.error.kind === 'short') {
        const later = completeAfter(buffer, at + 1);
        if (later === undefined) break;
        next = later;
      }
      if (read.error.kind !== 'start' && read.error.kind !== 'header') faults.push(read.error.kind);
      skipped += next - at;
      at = next;
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
      if (buffer.length > MAX_SL427_FRAME) buffer = buffer.slice(-MAX_SL427_FRAME);
      return result;
    },
  };
}
