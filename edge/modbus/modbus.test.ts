import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RegisterSpec } from '../../model/device-profile.ts';
import { crc16 } from './crc16.ts';
import { decodeRegister } from './decode.ts';
import { buildRequest, type ReadRequest, scanReply } from './frame.ts';
import { planReads } from './plan.ts';

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
const hex = (frame: Uint8Array): string => Buffer.from(frame).toString('hex').toUpperCase();
const withCrc = (body: Uint8Array): Uint8Array => {
  const crc = crc16(body);
  return Uint8Array.of(...body, crc & 0xff, crc >> 8);
};
const read = (unitId: number, functionCode: 1 | 2 | 3 | 4, address: number, count: number): ReadRequest => ({
  unitId,
  functionCode,
  address,
  count,
});
const spec = (changes: Partial<RegisterSpec>): RegisterSpec => ({
  name: 'x',
  key: 'x',
  quantity: 'level',
  functionCode: 3,
  address: 0,
  type: 'uint16',
  order: 'ABCD',
  scale: 1,
  offset: 0,
  sentinels: [],
  counter: null,
  plausible: { min: 0, max: 1, maxPerMinute: null },
  ...changes,
});

describe('CRC and requests', () => {
  it('gives 4B37H for the check text', () => {
    expect(crc16(new TextEncoder().encode('123456789'))).toBe(0x4b37);
  });
  it.each([
    [read(1, 3, 0, 2), '010300000002C40B'],
    [read(2, 3, 2, 2), '02030002000265F8'],
    [read(1, 3, 4, 1), '010300040001C5CB'],
    [read(0xc0, 4, 8, 2), 'C00400080002E0D8'],
    [read(1, 3, 257, 125), '01030101007DD5D7'],
  ] as const)('builds the frame of %j', (request, frame) => {
    expect(hex(buildRequest(request))).toBe(frame);
  });
});

describe('golden replies', () => {
  it.each([
    ['rain 12345', read(1, 3, 0, 2), '01 03 04 00 00 30 39 2E 21', spec({ type: 'uint32' }), 12345],
    ['level 14420', read(2, 3, 2, 2), '02 03 04 00 00 38 54 DB 0C', spec({ type: 'int32' }), 14420],
    ['level -15', read(2, 3, 2, 2), '02 03 04 FF FF FF F1 49 63', spec({ type: 'int32' }), -15],
    ['QDY30A -50', read(1, 3, 4, 1), '01 03 02 FF CE 78 20', spec({ type: 'int16' }), -50],
    ['SEN0575', read(0xc0, 4, 8, 2), 'C0 04 04 23 45 00 01 F0 D9', spec({ type: 'uint32', order: 'CDAB' }), 0x12345],
    ['12.5 ABCD', read(3, 3, 0, 2), '03 03 04 41 48 00 00 4D D9', spec({ type: 'float32' }), 12.5],
    ['12.5 CDAB', read(3, 3, 0, 2), '03 03 04 00 00 41 48 E9 95', spec({ type: 'float32', order: 'CDAB' }), 12.5],
  ] as const)('%s', (_, request, frame, register, number) => {
    const scan = scanReply(request, bytes(frame));
    expect(scan.kind).toBe('reply');
    const decoded = scan.kind === 'reply' ? decodeRegister(register, scan.words) : undefined;
    expect(decoded?.ok === true && decoded.value.number).toBe(number);
  });
  it('exception 02', () => {
    expect(scanReply(read(1, 3, 0, 2), bytes('01 83 02 C0 F1'))).toEqual({ kind: 'exception', code: 2, length: 5 });
  });
  it('123456.0 in four orders', () => {
    for (const [order, words] of [
      ['ABCD', [0x47f1, 0x2000]],
      ['CDAB', [0x2000, 0x47f1]],
      ['BADC', [0xf147, 0x0020]],
      ['DCBA', [0x0020, 0xf147]],
    ] as const) {
      const decoded = decodeRegister(spec({ type: 'float32', order }), words);
      expect(decoded.ok && decoded.value).toEqual({ number: 123456, raw: 0x47f12000 });
    }
  });
});

describe('what is no answer to this request is refused', () => {
  const request = read(1, 3, 0, 2);
  const good = bytes('01 03 04 00 00 30 39 2E 21');
  it('another unit, function, length or checksum', () => {
    expect(scanReply(request, withCrc(bytes('02 03 04 00 00 30 39')))).toEqual({ kind: 'bad', fault: 'unit' });
    expect(scanReply(request, withCrc(bytes('01 04 04 00 00 30 39')))).toEqual({ kind: 'bad', fault: 'function' });
    expect(scanReply(request, withCrc(bytes('01 03 02 30 39')))).toEqual({ kind: 'bad', fault: 'length' });
    expect(scanReply(request, bytes('01 03 04 00 00 30 39 2E 22'))).toEqual({ kind: 'bad', fault: 'crc' });
  });
  it('its own echo', () => {
    expect(scanReply(request, buildRequest(request)).kind).toBe('bad');
  });
  it('every shorter part of a frame is incomplete, and no changed bit passes', () => {
    for (let length = 0; length < good.length; length++)
      expect(scanReply(request, good.slice(0, length)).kind).toBe('incomplete');
    for (let bit = 0; bit < good.length * 8; bit++) {
      const changed = good.slice();
      changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(scanReply(request, changed).kind).not.toBe('reply');
    }
  });
  it('random bytes never make a reply and never throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (noise) => {
        const scan = scanReply(request, noise);
        if (scan.kind === 'reply') expect(crc16(noise, scan.length - 2)).toBe((noise[7] ?? 0) | ((noise[8] ?? 0) << 8));
      }),
    );
  });
});

describe('registers', () => {
  const writers = {
    uint16: (view: DataView, value: number) => view.setUint16(0, value),
    int16: (view: DataView, value: number) => view.setInt16(0, value),
    uint32: (view: DataView, value: number) => view.setUint32(0, value),
    int32: (view: DataView, value: number) => view.setInt32(0, value),
    float32: (view: DataView, value: number) => view.setFloat32(0, value),
  } as const;
  const orders = { ABCD: [0, 1, 2, 3], CDAB: [2, 3, 0, 1], BADC: [1, 0, 3, 2], DCBA: [3, 2, 1, 0] } as const;
  it('what a device writes is what is read, in every type and order', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('uint32', 'int32', 'float32' as const),
        fc.constantFrom(...(Object.keys(orders) as (keyof typeof orders)[])),
        fc.integer({ min: 0, max: 2 ** 31 - 1 }),
        fc.boolean(),
        (type, order, magnitude, negative) => {
          const value = Math.fround(negative && type !== 'uint32' ? -magnitude : magnitude);
          const exact = type === 'float32' ? value : Math.min(Math.trunc(value), 2 ** 31 - 1);
          const view = new DataView(new ArrayBuffer(4));
          writers[type](view, exact);
          const wire = orders[order].map((from) => view.getUint8(from));
          const words = [((wire[0] ?? 0) << 8) | (wire[1] ?? 0), ((wire[2] ?? 0) << 8) | (wire[3] ?? 0)];
          const decoded = decodeRegister(spec({ type, order }), words);
          expect(decoded.ok && decoded.value.number + 0).toBe(exact + 0);
        },
      ),
    );
  });
  it('NaN, infinity and broken BCD are no values; sentinels and all-F BCD are the device saying so', () => {
    expect(decodeRegister(spec({ type: 'float32' }), [0x7fc0, 0])).toMatchObject({ error: { reason: 'decode' } });
    expect(decodeRegister(spec({ type: 'float32' }), [0xff80, 0])).toMatchObject({ error: { reason: 'decode' } });
    expect(decodeRegister(spec({ type: 'bcd32' }), [0x0012, 0x3a56])).toMatchObject({ error: { reason: 'decode' } });
    expect(decodeRegister(spec({ type: 'bcd32' }), [0x0012, 0x3456])).toMatchObject({ value: { number: 123456 } });
    expect(decodeRegister(spec({ type: 'bcd32' }), [0xffff, 0xffff])).toMatchObject({ error: { reason: 'sentinel' } });
    expect(decodeRegister(spec({ sentinels: [65535] }), [65535])).toMatchObject({ error: { reason: 'sentinel' } });
    expect(decodeRegister(spec({ type: 'float32', sentinels: [-9999] }), [0xc61c, 0x3c00])).toMatchObject({
      error: { reason: 'sentinel' },
    });
  });
});

describe('planning reads', () => {
  const profile = {
    id: 'p',
    maker: 'm',
    model: 'm',
    name: { zh: 'p', en: 'p' },
    source: 's',
    baudRate: 9600,
    parity: 'none',
    timeoutMs: 100,
    gapMs: 0,
  } as const;
  it('joins neighbours of one function up to the limit, and reads nothing that nobody wants', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 0, max: 60 }), { minLength: 1, maxLength: 30 }),
        fc.integer({ min: 2, max: 10 }),
        (addresses, maxRegistersPerRead) => {
          const registers = addresses.map((address, index) =>
            spec({ key: `k${address}`, address: address * 2, type: 'uint32', functionCode: index % 2 === 0 ? 3 : 4 }),
          );
          const sensors = addresses.map((address) => ({ sensorId: `s${address}`, register: `k${address}` }));
          const reads = planReads({ unitId: 1, profile: 'p', sensors }, { ...profile, maxRegistersPerRead, registers });
          expect(reads.flatMap((one) => one.sensors).length).toBe(addresses.length);
          expect(reads.reduce((sum, one) => sum + one.request.count, 0)).toBe(addresses.length * 2);
          for (const { request, sensors: planned } of reads) {
            expect(request.count).toBeLessThanOrEqual(maxRegistersPerRead);
            for (const { spec: register, at } of planned) {
              expect(register.address).toBe(request.address + at);
              expect(register.functionCode).toBe(request.functionCode);
            }
          }
        },
      ),
    );
  });
});
