import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAck, parseCommand } from './messages.ts';

describe('an ack is believed only when every part of it is right', () => {
  it('reads a right one', () => {
    const ack = { epoch: 'e1', ranges: [[1, 4] as const, [7, 7] as const], atMs: 5 };
    expect(parseAck(JSON.stringify(ack))).toEqual({ ok: true, value: ack });
  });
  it.each([
    ['no JSON', '{'],
    ['null', 'null'],
    ['a list', '[]'],
    ['no epoch', '{"ranges":[],"atMs":1}'],
    ['an epoch that is no token', '{"epoch":"../x","ranges":[],"atMs":1}'],
    ['a range upside down', '{"epoch":"e","ranges":[[4,1]],"atMs":1}'],
    ['a range from zero', '{"epoch":"e","ranges":[[0,1]],"atMs":1}'],
    ['numbers as text', '{"epoch":"e","ranges":[["1","2"]],"atMs":1}'],
    ['fractions', '{"epoch":"e","ranges":[[1,2.5]],"atMs":1}'],
    ['a third number', '{"epoch":"e","ranges":[[1,2,3]],"atMs":1}'],
    ['no instant', '{"epoch":"e","ranges":[[1,2]]}'],
    ['too many ranges', JSON.stringify({ epoch: 'e', ranges: Array(1_001).fill([1, 1]), atMs: 1 })],
  ])('refuses %s', (_, text) => {
    expect(parseAck(text).ok).toBe(false);
  });
  it('never throws, whatever comes', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(typeof parseAck(text).ok).toBe('boolean');
        expect(typeof parseCommand(text).ok).toBe('boolean');
      }),
    );
  });
});

describe('commands', () => {
  it('reads the two that an edge knows, and refuses others', () => {
    const base = { id: 'c', issuedAt: 1, expiresAt: 2 };
    expect(parseCommand(JSON.stringify({ ...base, kind: 'read-now' })).ok).toBe(true);
    expect(parseCommand(JSON.stringify({ ...base, kind: 'resend', epoch: 'e', ranges: [[1, 2]] })).ok).toBe(true);
    expect(parseCommand(JSON.stringify({ ...base, kind: 'resend', epoch: 'e' })).ok).toBe(false);
    expect(parseCommand(JSON.stringify({ ...base, kind: 'reboot' })).ok).toBe(false);
    expect(parseCommand(JSON.stringify({ kind: 'read-now', issuedAt: 1, expiresAt: 2 })).ok).toBe(false);
  });
});
