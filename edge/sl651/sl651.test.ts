import { describe, expect, test } from 'vitest';
import { crc16 } from '../modbus/crc16.ts';
import { SL651_ELEMENTS } from './elements.ts';
import { encodeClock, encodeConfirmation, encodePeriodQuery, encodeReadNow } from './encode.ts';
import { EOT, readFrame } from './frame.ts';
import { addPacket, firstMissing } from './reassemble.ts';
import { decodeSl651, sl651Json } from './report.ts';
import { createSl651Scanner } from './scan.ts';
import { beijingIso, parseBeijing } from './time.ts';

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replace(/\s/g, ''), 'hex'));

/** A body in a frame with the right length and checksum. */
function framed(func: string, body: string, end = '03'): Uint8Array {
  const head = `7E7E0100123456781234${func}0${(body.length / 2).toString(16).padStart(3, '0')}02`;
  const open = bytes(head + body + end);
  return Uint8Array.from([...open, ...bytes(crc16(open).toString(16).padStart(4, '0'))]);
}

function json(frame: Uint8Array) {
  const decoded = decodeSl651(frame);
  if (!decoded.ok) throw new Error(`${decoded.error.message} at ${decoded.error.offset}`);
  return sl651Json(decoded.value.frame, decoded.value.report);
}

const values = (frame: Uint8Array) => json(frame).items.map(({ id, value }) => [id, value]);
const HEAD = '0001260601120005F1F1001234567848';
const OBSERVED = 'F0F02606011200';

const TIMED =
  '7E7E02001234567804D232002B020012141205110002F1F1001234567848F0F014120511002019000100261900010039230001442038121220039FE1';
const CONFIRMED = '7E7E00123456780204D23280080200121412051100021BBD6C';
const NO_LEVEL =
  '7E7E001000000006000037002B02013D221206100758F1F11000000006 48F0F02212061007201900000026190000003923FFFFFFFF3812114303C7CD';
const HOURLY =
  '7E7E05001122334403E8340068020033170718110014F1F1001122334448F0F01707181005F4600500000014FFFFFFFFFF0000F0F017071811002619000040F0F01707181005F5C0000C000C001C00310031FFFFFFFFFFFFFFFFFFFF00310031F0F0170718110039230001049020190000403812109903F502';

describe('frames of the standard and of the field', () => {
  test('a timed report reads as the standard says', () => {
    expect(json(bytes(TIMED))).toEqual({
      func: '32',
      station: '0012345678',
      serial: 18,
      sendTime: '2014-12-05T11:00:02+08:00',
      items: [
        { id: '20', value: 10, observedAt: '2014-12-05T11:00:00+08:00' },
        { id: '26', value: 10, observedAt: '2014-12-05T11:00:00+08:00' },
        { id: '39', value: 14.42, observedAt: '2014-12-05T11:00:00+08:00' },
        { id: '38', value: 12.2, observedAt: '2014-12-05T11:00:00+08:00' },
      ],
    });
  });

  test('its confirmation is written byte for byte, the station first and ESC at the end', () => {
    const up = readFrame(bytes(TIMED));
    if (!up.ok) throw new Error(up.error.message);
    const atMs = parseBeijing('141205110002') ?? 0;
    expect(encodeConfirmation(up.value, { func: '32', serial: 18 }, atMs)).toEqual(bytes(CONFIRMED));
    const last = encodeConfirmation(up.value, { func: '32', serial: 18 }, atMs, EOT);
    expect(last.at(-3)).toBe(EOT);
  });

  test('a level of all F is missing, not zero', () => {
    expect(values(bytes(NO_LEVEL))).toContainEqual(['39', null]);
  });

  test('an hourly report has four groups with their own times, and FF in F4 is missing, not 25.5 mm', () => {
    const { items } = json(bytes(HOURLY));
    const rain = items.filter(({ id }) => id === 'F4');
    expect(rain.map(({ value }) => value)).toEqual([0.5, 0, 0, 0, 2, null, null, null, null, null, 0, 0]);
    expect([rain[0]?.observedAt, rain.at(-1)?.observedAt]).toEqual([
      '2017-07-18T10:05:00+08:00',
      '2017-07-18T11:00:00+08:00',
    ]);
    expect(items.filter(({ id }) => id === 'F5').map(({ value }) => value)).toEqual([
      ...[0.12, 0.12, 0.28, 0.49, 0.49],
      ...[null, null, null, null, null, 0.49, 0.49],
    ]);
    expect(items).toContainEqual({ id: '39', value: 10.49, observedAt: '2017-07-18T11:00:00+08:00' });
  });

  test('bytes behind a frame are left alone, a changed byte is refused with its place', () => {
    expect(json(bytes(`${TIMED}7E`)).serial).toBe(18);
    const spoiled = bytes(TIMED);
    spoiled[45] = 0x77;
    expect(decodeSl651(spoiled)).toMatchObject({ ok: false, error: { kind: 'crc', offset: 58 } });
    expect(decodeSl651(bytes(TIMED).subarray(0, 40))).toMatchObject({
      ok: false,
      error: { kind: 'short', offset: 40 },
    });
  });
});

describe('elements', () => {
  const cases: readonly (readonly [string, string, readonly unknown[]])[] = [
    ['a negative number has FF in front', `${OBSERVED}3923FF000127`, [['39', -0.127]]],
    ['a user element has two bytes', `${OBSERVED}FF0A121203`, [['FF0A', 12.03]]],
    [
      'F5 is 24 bytes, whatever its form says',
      `${OBSERVED}F55C0AAA${'FFFF'.repeat(11)}391A002730`,
      [['F5', 27.3], ...Array.from({ length: 11 }, () => ['F5', null]), ['39', 27.3]],
    ],
    ['what is no BCD is passed on as its bytes', `${OBSERVED}391A00AB30`, [['39', '00AB30']]],
    ['a status word is four bytes', '452000000481', [['45', '00000481']]],
    [
      'after a time step come the values of one element',
      `${OBSERVED}0418000005 2011 0012 0034 FFFF`.replaceAll(' ', ''),
      [
        ['04', '000005'],
        ['20', 1.2],
        ['20', 3.4],
        ['20', null],
      ],
    ],
  ];
  for (const [name, body, expected] of cases)
    test(name, () => expect(values(framed('31', HEAD + body))).toEqual(expected));

  test('values after a time step stand five minutes apart', () => {
    const { items } = json(framed('31', `${HEAD}${OBSERVED}0418000005201100120034`));
    expect(items.map(({ observedAt }) => observedAt?.slice(11, 16))).toEqual(['12:00', '12:00', '12:05']);
  });

  const cut: readonly (readonly [string, string])[] = [
    ['F4 with eleven bytes', `${OBSERVED}F460${'00'.repeat(11)}`],
    ['an element that lacks a byte', `${OBSERVED}39230001`],
    ['an element that lacks its form', `${OBSERVED}39`],
    ['an observation time that is cut', 'F0F0260601'],
    ['a time step of two bytes', `${OBSERVED}04100005`],
  ];
  for (const [name, body] of cut)
    test(`${name} is refused, although the checksum is right`, () =>
      expect(decodeSl651(framed('32', HEAD + body))).toMatchObject({ ok: false, error: { kind: 'body' } }));

  test('every element of the tables has both names, and no identifier twice', () => {
    expect(SL651_ELEMENTS.size).toBe(126);
    const names = new Set([...SL651_ELEMENTS.values()].map(({ ascii }) => ascii));
    expect(names.size).toBe(SL651_ELEMENTS.size);
    for (const { name, digits, decimals } of SL651_ELEMENTS.values()) {
      expect(name.zh === '' || name.en === '').toBe(false);
      expect(decimals).toBeLessThan(digits);
    }
  });
});

describe('times', () => {
  test('are of Beijing: 08:00 there is midnight in UTC', () =>
    expect(parseBeijing('2606010800')).toBe(Date.UTC(2026, 5, 1)));
  test('have two digits for the year: 59 is 2059, 70 is 1970', () => {
    expect(beijingIso(parseBeijing('591011154947') ?? 0)).toBe('2059-10-11T15:49:47+08:00');
    expect(beijingIso(parseBeijing('7001010800') ?? 1)).toBe('1970-01-01T08:00:00+08:00');
  });
  test.each(['2613010000', '2602300000', '2606012400', '2606010060', 'FFFFFFFFFF', '26060112'])(
    '%s is none',
    (digits) => expect(parseBeijing(digits)).toBeUndefined(),
  );
});

describe('a stream', () => {
  const good = bytes(TIMED);
  const spoiled = bytes(TIMED);
  spoiled[45] = 0x77;

  test('that comes byte by byte gives its frames once each', () => {
    const scanner = createSl651Scanner();
    const found: string[] = [];
    for (const byte of [...good, ...good])
      for (const { func } of scanner.push(Uint8Array.of(byte)).frames) found.push(func);
    expect(found).toEqual(['32', '32']);
  });

  test('with garbage, a spoiled frame and a cut one between still gives the good ones', () => {
    const scanner = createSl651Scanner();
    const cutOff = good.subarray(0, 30);
    const stream = [0x7e, 0x7e, 0x01, ...good, 0xff, ...spoiled, ...good, ...cutOff, ...good];
    const { frames, faults } = scanner.push(Uint8Array.from(stream));
    expect(frames).toHaveLength(3);
    expect(faults).toContain('crc');
  });

  test('of lies about lengths keeps no more than two frames of bytes', () => {
    const scanner = createSl651Scanner();
    const lie = bytes('7E7E0100123456781234320FFF02');
    let skipped = 0;
    for (let round = 0; round < 700; round++) skipped += scanner.push(lie).skipped;
    expect(skipped).toBeGreaterThan(700 * lie.length - 9_000);
    expect(scanner.push(good).frames.length + scanner.push(new Uint8Array(5_000)).frames.length).toBe(1);
  });
});

describe('packets of one message', () => {
  const packet = (sequence: number, total: number, content: string) => {
    const numbers = total.toString(16).padStart(3, '0') + sequence.toString(16).padStart(3, '0');
    const body = numbers + content;
    const open = bytes(`7E7E01001234567812343600${(body.length / 2).toString(16).padStart(2, '0')}16${body}17`);
    const read = readFrame(Uint8Array.from([...open, ...bytes(crc16(open).toString(16).padStart(4, '0'))]));
    if (!read.ok) throw new Error(read.error.message);
    return read.value;
  };

  test('are joined in their order, however they come', () => {
    const first = addPacket(undefined, packet(3, 3, 'CC'), 0);
    if (first.kind !== 'waiting') throw new Error('one of three is not all');
    expect(firstMissing(first.assembly)).toBe(1);
    const second = addPacket(first.assembly, packet(1, 3, 'AA'), 0);
    if (second.kind !== 'waiting') throw new Error('two of three are not all');
    expect(firstMissing(second.assembly)).toBe(2);
    expect(addPacket(second.assembly, packet(2, 3, 'BB'), 0)).toMatchObject({
      kind: 'complete',
      body: bytes('AABBCC'),
    });
  });

  test('of another message begin anew', () => {
    const first = addPacket(undefined, packet(1, 2, 'AA'), 0);
    if (first.kind !== 'waiting') throw new Error('one of two is not all');
    const other = addPacket(first.assembly, packet(1, 2, 'EE'), 0);
    if (other.kind !== 'waiting') throw new Error('one of two is not all');
    expect(addPacket(other.assembly, packet(2, 2, 'FF'), 0)).toMatchObject({ body: bytes('EEFF') });
  });

  test('that do not exist are refused', () => {
    expect(() => packet(4, 3, 'AA')).toThrow('there is no packet 4 of 3');
    expect(() => packet(0, 3, 'AA')).toThrow('there is no packet 0 of 3');
  });
});

describe('what a centre asks', () => {
  const to = { form: 'hex', station: '0012345678', centre: 2, password: '04D2' } as const;
  const atMs = parseBeijing('260601120005') ?? 0;
  const read = (frame: Uint8Array) => {
    const decoded = readFrame(frame);
    if (!decoded.ok) throw new Error(decoded.error.message);
    return { ...decoded.value, body: Buffer.from(decoded.value.body).toString('hex') };
  };

  test('now, of a period, and to set the clock', () => {
    expect(read(encodeReadNow(to, 7, atMs))).toMatchObject({ direction: 'down', func: '37', body: '0007260601120005' });
    expect(read(encodeClock(to, 8, atMs))).toMatchObject({ func: '4A', body: '0008260601120005', end: 5 });
    const period = { fromMs: atMs - 3_600_000, toMs: atMs, stepDhm: '000005', element: 'F460' };
    expect(read(encodePeriodQuery(to, 9, atMs, period)).body).toBe('000926060112000526060111260601120418000005f460');
  });

  test('in ASCII the same, in letters', () => {
    const frame = encodeReadNow({ ...to, form: 'ascii' }, 7, atMs);
    expect(String.fromCharCode(...frame.subarray(1, 23))).toBe('00123456780204D2378010');
    expect(readFrame(frame)).toMatchObject({
      ok: true,
      value: { direction: 'down', station: '0012345678', centre: 2 },
    });
  });
});
