import { describe, expect, it } from 'vitest';
import { HAZARDS } from '../../model/registry.ts';
import { sayWarning } from './speech.ts';
import { syn6288 } from './syn6288.ts';

const hex = (bytes: Uint8Array | undefined) =>
  Buffer.from(bytes ?? [])
    .toString('hex')
    .toUpperCase();

/** Takes a frame apart without the code that made it. */
function parse(frame: Uint8Array) {
  const body = Buffer.from(frame);
  const sum = body.reduce((xor, byte) => xor ^ byte, 0);
  const text = body.subarray(5, -1).swap16().toString('utf16le');
  return {
    head: body[0],
    length: body.readUInt16BE(1),
    rest: body.length - 3,
    command: body[3],
    mode: body[4],
    sum,
    text,
  };
}

describe('frames of the SYN6288', () => {
  it('stop, with its check byte, is as published', () => {
    expect(hex(syn6288.stopFrame())).toBe('FD000202FD');
  });
  it('a text is Unicode, high byte first, behind the mark for full volume', () => {
    const [frame] = syn6288.speakFrames('宇音天下');
    expect(parse(frame ?? new Uint8Array(8))).toEqual({
      ...{ head: 0xfd, length: 21, rest: 21, command: 1, mode: 3, sum: 0, text: '[v16]宇音天下' },
    });
    expect(hex(frame).slice(10)).toContain('5B8797F359294E0B');
  });
  it('every warning fits, cut behind a mark where it is longer than one frame takes', () => {
    let seen = 0;
    for (const hazard of HAZARDS)
      for (const level of ['blue', 'yellow', 'orange', 'red'] as const) {
        const text = sayWarning({ point: '云岭县石桥镇桃树湾村民委员会后山滑坡'.repeat(3), hazard, level });
        const parts = syn6288.speakFrames(text).map(parse);
        for (const part of parts) expect(part).toMatchObject({ sum: 0, length: part.rest });
        for (const { text: piece } of parts) expect(piece.length).toBeLessThanOrEqual(100);
        expect(parts.map((part) => part.text.replace('[v16]', '')).join('')).toBe(text);
        seen++;
      }
    expect(seen).toBe(24);
  });
  it('replies are one byte each; anything else is noise', () => {
    expect([0x4a, 0x41, 0x45, 0x4e, 0x4f, 0x00].map(syn6288.replyOf)).toEqual([
      ...['ready', 'taken', 'refused', 'busy', 'idle', undefined],
    ]);
  });
});

describe('what is said', () => {
  it('names the place, the danger, the colour and what to do', () => {
    expect(sayWarning({ point: '桃树湾滑坡', hazard: 'landslide', level: 'red' })).toBe(
      '注意，注意！桃树湾滑坡，滑坡红色预警！请立即按撤离路线转移到安全地点，不要收拾东西，不要返回。',
    );
    expect(sayWarning({ point: '桃树湾滑坡', hazard: 'landslide', level: 'none' })).toBe('');
  });
});
