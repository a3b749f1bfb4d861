import { describe, expect, it } from 'vitest';
import type { Request } from './frame.ts';
import { scanBody, sealRequest, takeReply } from './mbap.ts';

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replace(/\s/g, ''), 'hex'));
const READ: Request = { unitId: 1, functionCode: 3, address: 107, count: 3 };
const all = () => true;

describe('Modbus TCP frames', () => {
  it.each<readonly [what: string, request: Request, adu: string]>([
    ['a read', READ, '1501 0000 0006 01 03 006B 0003'],
    ['a coil', { unitId: 17, functionCode: 5, address: 172, value: 0xff00 }, '1501 0000 0006 11 05 00AC FF00'],
    ['one coil by 15', { unitId: 1, functionCode: 15, address: 19, value: 1 }, '1501 0000 0008 01 0F 0013 0001 01 01'],
    [
      'a register by 16',
      { unitId: 1, functionCode: 16, address: 1, value: 10 },
      '1501 0000 0009 01 10 0001 0001 02 000A',
    ],
  ])('%s goes out with its transaction and its length', (_, request, adu) => {
    expect(sealRequest(0x1501, request)).toEqual(hex(adu));
  });

  it('an answer is found however it is cut, and what follows it is left', () => {
    const adu = hex('1501 0000 0009 01 03 06 022B 0000 0064');
    for (let length = 0; length < adu.length; length++)
      expect(takeReply(adu.subarray(0, length), all), `${length} bytes`).toEqual({ kind: 'incomplete' });
    const taken = takeReply(Uint8Array.of(...adu, 0x15), all);
    expect(taken).toMatchObject({ kind: 'adu', transaction: 0x1501, length: adu.length });
    if (taken.kind === 'adu') expect(scanBody(READ, taken.body)).toMatchObject({ kind: 'reply', words: [555, 0, 100] });
  });

  it.each<readonly [what: string, bytes: string, fault: string]>([
    ['a transaction that nobody waits for', '1502', 'transaction'],
    ['another protocol', '1501 0001 0009', 'mbap'],
    ['a length that no answer has', '1501 0000 0002', 'mbap'],
    ['a length beyond all frames', '1501 0000 00FF', 'mbap'],
  ])('%s is known before the rest has come', (_, bytes, fault) => {
    expect(takeReply(hex(bytes), (transaction) => transaction === 0x1501)).toEqual({ kind: 'bad', fault });
  });

  it.each<readonly [what: string, body: string, fault: string]>([
    ['another unit', '02 03 06 022B 0000 0064', 'unit'],
    ['another function', '01 04 06 022B 0000 0064', 'function'],
    ['fewer registers', '01 03 04 022B 0000', 'length'],
    ['fewer bytes than it says', '01 03 06 022B 0000', 'length'],
    ['more bytes than it says', '01 03 06 022B 0000 0064 00', 'length'],
    ['an exception with a tail', '01 83 02 00', 'length'],
  ])('%s is no answer', (_, body, fault) => {
    expect(scanBody(READ, hex(body))).toEqual({ kind: 'bad', fault });
  });

  it('an exception bears its code', () => {
    expect(scanBody(READ, hex('01 83 02'))).toMatchObject({ kind: 'exception', code: 2 });
  });
});
