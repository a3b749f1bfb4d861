import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { textOfSeptets, unpackSeptets } from './alphabet.ts';
import { type AtToken, classify, createAtLines } from './at-lines.ts';
import { type Deliver, parseIncoming } from './incoming.ts';
import { createJoiner } from './join-parts.ts';
import { explainError } from './modem-errors.ts';
import { octetsOf } from './octets.ts';
import { meaningOf, ownNumber } from './replies.ts';
import { createSentParts } from './sent-parts.ts';
import { smsText } from './sms-text.ts';
import { encodeSubmit, splitUnits, validityOctet } from './submit.ts';

describe('a message as PDUs', () => {
  it('is what 3GPP TS 23.040 says, octet by octet', () => {
    const [part] = encodeSubmit({ number: '+8613800000001', text: '滑坡', reference: 7, validMinutes: 360 });
    // SCA none | SUBMIT VP=relative SRR | MR | 13 digits international | PID | DCS UCS-2 | VP 71 | 4 octets | 滑 坡
    expect(part).toEqual({ pdu: '0031000D91683108000000F1000847046ED15761', length: 19 });
    const parts = encodeSubmit({ number: '13800000001', text: '雨'.repeat(71), reference: 0x1a7, validMinutes: 360 });
    expect(parts.map(({ pdu }) => pdu.slice(2, 4))).toEqual(['71', '71']);
    expect(parts.map(({ pdu }) => pdu.slice(28, 42))).toEqual(['8C050003A70201', '0E050003A70202']);
  });

  it('never cuts a surrogate pair, loses nothing and never exceeds a part', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 400 }), fc.integer({ min: 2, max: 70 }), (text, atMost) => {
        const parts = splitUnits(text, atMost);
        expect(parts.join('')).toBe(text);
        for (const part of parts) {
          expect(part.length).toBeLessThanOrEqual(atMost);
          expect(/^[\udc00-\udfff]/.test(part) && /[\ud800-\udbff]$/.test(text.slice(0, text.indexOf(part)))).toBe(
            false,
          );
        }
      }),
    );
    const pair = splitUnits(`${'雨'.repeat(66)}𠮷𠮷`, 67);
    expect(pair.map((part) => part.length)).toEqual([66, 4]);
  });

  it('validity is rounded up to what the octet can say', () => {
    expect([5, 60, 360, 720, 721, 1_440, 2_880, 43_200, 1e9].map(validityOctet)).toEqual([
      0, 11, 71, 143, 144, 167, 168, 196, 255,
    ]);
  });
});

describe('what the network sends', () => {
  it('reads a well-known delivery in the default alphabet', () => {
    // The example that the literature on PDU mode has carried for decades.
    expect(parseIncoming('07917283010010F5040BC87238880900F10000993092516195800AE8329BFD4697D9EC37')).toEqual({
      ok: true,
      value: {
        kind: 'deliver',
        serviceCentre: '+27381000015',
        from: '27838890001',
        // 99-03-29 15:16:59 at +2 h.
        atMs: Date.UTC(1999, 2, 29, 13, 16, 59),
        text: 'hellohello',
        concat: null,
      },
    });
  });

  it('reads the extension, and an escape before what it does not have', () => {
    expect(textOfSeptets([0x1b, 0x65, 0x1b, 0x3c, 0x1b, 0x41, 0x1b, 0x1b])).toBe('€[A ');
    expect(unpackSeptets(Uint8Array.from([0xe8, 0x32]), 2)).toEqual([0x68, 0x65]);
  });

  it('reads a status report and what it means', () => {
    const report = parseIncoming('0006D60B911326880736F4111011719551401110117195714000');
    expect(report).toMatchObject({
      ok: true,
      value: { kind: 'report', reference: 0xd6, to: '+31628870634', fate: 'delivered' },
    });
  });

  it('never throws, and says what it cannot read', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'0123456789ABCDEF'), maxLength: 120 }), (hex) => {
        const read = parseIncoming(hex);
        if (read.ok && read.value.kind === 'deliver') expect(read.value.concat?.n ?? 1).toBeGreaterThan(0);
      }),
    );
    expect(octetsOf('0G').ok).toBe(false);
    expect(parseIncoming('07917283010010F504').ok).toBe(false);
  });

  it('puts parts together in any order, twice over, and forgets those that never become whole', () => {
    const join = createJoiner();
    const part = (reference: number, n: number): Deliver => ({
      kind: 'deliver',
      serviceCentre: null,
      from: '1',
      atMs: null,
      text: `${n}`,
      concat: { reference, total: 3, n },
    });
    expect([3, 1, 1].map((n) => join(part(1, n)))).toEqual([null, null, null]);
    expect(join(part(1, 2))).toBe('123');
    for (let reference = 2; reference < 100; reference++) expect(join(part(reference, 1))).toBeNull();
    expect(join(part(2, 2))).toBeNull();
    expect(join(part(2, 3))).toBeNull();
  });
});

describe('replies and reports', () => {
  it('reads what a person means', () => {
    const cases = {
      '1': 'answered',
      ' １。': 'answered',
      收到: 'answered',
      '2': 'cannot',
      '２！': 'cannot',
      '12': 'read',
      好的: 'read',
    };
    for (const [text, meaning] of Object.entries(cases)) expect([text, meaningOf(text)]).toEqual([text, meaning]);
  });

  it('finds the number as the county writes it', () => {
    const people = new Map([['a', { id: 'a', name: '', phone: '13800000001', posts: [] }]]);
    for (const from of ['+8613800000001', '8613800000001', '008613800000001', '13800000001'])
      expect(ownNumber(from, { people })).toBe('13800000001');
    expect(ownNumber('10086', { people })).toBe('10086');
  });

  it('a message is delivered when all its parts are, and failed once', () => {
    const parts = createSentParts();
    const report = (reference: number, fate: 'delivered' | 'failed' | 'trying', to = '+8613800000001') =>
      parts.settle({ kind: 'report', reference, to, fate, status: fate === 'failed' ? 0x45 : 0, atMs: null });
    parts.note('k', '13800000001', [4, 5]);
    expect(report(4, 'trying')).toBeNull();
    expect(report(4, 'delivered')).toBeNull();
    expect(report(5, 'delivered', '+8613900000009')).toBeNull();
    expect(report(5, 'delivered')).toEqual({ key: 'k', event: 'delivered', detail: 'status 0x00' });
    expect(report(5, 'delivered')).toBeNull();
    parts.note('j', '13800000001', [6, 7]);
    expect(report(6, 'failed')).toMatchObject({ event: 'failed' });
    expect(report(7, 'delivered')).toBeNull();
  });

  it('a text says first that it is repeated, and at the end how to answer, however long it is', () => {
    const long = { zh: '雨'.repeat(400), en: '' };
    const text = smsText({ text: long, ask: true }, true);
    expect(text.startsWith('【重发】')).toBe(true);
    expect(text.endsWith('…收到请回复1，不能处置请回复2。')).toBe(true);
    expect(text.length).toBeLessThanOrEqual(268);
  });
});

describe('the words of a modem', () => {
  const tokens = (chunks: readonly string[]): readonly AtToken[] => {
    const split = createAtLines();
    return chunks.flatMap((chunk) => split(chunk));
  };
  it('are the same lines however the stream is cut', () => {
    const stream = 'AT+CMGS=19\r\r\n+CMTI: "SM",3\r\n\r\n> 0031\u001a\r\n+CMGS: 12\r\n\r\nOK\r\n';
    const whole = tokens([stream]);
    const lines = whole.flatMap((token) => (token.kind === 'line' ? [token.text] : []));
    expect(lines).toContain('+CMGS: 12');
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 20, maxLength: 60 }), (cuts) => {
        const chunks: string[] = [];
        let at = 0;
        for (const cut of cuts) {
          chunks.push(stream.slice(at, at + cut));
          at += cut;
        }
        chunks.push(stream.slice(at));
        const seen = tokens(chunks).flatMap((token) => (token.kind === 'line' ? [token.text] : []));
        expect(seen.filter((line) => line.startsWith('+') || line === 'OK')).toEqual(
          lines.filter((line) => line.startsWith('+') || line === 'OK'),
        );
      }),
    );
  });

  it('are told apart: an end, an answer, or what nobody asked for', () => {
    const cases: readonly [string, string | null, object][] = [
      ['OK', 'AT', { kind: 'ok' }],
      ['+CMS ERROR: 38', 'AT+CMGS=1', { kind: 'error', error: { family: 'cms', code: '38' } }],
      ['+CMTI: "SM",12', 'AT+CSQ', { kind: 'event', event: { kind: 'stored', index: 12 } }],
      ['+CDS: 27', 'AT+CMGS=1', { kind: 'event', pduFollows: true }],
      ['+CREG: 0,1', 'AT+CREG?', { kind: 'answer' }],
      ['+CREG: 1', 'AT+CREG?', { kind: 'event', event: { kind: 'noise' } }],
      ['NO CARRIER', null, { kind: 'event', event: { kind: 'callEnded', why: 'NO CARRIER' } }],
      ['BUSY', 'ATD138;', { kind: 'error', error: { family: 'plain', code: 'BUSY' } }],
      ['+DTMF: 1', 'AT+CLCC', { kind: 'event', event: { kind: 'key', key: '1' } }],
      ['RDY', null, { kind: 'event', event: { kind: 'booted' } }],
    ];
    for (const [text, command, expected] of cases) expect(classify(text, command)).toMatchObject(expected);
    expect(explainError({ family: 'cms', code: '9999' })).toEqual({
      detail: '+CMS ERROR 9999: not a known number',
      about: 'away',
    });
  });
});
