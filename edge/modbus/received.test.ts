import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc16 } from './crc16.ts';
import { buildRequest, type ReadRequest, type Request, scanReply, type WriteRequest } from './frame.ts';
import { findReply, type Listening } from './received.ts';

const hex = (frame: Uint8Array): string => Buffer.from(frame).toString('hex').toUpperCase();
const sealed = (...body: number[]): Uint8Array => {
  const crc = crc16(Uint8Array.from(body));
  return Uint8Array.of(...body, crc & 0xff, crc >> 8);
};
const joined = (...parts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]));
const read = (unitId: number, address: number, count = 1): ReadRequest => ({ unitId, functionCode: 3, address, count });
const reply = (unitId: number, ...words: number[]): Uint8Array =>
  sealed(unitId, 3, words.length * 2, ...words.flatMap((word) => [word >> 8, word & 0xff]));
const coil: WriteRequest = { unitId: 7, functionCode: 5, address: 3, value: 0xff00 };
const text = (what: string): Uint8Array => new TextEncoder().encode(what);

const listening = (request: Request | null, changes: Partial<Listening> = {}): Listening => ({
  request,
  echoes: false,
  echoSeen: false,
  owed: new Map(),
  idlePackets: [],
  ...changes,
});

describe('write requests, as published in the application protocol 1.1b3', () => {
  it.each<readonly [WriteRequest, string]>([
    // 6.5: coil 173 on; 6.6: register 2 to 3.
    [{ unitId: 1, functionCode: 5, address: 172, value: 0xff00 }, '010500ACFF004C1B'],
    [{ unitId: 1, functionCode: 6, address: 1, value: 3 }, '010600010003980B'],
    [{ unitId: 1, functionCode: 15, address: 19, value: 1 }, '010F0013000101014A97'],
    [{ unitId: 1, functionCode: 16, address: 1, value: 10 }, '011000010001020 00A'.replace(' ', '')],
  ])('%j', (request, frame) => {
    const built = hex(buildRequest(request));
    expect(built.startsWith(frame.slice(0, 14))).toBe(true);
    expect(crc16(buildRequest(request))).toBe(0);
  });
  it('an answer that repeats another value or address is none', () => {
    expect(scanReply(coil, buildRequest(coil))).toEqual({ kind: 'reply', words: [], length: 8 });
    expect(scanReply(coil, sealed(7, 5, 0, 3, 0, 0))).toEqual({ kind: 'bad', fault: 'echo' });
    expect(scanReply(coil, sealed(7, 5, 0, 4, 0xff, 0))).toEqual({ kind: 'bad', fault: 'echo' });
    expect(scanReply(coil, sealed(7, 0x85, 2))).toEqual({ kind: 'exception', code: 2, length: 5 });
    const many: WriteRequest = { unitId: 7, functionCode: 16, address: 9, value: 5 };
    expect(scanReply(many, sealed(7, 16, 0, 9, 0, 1))).toMatchObject({ kind: 'reply' });
    expect(scanReply(many, sealed(7, 16, 0, 9, 0, 2))).toEqual({ kind: 'bad', fault: 'echo' });
  });
});

describe('what comes with the reply', () => {
  const request = read(1, 20);
  const good = reply(1, 1_020);
  it.each<readonly [string, Uint8Array, Partial<Listening>, readonly string[]]>([
    ['nothing', good, {}, []],
    ['the echo of the request', joined(buildRequest(request), good), {}, ['echo']],
    ['a heart-beat before it', joined(text('beat'), good), { idlePackets: [text('beat')] }, ['heartbeat']],
    ['two heart-beats', joined(text('beatbeat'), good), { idlePackets: [text('beat')] }, ['heartbeat', 'heartbeat']],
    ['a late answer of another unit', joined(reply(2, 2_030), good), { owed: new Map([[2, read(2, 30)]]) }, ['late']],
    [
      'all of them',
      joined(buildRequest(request), text('beat'), reply(2, 2_030), good),
      { idlePackets: [text('beat')], owed: new Map([[2, read(2, 30)]]) },
      ['echo', 'heartbeat', 'late'],
    ],
  ])('%s, whole and byte by byte', (_, bytes, how, kinds) => {
    const found = findReply(bytes, listening(request, how));
    expect(found.scan).toMatchObject({ kind: 'reply', words: [1_020] });
    expect(found.skipped.map(({ kind }) => kind)).toEqual(kinds);
    for (let length = 0; length < bytes.length; length++)
      expect(findReply(bytes.slice(0, length), listening(request, how)).scan.kind).toBe('incomplete');
  });
  it('what stands behind the reply is left over', () => {
    expect(hex(findReply(joined(good, text('be')), listening(request)).rest)).toBe(hex(text('be')));
  });
  it('a heart-beat that stands inside a reply is data', () => {
    const inside = reply(1, 0x6265);
    expect(findReply(inside, listening(request, { idlePackets: [text('be')] }))).toMatchObject({
      scan: { kind: 'reply', words: [0x6265] },
      skipped: [],
    });
  });
  it('a one-byte heart-beat that is a unit number too', () => {
    const how = listening(read(0xfe, 0), { idlePackets: [Uint8Array.of(0xfe)] });
    expect(findReply(reply(0xfe, 9), how)).toMatchObject({ scan: { words: [9] }, skipped: [] });
    expect(findReply(joined(Uint8Array.of(0xfe), reply(0xfe, 9)), how)).toMatchObject({
      scan: { words: [9] },
      skipped: [{ kind: 'heartbeat' }],
    });
  });
  it('the echo of a coil that is switched is not its confirmation', () => {
    const echo = buildRequest(coil);
    expect(findReply(echo, listening(coil)).scan.kind).toBe('reply');
    expect(findReply(echo, listening(coil, { echoes: true }))).toMatchObject({
      scan: { kind: 'incomplete' },
      skipped: [{ kind: 'echo' }],
    });
    expect(findReply(joined(echo, echo), listening(coil, { echoes: true })).scan.kind).toBe('reply');
  });
  it('whatever comes, a value is only that of the unit and the shape that were asked', () => {
    const unitId = fc.integer({ min: 1, max: 4 });
    const piece = fc.oneof(
      fc.uint8Array({ maxLength: 12 }),
      fc.constant(text('beat')),
      fc.tuple(unitId, fc.integer({ min: 0, max: 60 })).map(([unit, at]) => reply(unit, unit * 1_000 + at)),
      unitId.map((unit) => reply(unit, unit * 1_000, unit * 1_000 + 1)),
      unitId.map((unit) => buildRequest(read(unit, 20))),
    );
    const owed = new Map([2, 3].map((unit) => [unit, read(unit, 30)]));
    fc.assert(
      fc.property(unitId, fc.array(piece, { maxLength: 6 }), (unit, pieces) => {
        const bytes = joined(...pieces);
        const found = findReply(bytes, listening(read(unit, 20), { owed, idlePackets: [text('beat')] }));
        if (found.scan.kind !== 'reply') return;
        const [word = 0] = found.scan.words;
        expect(found.scan.words).toHaveLength(1);
        expect(Math.floor(word / 1_000)).toBe(unit);
      }),
      { numRuns: 2_000 },
    );
  });
});
