/** Frames of the slave: golden bytes, and what it does with bytes that are no request. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DeviceProfile, RegisterSpec } from '#model/device-profile.ts';
import { createDevice, createEchoDevice } from '#simulators/device.ts';
import { crc16, hasGoodCrc, sealFrame } from '#simulators/modbus/crc16.ts';
import { sealMbap, takeMbap } from '#simulators/modbus/mbap.ts';
import { emptyFramer, type Framer, type RtuRequest, silenceMs, takeBytes, takeSilence } from '#simulators/rtu-slave.ts';

const hex = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex').toUpperCase();
const readRegisters = (address: number, count: number, functionCode = 3) =>
  Uint8Array.of(functionCode, address >> 8, address & 0xff, count >> 8, count & 0xff);

const register = (fields: Partial<RegisterSpec>): RegisterSpec => ({
  name: 'x',
  key: 'x',
  quantity: 'rain',
  functionCode: 3,
  address: 0,
  type: 'uint32',
  order: 'ABCD',
  scale: 0.1,
  offset: 0,
  sentinels: [],
  counter: null,
  plausible: { min: 0, max: 1, maxPerMinute: null },
  ...fields,
});
const profile = (...registers: RegisterSpec[]): DeviceProfile => ({
  id: 'p',
  maker: 'm',
  model: 'm',
  name: { zh: 'm', en: 'm' },
  source: 's',
  baudRate: 9600,
  parity: 'none',
  maxRegistersPerRead: 16,
  timeoutMs: 100,
  gapMs: 0,
  registers,
});

function exchange(unit: number, spec: RegisterSpec, value: number | null, request: string): string {
  const device = createDevice(unit, profile(spec), () => value);
  const [found] = takeBytes(emptyFramer, hex(request)).requests;
  if (found === undefined) return 'no request';
  if (found.unitId !== unit) return 'foreign';
  const answer = device.answer(found.pdu, 0);
  return answer.kind === 'silent' ? 'silent' : text(sealFrame(unit, answer.pdu));
}

describe('golden frames of makers and standards', () => {
  it('knows the check value of the CRC', () => {
    expect(crc16(new TextEncoder().encode('123456789'))).toBe(0x4b37);
  });
  it.each<[string, number, RegisterSpec, number | null, string, string]>([
    ['SL 651 rain 1234.5 mm', 1, register({}), 1234.5, '010300000002C40B', '010304000030392E21'],
    [
      'SL 651 level 14.420 m',
      2,
      register({ address: 2, type: 'int32', scale: 0.001 }),
      14.42,
      '02030002000265F8',
      '020304000038 54DB0C',
    ],
    [
      'SL 651 level -0.015 m',
      2,
      register({ address: 2, type: 'int32', scale: 0.001 }),
      -0.015,
      '02030002000265F8',
      '020304FFFFFFF14963',
    ],
    [
      'QDY30A -0.50',
      1,
      register({ address: 4, type: 'int16', scale: 0.01 }),
      -0.5,
      '010300040001C5CB',
      '010302FFCE7820',
    ],
    [
      'SEN0575 7.4565 mm, low word first',
      0xc0,
      register({ functionCode: 4, address: 8, order: 'CDAB', scale: 0.0001 }),
      7.4565,
      'C00400080002E0D8',
      'C00404 23450001 F0D9',
    ],
    ['float 12.5 ABCD', 3, register({ type: 'float32', scale: 1 }), 12.5, '0303000000 02C5E9', '030304 41480000 4DD9'],
    [
      'float 12.5 CDAB',
      3,
      register({ type: 'float32', order: 'CDAB', scale: 1 }),
      12.5,
      '0303000000 02C5E9',
      '030304 00004148 E995',
    ],
    ['address that is not there: exception 02', 1, register({ address: 10 }), 1, '010300000002C40B', '018302C0F1'],
    ['no value and no sentinel: silence', 1, register({}), null, '010300000002C40B', 'silent'],
    [
      'no value: the sentinel',
      1,
      register({ sentinels: [0xffffffff] }),
      null,
      '010300000002C40B',
      text(sealFrame(1, hex('0304FFFFFFFF'))),
    ],
  ])('%s', (_name, unit, spec, value, request, reply) => {
    expect(exchange(unit, spec, value, request)).toBe(reply.replaceAll(' ', ''));
  });

  it('answers a wrong function with 01, a wrong count with 03, and coils bit by bit', () => {
    const reply = (pdu: Uint8Array, spec = register({})) => {
      const answer = createDevice(1, profile(spec), () => 1).answer(pdu, 0);
      return answer.kind === 'silent' ? 'silent' : text(answer.pdu);
    };
    expect(reply(readRegisters(0, 2, 4))).toBe('8401');
    expect(reply(Uint8Array.of(0x2b, 0x0e))).toBe('AB01');
    expect(reply(readRegisters(0, 0))).toBe('8303');
    expect(reply(readRegisters(0, 126))).toBe('8303');
    expect(reply(readRegisters(0, 1, 1), register({ functionCode: 1, type: 'uint16', scale: 1 }))).toBe('010101');
  });

  it('echoes unit and address', () => {
    const answer = createEchoDevice(7).answer(readRegisters(30, 2), 0);
    expect(answer).toMatchObject({ served: { functionCode: 3, address: 30, values: [7030, 7031] } });
  });
});

const good = sealFrame(1, readRegisters(0, 2));
function feed(chunks: readonly (Uint8Array | 'silence')[]): {
  requests: RtuRequest[];
  dropped: string[];
  framer: Framer;
} {
  let framer = emptyFramer;
  const requests: RtuRequest[] = [];
  const dropped: string[] = [];
  for (const chunk of chunks) {
    const framed = chunk === 'silence' ? takeSilence(framer) : takeBytes(framer, chunk);
    framer = framed.framer;
    requests.push(...framed.requests);
    dropped.push(...framed.dropped);
  }
  return { requests, dropped, framer };
}

describe('framing on a line', () => {
  it('is deaf after a wrong CRC until the line is silent', () => {
    const spoilt = good.slice();
    spoilt[7] = (spoilt[7] ?? 0) ^ 1;
    expect(feed([spoilt, good])).toMatchObject({ requests: [], dropped: ['crc'] });
    expect(feed([spoilt, good, 'silence', good]).requests).toHaveLength(1);
  });
  it('forgets half a frame at the silence, and takes the next whole one', () => {
    const { requests, dropped } = feed([good.slice(0, 5), 'silence', good]);
    expect(requests).toHaveLength(1);
    expect(dropped).toEqual(['incomplete']);
  });
  it('judges a function without a known length at the silence', () => {
    const odd = sealFrame(1, hex('2B0E0100'));
    expect(feed([odd]).requests).toHaveLength(0);
    expect(feed([odd, 'silence']).requests).toHaveLength(1);
  });
  it('keeps no more than a frame of noise', () => {
    const noise = new Uint8Array(400).fill(0x2b);
    expect(feed([noise])).toMatchObject({ dropped: ['too-long'], framer: { deaf: true } });
  });
  it('finds the same requests however the bytes are cut', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            unit: fc.integer({ min: 1, max: 247 }),
            address: fc.nat(0xffff),
            count: fc.integer({ min: 1, max: 125 }),
          }),
          { minLength: 1, maxLength: 5 },
        ),
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 40 }),
        (asked, cuts) => {
          const bytes = Uint8Array.from(
            asked.flatMap(({ unit, address, count }) => [...sealFrame(unit, readRegisters(address, count))]),
          );
          const chunks: Uint8Array[] = [];
          for (let at = 0, cut = 0; at < bytes.length; cut++) {
            const size = cuts[cut % cuts.length] ?? 1;
            chunks.push(bytes.slice(at, at + size));
            at += size;
          }
          expect(feed(chunks).requests.map((request) => request.unitId)).toEqual(asked.map(({ unit }) => unit));
        },
      ),
    );
  });
  it('never throws and never lets a frame without a good CRC through, whatever comes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.constant('silence' as const)), { maxLength: 20 }),
        (chunks) => {
          for (const request of feed(chunks).requests)
            expect(hasGoodCrc(sealFrame(request.unitId, request.pdu))).toBe(true);
        },
      ),
    );
  });
  it('is silent for 3.5 characters, and never less than 1.75 ms above 19,200 baud', () => {
    expect(silenceMs(9600)).toBeCloseTo(3.65, 2);
    expect(silenceMs(115_200)).toBe(1.75);
  });
});

describe('Modbus TCP', () => {
  it('takes frames out of a stream and ends a stream that is none', () => {
    const frame = sealMbap(9, 1, readRegisters(0, 2));
    const first = takeMbap(new Uint8Array(0), frame.slice(0, 5));
    expect(first).toMatchObject({ kind: 'ok', requests: [] });
    if (first.kind !== 'ok') throw new Error('malformed');
    expect(takeMbap(first.rest, Uint8Array.from([...frame.slice(5), ...frame]))).toMatchObject({
      kind: 'ok',
      requests: [{ transaction: 9, unitId: 1 }, { transaction: 9 }],
    });
    expect(takeMbap(new Uint8Array(0), hex('0001000100060103'))).toMatchObject({ kind: 'malformed' });
    expect(takeMbap(new Uint8Array(0), hex('000100000001FF'))).toMatchObject({ kind: 'malformed' });
  });
});
