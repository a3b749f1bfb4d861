import { describe, expect, test } from 'vitest';
import { crc8 } from './crc8.ts';
import { encodeSl427, encodeSl427Confirmation, readSl427Frame } from './frame.ts';
import { decodeSl427, sl427Json } from './report.ts';
import { createSl427Scanner } from './scan.ts';

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replace(/\s/g, ''), 'hex'));
/** A frame of a station: DIR 1. */
function up(func: number, afn: string, data: string): Uint8Array {
  const inner = bytes(`${(0x80 | func).toString(16)}0102030405${afn}${data}`);
  return Uint8Array.from([0x68, inner.length, 0x68, ...inner, crc8(inner), 0x16]);
}
const PUBLISHED = '681568B40102030405C05545040020700030151412052600AD16';
const TAIL = '0000000030151412052600';

function values(frame: Uint8Array) {
  const decoded = decodeSl427(frame);
  if (!decoded.ok) throw new Error(decoded.error.message);
  return sl427Json(decoded.value.frame, decoded.value.report).items.map(({ id, value }) => [id, value]);
}

describe('SL/T 427', () => {
  test('the checksum of 123456789 is F7', () => expect(crc8(Buffer.from('123456789'))).toBe(0xf7));

  test('the published self-report reads as written down', () => {
    const decoded = decodeSl427(bytes(PUBLISHED));
    if (!decoded.ok) throw new Error(decoded.error.message);
    expect(decoded.value.frame).toMatchObject({ station: '0102030405', afn: 'C0', func: 4, length: 26 });
    expect(sl427Json(decoded.value.frame, decoded.value.report)).toEqual({
      ...{ func: 'C0', station: '0102030405', serial: null, sendTime: '2026-05-12T14:15:30+08:00' },
      items: [{ id: 'velocity-1', value: 44.555, observedAt: '2026-05-12T14:15:30+08:00' }],
      ...{ alarm: '0020', state: '7000' },
    });
  });

  test.each([
    ['rain, lowest byte first', 1, `452301${TAIL}`, [['rain-total', 1_234.5]]],
    ['rain that is missing', 1, `FFFFFF${TAIL}`, [['rain-total', null]]],
    [
      'two levels, one below zero',
      2,
      `20440100150000F0${TAIL}`,
      [
        ['level-1', 14.42],
        ['level-2', -0.015],
      ],
    ],
    ['a flow of five bytes', 3, `5634120000${TAIL}`, [['flow-1', 123.456]]],
    ['what is no BCD', 1, `4A2301${TAIL}`, [['rain-total', '4A2301']]],
    ['a kind that is not established', 6, `112233${TAIL}`, [['data-6', '112233']]],
  ] as const)('%s', (_, func, data, expected) => expect(values(up(func, 'C0', data))).toEqual(expected));

  test('a link check is answered with its own code, a report with a confirmation', () => {
    const check = readSl427Frame(up(0, '02', 'F2'));
    if (!check.ok) throw new Error(check.error.message);
    expect(readSl427Frame(encodeSl427Confirmation(check.value))).toMatchObject({
      ok: true,
      value: { direction: 'down', afn: '02', func: 0, station: '0102030405', data: bytes('F2') },
    });
  });

  test.each([
    ['a wrong checksum', `${PUBLISHED.slice(0, -4)}AE16`, 'crc', 24],
    ['a wrong end', `${PUBLISHED.slice(0, -2)}17`, 'end', 25],
    ['another second mark', `6815 69${PUBLISHED.slice(6)}`, 'start', 2],
    ['a cut frame', PUBLISHED.slice(0, 30), 'short', 15],
  ] as const)('%s is refused with its place', (_, hex, kind, offset) =>
    expect(decodeSl427(bytes(hex))).toMatchObject({ ok: false, error: { kind, offset } }),
  );

  test('a self-report without room for its time is refused', () =>
    expect(decodeSl427(up(1, 'C0', '452301'))).toMatchObject({ ok: false, error: { kind: 'body' } }));

  test('a stream with garbage and a cut frame gives the good ones', () => {
    const scanner = createSl427Scanner();
    const good = bytes(PUBLISHED);
    const found = [...good, 0x68, 0x68, ...good.subarray(0, 12), ...good].flatMap(
      (byte) => scanner.push(Uint8Array.of(byte)).frames,
    );
    expect(found).toHaveLength(2);
  });

  test('what a centre writes can be read', () =>
    expect(readSl427Frame(encodeSl427('0102030405', 0, 'B0', [1, 2]))).toMatchObject({
      ok: true,
      value: { direction: 'down', afn: 'B0', data: bytes('0102') },
    }));
});
