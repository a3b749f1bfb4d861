import { describe, expect, it } from 'vitest';
import { createPacketScan } from './packet-scan.ts';

const limits = { firstPacketBytes: 10, packetBytes: 300 };
const packet = (first: number, length: number) =>
  Uint8Array.from([
    first,
    ...(length < 128 ? [length] : [(length & 127) | 128, length >> 7]),
    ...new Array(length).fill(7),
  ]);

describe('the scan of packet headers', () => {
  it.each([1, 2, 3, 1_000])('lets sound packets pass in chunks of %i bytes', (size) => {
    const scan = createPacketScan(limits);
    const stream = Buffer.concat([packet(0x10, 10), packet(0x30, 300), packet(0xc0, 0), packet(0x30, 128)]);
    for (let at = 0; at < stream.length; at += size) expect(scan(stream.subarray(at, at + size))).toBeUndefined();
  });

  it('refuses a first packet that is no CONNECT', () => {
    expect(createPacketScan(limits)(packet(0x30, 1))).toBe('not-connect');
  });

  it('refuses a CONNECT by its announced length, before its body', () => {
    expect(createPacketScan(limits)(Uint8Array.from([0x10, 11]))).toBe('first-too-large');
    expect(createPacketScan(limits)(Uint8Array.from([0x10, 0xff, 0xff, 0xff, 0x7f]))).toBe('first-too-large');
  });

  it('refuses a later packet above the limit, and a length of five bytes', () => {
    const scan = createPacketScan(limits);
    scan(packet(0x10, 4));
    expect(scan(Uint8Array.from([0x30, 0xad, 0x02]))).toBe('too-large');
    expect(createPacketScan(limits)(Uint8Array.from([0x10, 0xff, 0xff, 0xff, 0xff]))).toBe('length');
  });
});
