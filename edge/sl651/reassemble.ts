/** Joins the packets of one message (mode M3 of SL 651-2014): which are there, which are missing, when to give up. */
import type { Sl651Frame } from './frame.ts';

export type Assembly = {
  readonly func: string;
  readonly total: number;
  readonly parts: ReadonlyMap<number, Uint8Array>;
  readonly bytes: number;
  /** The first packet, whose header the message bears; the newest one until it comes. */
  readonly head: Sl651Frame;
  /** Monotonic. */
  readonly lastMs: number;
  /** How often in a row a missing packet was asked for and did not come. */
  readonly asked: number;
};

export const MAX_MESSAGE_BYTES = 2_000_000;

export type Joined =
  | { readonly kind: 'waiting'; readonly assembly: Assembly }
  | { readonly kind: 'complete'; readonly frame: Sl651Frame; readonly body: Uint8Array }
  | { readonly kind: 'too-large' };

function join(assembly: Assembly): Uint8Array {
  const body = new Uint8Array(assembly.bytes);
  let at = 0;
  for (let sequence = 1; sequence <= assembly.total; sequence++) {
    const part = assembly.parts.get(sequence) ?? new Uint8Array(0);
    body.set(part, at);
    at += part.length;
  }
  return body;
}

const sameBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, at) => byte === b[at]);

/** A first packet of other bytes, another total or function begins a new message. */
export function addPacket(before: Assembly | undefined, frame: Sl651Frame, nowMs: number): Joined {
  const { total, sequence } = frame.packet ?? { total: 1, sequence: 1 };
  const known = before?.parts.get(sequence);
  const continues =
    before !== undefined &&
    before.func === frame.func &&
    before.total === total &&
    !(sequence === 1 && known !== undefined && !sameBytes(known, frame.body));
  const parts = new Map(continues ? before.parts : []);
  parts.set(sequence, frame.body);
  const bytes = [...parts.values()].reduce((sum, part) => sum + part.length, 0);
  if (bytes > MAX_MESSAGE_BYTES) return { kind: 'too-large' };
  const assembly: Assembly = {
    func: frame.func,
    total,
    parts,
    bytes,
    head: sequence === 1 || !continues ? frame : before.head,
    lastMs: nowMs,
    asked: continues && known !== undefined ? before.asked : 0,
  };
  if (parts.size < total) return { kind: 'waiting', assembly };
  return { kind: 'complete', frame: assembly.head, body: join(assembly) };
}

/** The first packet that is not there. */
export function firstMissing(assembly: Assembly): number {
  let sequence = 1;
  while (assembly.parts.has(sequence)) sequence++;
  return sequence;
}
