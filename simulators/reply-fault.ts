/** Decides how a unit's answer goes out under its faults: when, with which bytes around it, in how many pieces. */
import type { ReplyFault } from '#simulators/fault.ts';
import { noiseAt } from '#simulators/noise.ts';

/** How an answer goes out. `intact`: a reader that waits long enough, and skips noise, gets what the unit said. */
export type Sending = {
  readonly unitId: number;
  readonly pdu: Uint8Array;
  readonly delayMs: number;
  readonly corrupt: 'none' | 'check' | 'truncate';
  readonly before: Uint8Array;
  readonly after: Uint8Array;
  readonly pieces: number;
  readonly pauseMs: number;
  readonly intact: boolean;
};

const NOTHING = new Uint8Array(0);
const MAX_UNIT = 247;
const BUSY = 6;

/** Bytes by chance, the same for the same seed, name and instant. */
export const noiseBytes = (seed: number, name: string, atMs: number, count: number): Uint8Array =>
  Uint8Array.from({ length: count }, (_, index) => Math.floor(noiseAt(seed, `${name}#${index}`, atMs) * 256));

export const bytesOfHex = (hex: string): Uint8Array =>
  Uint8Array.from({ length: hex.length >> 1 }, (_, index) => Number.parseInt(hex.slice(index * 2, index * 2 + 2), 16));

/** What keeps a unit from doing what it was asked: `silent`, or the code of an exception. */
export function refusalOf(faults: readonly ReplyFault[]): 'silent' | number | undefined {
  if (faults.some((fault) => fault.kind === 'silent' || fault.kind === 'deaf')) return 'silent';
  for (const fault of faults) {
    if (fault.kind === 'exception') return fault.code;
    if (fault.kind === 'busy') return BUSY;
  }
  return undefined;
}

export type Chance = { readonly seed: number; readonly name: string; readonly atMs: number };

function strike(sending: Sending, fault: ReplyFault, chance: Chance): Sending {
  switch (fault.kind) {
    case 'late':
      return { ...sending, delayMs: sending.delayMs + fault.delayMs };
    case 'slow': {
      const share = noiseAt(chance.seed, `${chance.name}/slow`, chance.atMs);
      return { ...sending, delayMs: sending.delayMs + fault.minMs + Math.round((fault.maxMs - fault.minMs) * share) };
    }
    case 'wrongUnit':
      return { ...sending, unitId: (sending.unitId % MAX_UNIT) + 1, intact: false };
    case 'badCrc':
      return { ...sending, corrupt: 'check', intact: false };
    case 'truncated':
      return { ...sending, corrupt: 'truncate', intact: false };
    case 'noise': {
      const bytes = (side: string) =>
        fault.hex === null
          ? noiseBytes(chance.seed, `${chance.name}/${side}`, chance.atMs, fault.count)
          : bytesOfHex(fault.hex);
      return {
        ...sending,
        before: fault.where === 'after' ? sending.before : bytes('before'),
        after: fault.where === 'before' ? sending.after : bytes('after'),
      };
    }
    case 'split':
      return { ...sending, pieces: fault.pieces, pauseMs: fault.pauseMs };
    case 'silent':
    case 'deaf':
    case 'exception':
    case 'busy':
    case 'frozenBlock':
      return sending; // They strike before the answer is made.
    default:
      return fault satisfies never;
  }
}

/** All faults in force strike one answer, in their order. */
export function sendingOf(faults: readonly ReplyFault[], unitId: number, pdu: Uint8Array, chance: Chance): Sending {
  const plain: Sending = {
    unitId,
    pdu,
    delayMs: 0,
    corrupt: 'none',
    before: NOTHING,
    after: NOTHING,
    pieces: 1,
    pauseMs: 0,
    intact: true,
  };
  return faults.reduce((sending, fault) => strike(sending, fault, chance), plain);
}

/** Spoils the sealed frame: a CRC (or, on TCP, a transaction) that is wrong, or an end that is missing. */
export function corruptFrame(frame: Uint8Array, corrupt: Sending['corrupt'], checkAt: number): Uint8Array {
  switch (corrupt) {
    case 'none':
      return frame;
    case 'check': {
      const spoilt = frame.slice();
      spoilt[checkAt] = (spoilt[checkAt] ?? 0) ^ 0x55;
      return spoilt;
    }
    case 'truncate':
      return frame.slice(0, Math.max(1, frame.length - 3));
    default:
      return corrupt satisfies never;
  }
}

export type Piece = { readonly bytes: Uint8Array; readonly afterMs: number };

/** The bytes of an answer as they are written, each piece so long after the first could go. */
export function piecesOf(sealed: Uint8Array, checkAt: number, sending: Sending): readonly Piece[] {
  const frame = corruptFrame(sealed, sending.corrupt, checkAt);
  const { before, after, pauseMs } = sending;
  const bytes = before.length + after.length === 0 ? frame : Uint8Array.from([...before, ...frame, ...after]);
  const pieces = Math.max(1, Math.min(sending.pieces, bytes.length));
  const cut = (index: number) => Math.round((bytes.length * index) / pieces);
  return Array.from({ length: pieces }, (_, index) => ({
    bytes: bytes.slice(cut(index), cut(index + 1)),
    afterMs: index * pauseMs,
  }));
}
