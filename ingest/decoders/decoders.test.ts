import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonMapping } from '#model/native.ts';
import { CODECS } from './codecs.ts';
import type { Decoded, DecodeMeta } from './decoder.ts';
import { parseStamp, resolvePointer } from './json.ts';
import { DECODERS } from './registry.ts';

const bytesOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
const textBytes = (raw: unknown): Uint8Array =>
  new TextEncoder().encode(typeof raw === 'string' ? raw : JSON.stringify(raw));
const EUI = '24e124126a000001';
const meta = (more: Partial<DecodeMeta> = {}): DecodeMeta => ({
  topic: '',
  codecOf: (key) => (key === EUI ? 'milesight-gs524n' : undefined),
  pathsOf: () => [],
  mapping: null,
  ...more,
});

function decode(name: string, bytes: Uint8Array, how: DecodeMeta = meta()): Decoded | string {
  const result = DECODERS[name]?.decode(bytes, how);
  if (result === undefined) throw new Error(`no decoder ${name}`);
  return result.ok ? result.value : `${result.error.kind} @${result.error.offset}: ${result.error.message}`;
}
const shown = (decoded: Decoded | string): readonly string[] =>
  typeof decoded === 'string'
    ? [decoded]
    : decoded.readings.map(
        ({ device, path, atMs, value }) =>
          `${device} ${path} ${atMs === null ? '-' : new Date(atMs).toISOString()} ${String(value)}`,
      );

describe('the payload codecs', () => {
  const open = (codec: string, hex: string, port = 1) => {
    const result = CODECS[codec]?.decode(bytesOf(hex), port);
    if (result === undefined) throw new Error(`no codec ${codec}`);
    return result.ok ? Object.fromEntries(result.value.map(({ path, value }) => [path, value])) : result.error.kind;
  };

  it('opens the maker’s sample of the GS524N: a self-test says nothing of smoke', () => {
    expect(open('milesight-gs524n', '22 1E 64 00 1C 40')).toEqual({
      ...{ selfTest: 1, lowBattery: 0, battery: 100, smokeConcentration: 0, temperature: 28 },
    });
  });

  it.each([
    ['an alarm', '22 11 64 32 1C 1B', { smoke: 2, battery: 100, smokeConcentration: 50, temperature: 28 }],
    [
      'silence at the device, which ends no fire',
      '22 12 64 32 1C 1A',
      { battery: 100, smokeConcentration: 50, temperature: 28 },
    ],
    ['a low battery', '22 14 05 00 1C A9', { lowBattery: 1, battery: 5, smokeConcentration: 0, temperature: 28 }],
    ['a fault', '22 15 64 00 1C 49', { fault: 1, battery: 100, smokeConcentration: 0, temperature: 28 }],
    ['removal', '22 1A 64 00 EC 74', { tamper: 1, battery: 100, smokeConcentration: 0, temperature: -20 }],
    [
      'a battery that it does not know',
      '22 1B FF 00 00 C4',
      { tamper: 0, battery: null, smokeConcentration: 0, temperature: 0 },
    ],
    ['a wrong sum', '22 11 64 32 1C 1C', 'checksum'],
    ['five bytes', '22 11 64 32 1C', 'size'],
    ['another sensor type', '22 21 64 32 1C 0B', 'unsupported'],
    ['an unknown message', '22 13 64 32 1C 19', 'unsupported'],
  ])('tells of the GS524N %s', (_name, hex, expected) => {
    expect(open('milesight-gs524n', hex)).toEqual(expected);
  });

  const clear = { smoke: 0, obstruction: 0, lowBattery: 0, contamination: 0, fault: 0 };
  it.each([
    ['smoke at 21 °C', '01 7E 15 00 01', 1, { ...clear, smoke: 2, tamper: 1, temperature: 21 }],
    ['a periodic message', '00 78 1A 03 00', 1, { ...clear, tamper: 0, temperature: 26 }],
    [
      'a fouled chamber, which is no fault',
      '04 78 1A 01 08',
      1,
      { ...clear, contamination: 1, tamper: 0, temperature: 26 },
    ],
    ['a failed chamber and buzzer', '03 78 1A 01 44', 1, { ...clear, fault: 9, tamper: 0, temperature: 26 }],
    ['a covered inlet, frost', '09 78 F6 21 00', 1, { ...clear, obstruction: 1, tamper: 0, temperature: -10 }],
    [
      'a detector that was taken down long ago',
      '00 78 1A 81 02',
      1,
      { ...clear, lowBattery: 1, tamper: 1, temperature: 26 },
    ],
    ['more data', `0F 78 1A 01 00 ${'00 '.repeat(30)}`, 1, { ...clear, tamper: 0, temperature: 26 }],
    ['another port', '01 7E 15 00 01', 2, 'unsupported'],
    ['thirty-five bytes of another type', `01 78 1A 01 00 ${'00 '.repeat(30)}`, 1, 'size'],
    ['a reserved type', '0B 78 1A 01 00', 1, 'unsupported'],
  ])('tells of the TG563A %s', (_name, hex, port, expected) => {
    expect(open('tg563a', hex, port)).toEqual(expected);
  });

  it.each([
    ['noise on mains', '01 D7 01 00 00 01 00 00 00 00 00', 6, { smoke: 0, tamper: 0, lowBattery: 0, fault: 0 }],
    [
      'smoke, shaken, on a low battery',
      '01 D7 01 9F 01 00 01 01 00 00 00',
      6,
      { smoke: 2, tamper: 1, lowBattery: 1, fault: 1 },
    ],
    ['its versions', '01 D7 00 0A 0B 20 24 05 01 00 00', 6, {}],
    ['a state that is none', '01 D7 01 00 02 00 00 00 00 00 00', 6, 'shape'],
    ['another device', '01 D4 01 00 00 00 00 00 00 00 00', 6, 'unsupported'],
  ])('tells of the RA02G %s', (_name, hex, port, expected) => {
    expect(open('netvox-ra02g', hex, port)).toEqual(expected);
  });

  it('publishes a field for every place that it fills', () => {
    let looked = 0;
    for (const [name, codec] of Object.entries(CODECS))
      for (const hex of ['22 17 64 00 1C 47', '01 7E 15 00 01', '01 D7 01 00 00 01 00 00 00 00 00'])
        for (const port of [1, 6]) {
          const opened = codec.decode(bytesOf(hex), port);
          if (!opened.ok) continue;
          looked++;
          for (const { path } of opened.value) expect([name, Object.hasOwn(codec.fields, path)]).toEqual([name, true]);
        }
    expect(looked).toBeGreaterThanOrEqual(3);
  });
});

describe('the $dp message', () => {
  const frame = (content: unknown, type = 2): Uint8Array => {
    const json = textBytes(content);
    return Uint8Array.from([type, json.length >> 8, json.length & 0xff, ...json]);
  };
  const sample = {
    SK00: {
      L1_LF_1: { '2018-08-02T08:52:32.449Z': 11.2 },
      L3_YL_1: { '2026-04-10T11:48:55.000Z': { value: 0, totalValue: 0 } },
    },
  };
  const read = [
    'SK00 L1_LF_1.value 2018-08-02T08:52:32.449Z 11.2',
    'SK00 L3_YL_1.value 2026-04-10T11:48:55.000Z 0',
    'SK00 L3_YL_1.totalValue 2026-04-10T11:48:55.000Z 0',
  ];

  it.each([
    ['framed as data', frame(sample)],
    ['framed as status', frame(sample, 1)],
    ['bare', textBytes(sample)],
    ['followed by what does not count', Uint8Array.from([...frame(sample), 0, 0])],
  ])('is read %s; stamps are UTC', (_name, bytes) => {
    expect(shown(decode('dp', bytes))).toEqual(read);
  });

  it('reads GNSS, tilt and a station’s own state, several stamps of one sensor, and a null as null', () => {
    const at = '2026-04-10T11:48:55Z';
    const content = {
      SK00: {
        L1_GP_1: { [at]: { gpsInitial: [1, 2], gpsTotalX: -3.5, gpsTotalY: 0.2, gpsTotalZ: null } },
        L1_QJ_1: { [at]: { X: 0.1, AZI: 180 }, '2026-04-10 11:49:55': { X: 0.2 } },
        S1_ZT_1: { [at]: { ext_power_volt: 12.1, sensor_state: { L1_GP_1: 0, L3_YL_1: -1 } } },
      },
    };
    expect(shown(decode('dp', frame(content)))).toEqual([
      'SK00 L1_GP_1.gpsTotalX 2026-04-10T11:48:55.000Z -3.5',
      'SK00 L1_GP_1.gpsTotalY 2026-04-10T11:48:55.000Z 0.2',
      'SK00 L1_GP_1.gpsTotalZ 2026-04-10T11:48:55.000Z null',
      'SK00 L1_QJ_1.X 2026-04-10T11:48:55.000Z 0.1',
      'SK00 L1_QJ_1.AZI 2026-04-10T11:48:55.000Z 180',
      'SK00 L1_QJ_1.X 2026-04-10T11:49:55.000Z 0.2',
      'SK00 S1_ZT_1.ext_power_volt 2026-04-10T11:48:55.000Z 12.1',
      'SK00 S1_ZT_1.sensor_state.L1_GP_1 2026-04-10T11:48:55.000Z 0',
      'SK00 S1_ZT_1.sensor_state.L3_YL_1 2026-04-10T11:48:55.000Z -1',
    ]);
  });

  it.each([
    ['the binary form', bytesOf('10 00 01 02'), 'encrypted'],
    ['an encrypted envelope', textBytes({ header: { appId: 'x' }, bodies: { body: 'q83v' } }), 'encrypted'],
    ['a length beyond its end', Uint8Array.from([2, 0xff, 0xff, 0x7b, 0x7d]), 'size'],
    ['half a head', bytesOf('02 00'), 'size'],
    ['nothing', new Uint8Array(), 'size'],
    ['a command', textBytes('$cmd=reqtime'), 'unsupported'],
    ['broken JSON', textBytes('{"a":'), 'json'],
    ['text that is no UTF-8', Uint8Array.from([0x7b, 0xff, 0xfe]), 'json'],
    ['JSON of a thousand levels', textBytes(`${'{"a":'.repeat(1_000)}1${'}'.repeat(1_000)}`), 'json'],
    ['a device that is a number', textBytes({ SK00: 5 }), 'shape'],
    ['a sensor that is none', textBytes({ SK00: { temperature: { '2026-04-10T11:48:55Z': 1 } } }), 'shape'],
    ['stamps mixed with names', textBytes({ SK00: { L1_QJ_1: { '2026-04-10T11:48:55Z': 1, X: 1 } } }), 'shape'],
  ])('refuses %s with the reason', (_name, bytes, kind) => {
    expect(shown(decode('dp', bytes))[0]).toMatch(new RegExp(`^${kind} `));
  });

  it('knows rain from stress, though both are YL', () => {
    const dp = DECODERS['dp'];
    expect(dp?.field('L3_YL_1.totalValue')).toEqual({ quantity: 'rain', scale: 1, counter: true });
    expect(dp?.field('L2_YL_1')?.quantity).toBeNull();
    expect(dp?.field('L1_LF_2')?.quantity).toBe('displacement');
  });
});

describe('the uplink of ChirpStack', () => {
  const topic = `application/9/device/${EUI}/event/up`;
  const message = (more: { readonly [key: string]: unknown } = {}) => ({
    deduplicationId: '3ac7e3c4-4401-4b8d-9386-a5c902f9202d',
    time: '2022-07-18T09:34:15.775023242+00:00',
    deviceInfo: { tenantName: 'x', devEui: EUI },
    devAddr: '00189440',
    fCnt: 4,
    fPort: 85,
    data: Buffer.from(bytesOf('22 17 64 00 1C 47')).toString('base64'),
    ...more,
  });
  const up = (more: { readonly [key: string]: unknown } = {}, at = topic) =>
    decode('chirpstack', textBytes(message(more)), meta({ topic: at }));
  const identities = (decoded: Decoded | string) =>
    typeof decoded === 'string' ? decoded : decoded.readings.map(({ identity }) => identity);

  it('is opened by the device’s codec, at the network server’s time', () => {
    const readings = shown(up());
    expect(readings).toContain(`${EUI} smoke 2022-07-18T09:34:15.775Z 0`);
    expect(readings).toContain(`${EUI} battery 2022-07-18T09:34:15.775Z 100`);
  });

  it('is the same message when it comes again, another one after a new join or with another counter', () => {
    const again = { deduplicationId: 'other', time: '2022-07-18T09:34:16Z' };
    expect(identities(up(again))).toEqual(identities(up()));
    expect(identities(up({ devAddr: '00189441' }))).not.toEqual(identities(up()));
    expect(identities(up({ fCnt: 5 }))).not.toEqual(identities(up()));
  });

  it('takes other events and empty uplinks as nothing measured, and names a device that nobody knows', () => {
    expect(up({}, `application/9/device/${EUI}/event/join`)).toEqual({ readings: [], devices: [] });
    expect(up({ data: '' })).toEqual({ readings: [], devices: [EUI] });
    const other = { deviceInfo: { devEui: '24E124126A0000FF' } };
    expect(up(other, 'prefix/up')).toEqual({ readings: [], devices: ['24e124126a0000ff'] });
  });

  it.each([
    ['a message of v3', { deviceInfo: undefined, devEUI: 'JOEkEmoAAAE=' }, 'unsupported'],
    ['no device', { deviceInfo: undefined }, 'shape'],
    ['a device that is none', { deviceInfo: { devEui: '24e1' } }, 'shape'],
    ['another device than its topic’s', { deviceInfo: { devEui: '24e124126a0000ff' } }, 'shape'],
    ['a time that is none', { time: 'yesterday' }, 'shape'],
    ['data that is no base64', { data: '***' }, 'shape'],
    ['a payload longer than radio allows', { data: Buffer.alloc(300).toString('base64') }, 'size'],
    [
      'a payload whose sum is wrong',
      { data: Buffer.from(bytesOf('22 17 64 00 1C 48')).toString('base64') },
      'checksum',
    ],
  ])('refuses %s', (_name, more, kind) => {
    expect(shown(up(more))[0]).toMatch(new RegExp(`^${kind} `));
  });
});

describe('JSON that is pushed', () => {
  it('is read in our own form, one record or a list; without time and id nothing tells a repeat', () => {
    const one = { device: 'a', time: '2026-11-22T03:00:00+08:00', values: { smoke: 1, deep: { x: 1 } } };
    expect(shown(decode('json', textBytes(one)))).toEqual(['a smoke 2026-11-21T19:00:00.000Z 1']);
    const decoded = decode('json', textBytes([one, { device: 'b', values: { smoke: 'x' } }]));
    expect(shown(decoded)).toEqual(['a smoke 2026-11-21T19:00:00.000Z 1', 'b smoke - x']);
    expect(typeof decoded === 'string' ? '' : decoded.readings[1]?.identity).toBeNull();
  });

  const mapping: JsonMapping = { list: '/data', device: '/IMEI', time: '/ts', timeUnit: 'ms', messageId: null };
  it('is read in a maker’s form by pointers, and only where the county asks', () => {
    const bytes = textBytes({ data: [{ IMEI: 86, ts: 1_795_000_000_000, 'a/b': { smoke_state: 1, other: 2 } }] });
    const how = meta({ mapping, pathsOf: () => ['/a~1b/smoke_state', '/missing'] });
    expect(shown(decode('json-pointer', bytes, how))).toEqual(['86 /a~1b/smoke_state 2026-11-18T11:06:40.000Z 1']);
    expect(shown(decode('json-pointer', bytes))[0]).toMatch(/^unsupported/);
  });

  it.each([
    ['no list', { data: {} }],
    ['an empty list', { data: [] }],
    ['a time that is none', { data: [{ IMEI: 'a', ts: 'soon' }] }],
    ['a device with a name of no length', { data: [{ IMEI: '', ts: 1 }] }],
  ])('is refused with %s', (_name, content) => {
    expect(shown(decode('json-pointer', textBytes(content), meta({ mapping })))[0]).toMatch(/^shape /);
  });

  it('resolves own members only', () => {
    expect(resolvePointer({ a: 1 }, '/constructor/name')).toBeUndefined();
    expect(resolvePointer([], '/length')).toBe(0);
  });

  it.each([
    ['2026-11-22T03:00:00+0800', '2026-11-21T19:00:00.000Z'],
    ['2026-11-22 03:00:00', '2026-11-22T03:00:00.000Z'],
    ['2026-13-22T03:00:00Z', undefined],
    ['1790000000', undefined],
  ])('reads the stamp %s', (raw, expected) => {
    const atMs = parseStamp(raw);
    expect(atMs === undefined ? undefined : new Date(atMs).toISOString()).toBe(expected);
  });
});

describe('any bytes at all', () => {
  const seeds = [
    textBytes({ SK00: { L3_YL_1: { '2026-04-10T11:48:55.000Z': { value: 0, totalValue: 0 } } } }),
    textBytes({ deviceInfo: { devEui: EUI }, data: 'Ih5kABxA', fPort: 85 }),
    textBytes({ device: 'a', time: '2026-11-22T03:00:00Z', values: { smoke: 1 } }),
  ];
  const mutated = fc
    .tuple(fc.constantFrom(...seeds), fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { maxLength: 8 }), fc.nat(400))
    .map(([seed, edits, cut]) => {
      const bytes = Uint8Array.from(seed);
      for (const [at, byte] of edits) bytes[at % bytes.length] = byte;
      return cut < bytes.length ? bytes.subarray(0, cut) : bytes;
    });

  it('are decoded or refused, never thrown over; no codec accepts a wrong sum', () => {
    const how = meta({ mapping: { list: null, device: '/device', time: null, timeUnit: 'iso', messageId: null } });
    fc.assert(
      fc.property(fc.oneof(mutated, fc.uint8Array({ maxLength: 64 })), fc.nat(255), (bytes, port) => {
        for (const decoder of Object.values(DECODERS)) decoder.decode(bytes, how);
        for (const codec of Object.values(CODECS)) codec.decode(bytes, port);
        const opened = CODECS['milesight-gs524n']?.decode(bytes, port);
        if (opened?.ok === true) expect(bytes.reduce((sum, byte) => sum + byte, 0) % 256).toBe(0);
      }),
      { numRuns: 3_000, verbose: 1 },
    );
  });
});
