/** What a person's line makes of bytes: an echo, noise and another unit's answer are stepped over, and nothing is invented. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findAnswer } from '#cli/io/field-line.ts';
import { parseAddress } from '#cli/io/field-place.ts';
import { buildRequest, type ReadRequest } from '#edge/modbus/frame.ts';
import { bytesOf, replyOf } from '#test/devices/support.ts';

const request: ReadRequest = { unitId: 1, functionCode: 3, address: 0, count: 2 };
const answer = replyOf(request, [0, 0x3039]);
const join = (...parts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]));

describe('an answer among other bytes', () => {
  it.each([
    ['alone', answer],
    ['behind the echo of the request', join(buildRequest(request), answer)],
    ['behind noise', join(Uint8Array.of(0xff, 0x00, 0x01), answer)],
    ['behind the late answer of another unit', join(replyOf({ ...request, unitId: 9 }, [1, 2]), answer)],
    ['before noise', join(answer, Uint8Array.of(0x55))],
  ])('is found %s', (_, bytes) => {
    expect(findAnswer(request, bytes)).toMatchObject({ kind: 'reply', words: [0, 0x3039] });
  });

  it('is not there yet, or is not this one', () => {
    expect(findAnswer(request, new Uint8Array(0))).toBeUndefined();
    expect(findAnswer(request, buildRequest(request))).toEqual({ kind: 'garbled', fault: 'length' });
    expect(findAnswer(request, answer.slice(0, 6))).toEqual({ kind: 'garbled', fault: 'truncated' });
    expect(findAnswer(request, replyOf({ ...request, unitId: 9 }, [1, 2]))).toEqual({ kind: 'garbled', fault: 'unit' });
    expect(findAnswer(request, bytesOf('01 83 02 C0 F1'))).toMatchObject({ kind: 'exception', code: 2 });
  });

  it('is never taken from a frame in which one bit is wrong', () => {
    fc.assert(
      fc.property(fc.nat({ max: answer.length * 8 - 1 }), fc.uint8Array({ maxLength: 6 }), (bit, noise) => {
        const spoilt = answer.slice();
        spoilt[bit >> 3] = (spoilt[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        return findAnswer(request, join(noise, spoilt))?.kind !== 'reply';
      }),
    );
  });
});

describe('an address', () => {
  it.each([
    ['192.168.1.10', { host: '192.168.1.10', port: 502 }],
    ['gateway.local:4001', { host: 'gateway.local', port: 4001 }],
    ['[::1]:502', { host: '::1', port: 502 }],
  ])('%s', (text, value) => {
    expect(parseAddress(text)).toEqual({ ok: true, value });
  });
  it.each(['', 'a b', 'host:0', 'host:70000', 'host:x', '::1'])('"%s" is none', (text) => {
    expect(parseAddress(text).ok).toBe(false);
  });
});
