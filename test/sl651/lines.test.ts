/** Stations on other lines: a serial port, and SL/T 427 over TCP. */
import { SerialPort } from 'serialport';
import { afterEach, describe, expect, test } from 'vitest';
import { crc8 } from '#edge/sl427/crc8.ts';
import { readSl427Frame } from '#edge/sl427/frame.ts';
import { beijingDigits } from '#edge/sl651/time.ts';
import { encodeReport } from '#simulators/sl651/encode.ts';
import { dialIn } from '#simulators/sl651/io/station.ts';
import { startLine, tempDir, until } from '#test/edge/support.ts';
import { needs } from '#test/support/needs.ts';
import { group, identity, minuteBefore, rain, sensorsOf, shown, startRig, stationConfig } from './support.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const run of cleanups.splice(0).reverse()) await run();
});

describe.skipIf(!needs('socat'))('a serial port', () => {
  test('brings reports in pieces, between noise, and takes the confirmation', async () => {
    const folder = tempDir();
    const line = await startLine(folder.path);
    cleanups.push(line.stop);
    const rig = await startRig(
      {
        ...{ id: 'radio', protocol: 'sl651', kind: 'serial', path: line.edge, baudRate: 9_600, parity: 'none' },
        stations: [stationConfig(['26'])],
      },
      folder,
    );
    cleanups.push(rig.stop);
    const port = new SerialPort({ path: line.unit, baudRate: 9_600, autoOpen: false });
    await new Promise<void>((resolve, reject) => port.open((cause) => (cause ? reject(cause) : resolve())));
    cleanups.push(() => new Promise((resolve) => port.close(resolve)));
    let heard = Buffer.alloc(0);
    port.on('data', (bytes: Buffer) => {
      heard = Buffer.concat([heard, bytes]);
    });
    const start = minuteBefore(20);
    const report = (serial: number, mm: string) =>
      encodeReport(identity(), {
        ...{ func: '32', serial, sendTimeMs: start + serial * 60_000 },
        groups: [group(start + serial * 60_000, rain(mm))],
      });
    const bytes = [0xff, 0x00, 0x7e, ...report(1, '5.0'), 0x13, 0x7e, ...report(2, '6.2')];
    for (let at = 0; at < bytes.length; at += 7) {
      await new Promise<void>((resolve) => port.write(Buffer.from(bytes.slice(at, at + 7)), () => resolve()));
      await new Promise<void>((resolve) => port.drain(() => resolve()));
    }
    await until('two confirmations', () => heard.length === 2 * 25);
    await until('both readings', () => rig.readings('26').length === 2);
    expect(shown(rig.readings('26'), start)).toEqual([
      [1, 0],
      [2, 1_200],
    ]);
  });
});

describe('SL/T 427 over TCP', () => {
  const STATION = '4510990100';
  /** A self-report: data, alarm and state words, time label with the lowest first. */
  function selfReport(func: number, data: string, atMs: number): Uint8Array {
    const label = (beijingDigits(atMs).match(/../g) ?? []).reverse().join('');
    const inner = Buffer.from(`${(0x80 | func).toString(16)}${STATION}C0${data}00000000${label}00`, 'hex');
    return Uint8Array.from([0x68, inner.length, 0x68, ...inner, crc8(inner), 0x16]);
  }

  test('rain and level are read, a login is answered, the same report sent again counts once', async () => {
    const rig = await startRig({
      ...{ id: 'water', protocol: 'sl427', kind: 'tcp-listen', host: '127.0.0.1', port: 0 },
      stations: [stationConfig([], { station: STATION, sensors: sensorsOf('rain-total', 'level-1') })],
    });
    cleanups.push(rig.stop);
    const station = await dialIn('127.0.0.1', rig.port());
    cleanups.push(station.close);
    const answers = () => {
      const out: string[] = [];
      let bytes = station.heard();
      for (let read = readSl427Frame(bytes); read.ok; read = readSl427Frame(bytes)) {
        out.push(`${read.value.direction} ${read.value.afn}`);
        bytes = bytes.subarray(read.value.length);
      }
      return out;
    };
    const login = Buffer.from(`80${STATION}02F0`, 'hex');
    station.send(Uint8Array.from([0x68, login.length, 0x68, ...login, crc8(login), 0x16]));
    const start = minuteBefore(20);
    station.send(selfReport(1, '452301', start));
    station.send(selfReport(1, '652301', start + 60_000));
    station.send(selfReport(1, '652301', start + 60_000));
    station.send(selfReport(2, '20440100', start + 60_000));
    await until('five answers', () => answers().length === 5);
    expect(answers()).toEqual(['down 02', 'down C0', 'down C0', 'down C0', 'down C0']);
    await until('the readings', () => rig.readings('level-1').length === 1);
    expect(shown(rig.readings('rain-total'), start)).toEqual([
      [0, 0],
      [1, 2_000],
    ]);
    expect(rig.readings('level-1')).toMatchObject([{ value: 14_420 }]);
    expect(rig.counted('resend')).toBe(1);
  });
});
