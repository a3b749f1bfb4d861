/** Stations that report by themselves, through a real edge to a centre: what is taken, what is not, and what is confirmed. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import type { LinkConfig } from '#model/edge-config.ts';
import { encodePicture, encodeReport } from '#simulators/sl651/encode.ts';
import { dialIn } from '#simulators/sl651/io/station.ts';
import { until } from '#test/edge/support.ts';
import {
  dialRig,
  group,
  identity,
  level,
  MINUTE,
  minuteBefore,
  rain,
  STATION,
  shown,
  startRig,
  stationConfig,
} from './support.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const run of cleanups.splice(0).reverse()) await run();
});

const tcpLink = (elements: readonly string[], change = {}): LinkConfig => ({
  ...{ id: 'hydro', protocol: 'sl651', kind: 'tcp-listen', host: '127.0.0.1', port: 0 },
  stations: [stationConfig(elements, change)],
});

async function open(elements: readonly string[], change = {}) {
  const rig = await startRig(tcpLink(elements, change));
  cleanups.push(rig.stop);
  const station = await dialRig(rig);
  cleanups.push(station.close);
  return { rig, station };
}

describe('a station that reports over TCP', () => {
  test('its report is confirmed and read: rain as increments of its counter, level, voltage, door', async () => {
    const { rig, station } = await open(['26', '39', '38', '45-7', '45-0']);
    const start = minuteBefore(20);
    const report = (serial: number, atMs: number, mm: string, status: string) =>
      encodeReport(identity(), {
        ...{ func: '32', serial, sendTimeMs: atMs + 5_000 },
        groups: [
          group(
            atMs,
            rain(mm),
            level('14.420'),
            { id: '38', value: '12.20', bytes: 2 },
            { id: '45', value: status, bytes: 4 },
          ),
        ],
      });
    await station.ask(report(1, start, '1314.3', '00000080'), 1);
    await station.ask(report(2, start + 5 * MINUTE, '1316.8', '00000001'), 2);
    expect(station.answers()).toEqual(['32 1', '32 2']);
    await until('both reports', () => rig.readings('26').length === 2);
    expect(rig.readings('26')).toMatchObject([
      { quality: 'good', value: 0, raw: 13_143, flags: ['first'] },
      { quality: 'good', value: 2_500, raw: 13_168, flags: [] },
    ]);
    expect(shown(rig.readings('26'), start)).toEqual([
      [0, 0],
      [5, 2_500],
    ]);
    expect(shown(rig.readings('39'), start)).toEqual([
      [0, 14_420],
      [5, 14_420],
    ]);
    expect(shown(rig.readings('38'), start)).toEqual([
      [0, 1_220],
      [5, 1_220],
    ]);
    // Bit 7 is 1 when the door is closed; bit 0 is 1 when the mains are lost.
    expect(shown(rig.readings('45-7'), start)).toEqual([
      [0, 0],
      [5, 1],
    ]);
    expect(shown(rig.readings('45-0'), start)).toEqual([
      [0, 0],
      [5, 1],
    ]);
  });

  test('the same in an ASCII frame', async () => {
    const { rig, station } = await open(['26', '39']);
    const start = minuteBefore(20);
    for (const [index, mm] of ['10.0', '10.4'].entries())
      await station.ask(
        encodeReport(identity({ form: 'ascii' }), {
          ...{ func: '33', serial: index + 1, sendTimeMs: start + index * MINUTE },
          groups: [group(start + index * MINUTE, rain(mm), level(index === 0 ? '-1.250' : null))],
        }),
        index + 1,
      );
    await until('both reports', () => rig.readings('26').length === 2);
    expect(String.fromCharCode(...station.heard().subarray(1, 13))).toBe(`${STATION}01`);
    expect(shown(rig.readings('26'), start)).toEqual([
      [0, 0],
      [1, 400],
    ]);
    expect(shown(rig.readings('39'), start)).toEqual([
      [0, -1_250],
      [1, 'sentinel'],
    ]);
  });

  test('a report that is sent again makes no double rain, also after a restart of the edge, and is confirmed again', async () => {
    const { rig, station } = await open(['26', 'F4']);
    const start = Math.floor(minuteBefore(90) / (60 * MINUTE)) * 60 * MINUTE;
    const hourly = encodeReport(identity(), {
      ...{ func: '34', serial: 51, sendTimeMs: start + 14_000 },
      groups: [
        {
          observedAtMs: start - 55 * MINUTE,
          elements: [],
          rainHour: [5, 0, 0, 0, 20, null, null, null, null, null, 0, 0],
        },
        group(start, rain('4.0')),
      ],
    });
    await station.ask(hourly, 1);
    await station.ask(hourly, 2);
    await station.close();
    await rig.restart();
    const again = await dialRig(rig);
    cleanups.push(again.close);
    await again.ask(hourly, 1);
    expect(rig.counted('resend')).toBe(1);
    // The same hour in a report of another kind, and a later total.
    await again.ask(
      encodeReport(identity(), {
        ...{ func: '34', serial: 52, sendTimeMs: start + 60_000 },
        groups: [
          {
            observedAtMs: start - 55 * MINUTE,
            elements: [],
            rainHour: [5, 0, 0, 0, 20, 7, null, null, null, null, 0, 0],
          },
          group(start + MINUTE, rain('4.6')),
        ],
      }),
      2,
    );
    await until('the later report', () => rig.readings('26').length === 2);
    expect(shown(rig.readings('26'), start)).toEqual([
      [0, 0],
      [1, 600],
    ]);
    const good = rig.readings('F4').filter(({ quality }) => quality !== 'bad');
    expect(shown(good, start)).toEqual([
      [-55, 500],
      [-50, 0],
      [-45, 0],
      [-40, 0],
      [-35, 2_000],
      [-5, 0],
      [0, 0],
      // What was missing in the first and is there in the second.
      [-30, 700],
    ]);
    // Missing is missing: five in the first report, four in the second, none of them a zero.
    expect(
      rig.readings('F4').filter((reading) => reading.quality === 'bad' && reading.reason === 'sentinel'),
    ).toHaveLength(9);
  });

  test('an older report that comes late moves no counter back and loses no rain', async () => {
    const { rig, station } = await open(['26', '39']);
    const start = minuteBefore(60);
    const report = (serial: number, minute: number, mm: string) =>
      encodeReport(identity(), {
        ...{ func: '32', serial, sendTimeMs: start + minute * MINUTE },
        groups: [group(start + minute * MINUTE, rain(mm), level('2.000'))],
      });
    await station.ask(report(1, 0, '10.0'), 1);
    await station.ask(report(3, 20, '12.0'), 2);
    await station.ask(report(2, 10, '11.0'), 3);
    await station.ask(report(4, 30, '12.5'), 4);
    await until('all reports', () => rig.readings('39').length === 4);
    expect(shown(rig.readings('26'), start)).toEqual([
      [0, 0],
      [20, 2_000],
      [30, 500],
    ]);
    expect(rig.counts().get('fengsui_edge_link_values_left_out_total hydro late')).toBe(1);
  });

  test('the total that passes 99999.9 wraps, one that begins again with the year is a reset', async () => {
    const { rig, station } = await open(['26']);
    const start = minuteBefore(60);
    for (const [index, mm] of ['99998.0', '1.5', '0.2'].entries())
      await station.ask(
        encodeReport(identity(), {
          ...{ func: '32', serial: index + 1, sendTimeMs: start + index * 5 * MINUTE },
          groups: [group(start + index * 5 * MINUTE, rain(mm))],
        }),
        index + 1,
      );
    await until('all reports', () => rig.readings('26').length === 3);
    expect(rig.readings('26')).toMatchObject([
      { value: 0, flags: ['first'] },
      { value: 3_500, flags: ['rollover'] },
      { value: 200, flags: ['reset'] },
    ]);
  });

  test('a test report and a keep-alive become no readings, and the keep-alive is not answered', async () => {
    const { rig, station } = await open(['26']);
    const start = minuteBefore(5);
    station.send(encodeReport(identity(), { func: '2F', serial: 3, sendTimeMs: start, groups: [] }));
    await station.ask(
      encodeReport(identity(), { func: '30', serial: 3, sendTimeMs: start, groups: [group(start, rain('77.0'))] }),
      1,
    );
    await station.ask(
      encodeReport(identity(), { func: '32', serial: 4, sendTimeMs: start, groups: [group(start, rain('5.0'))] }),
      2,
    );
    await until('the report', () => rig.readings('26').length > 0);
    expect(station.answers()).toEqual(['30 3', '32 4']);
    expect(rig.readings('26')).toMatchObject([{ raw: 50 }]);
    expect([rig.counted('keep-alive'), rig.counted('test'), rig.counted('report')]).toEqual([1, 1, 1]);
  });

  test('a stranger, a wrong password, a wrong centre and a wrong checksum are counted and never confirmed', async () => {
    const { rig, station } = await open(['26']);
    const start = minuteBefore(5);
    const body = { func: '32', serial: 4, sendTimeMs: start, groups: [group(start, rain('5.0'))] };
    station.send(encodeReport(identity({ station: '0099999999' }), body));
    station.send(encodeReport(identity({ password: '4321' }), body));
    station.send(encodeReport(identity({ centre: 9 }), body));
    const spoiled = encodeReport(identity(), body);
    spoiled[30] = (spoiled[30] ?? 0) ^ 0x40;
    station.send(spoiled);
    station.send(Uint8Array.of(0x7e, 0x7e, 0x01, 0xff, 0x7e));
    await station.ask(encodeReport(identity(), { ...body, serial: 5 }), 1);
    expect(station.answers()).toEqual(['32 5']);
    expect(['unknown-station', 'password', 'centre', 'crc'].map(rig.counted)).toEqual([1, 1, 1, 1]);
    await until('the report', () => rig.readings('26').length > 0);
    expect(rig.readings('26')).toHaveLength(1);
  });

  test('a clock that was never set (2059) dates nothing: the receipt does, and says that it is unsure', async () => {
    const { rig, station } = await open(['26', '39']);
    const wrong = Date.UTC(2059, 9, 11, 7, 49);
    const before = Date.now();
    await station.ask(
      encodeReport(identity(), {
        ...{ func: '32', serial: 3, sendTimeMs: wrong + 3 * MINUTE },
        groups: [group(wrong, rain('0.5'), level('0.127'))],
      }),
      1,
    );
    await until('the report', () => rig.readings('39').length === 1);
    const [reading] = rig.readings('39');
    expect(reading).toMatchObject({ value: 127, flags: ['clock-unsure'] });
    // Three minutes before it was sent, by the same wrong clock.
    expect(Math.abs((reading?.measuredAtMs ?? 0) - (before - 3 * MINUTE))).toBeLessThan(10_000);
  });

  test('several stations share one port and one connection', async () => {
    const link = tcpLink(['26']);
    const second = stationConfig([], {
      station: '0087654321',
      sensors: [{ sensorId: 'other', element: '26' }],
    });
    const rig = await startRig({ ...link, stations: [...link.stations, second] });
    cleanups.push(rig.stop);
    const station = await dialRig(rig);
    cleanups.push(station.close);
    const start = minuteBefore(5);
    const body = { func: '32', serial: 4, sendTimeMs: start, groups: [group(start, rain('5.0'))] };
    const both = [encodeReport(identity(), body), encodeReport(identity({ station: '0087654321' }), body)];
    await station.ask(Uint8Array.from(both.flatMap((bytes) => [...bytes])), 2);
    await until('both', () => rig.readings('26').length === 1 && rig.centre.readings('other').length === 1);
  });

  test('a picture in packets is joined, asked for again where a packet is missing, kept once and confirmed once', async () => {
    const { rig, station } = await open(['26']);
    const jpeg = Uint8Array.from({ length: 3_000 }, (_, at) => (at * 37) & 0xff);
    const atMs = minuteBefore(5);
    const packets = encodePicture(identity(), { serial: 9, sendTimeMs: atMs, observedAtMs: atMs, jpeg }, 256);
    for (const [index, packet] of packets.entries()) if (index !== 2 && index !== 5) station.send(packet);
    await until('the first question', () => station.answers().length === 1);
    expect(station.answers()).toEqual(['36 9 packet 3']);
    await station.ask(packets[2] ?? new Uint8Array(), 2);
    await station.ask(packets[5] ?? new Uint8Array(), 3);
    expect(station.answers()).toEqual(['36 9 packet 3', '36 9 packet 6', '36 9']);
    const folder = join(rig.config.dataDir, 'pictures');
    const files = readdirSync(folder);
    expect(files).toHaveLength(1);
    expect(Uint8Array.from(readFileSync(join(folder, files[0] ?? '')))).toEqual(jpeg);
  });

  test('while the disk refuses nothing is confirmed, and the report that is sent again is taken', async () => {
    const { rig, station } = await open(['26']);
    const start = minuteBefore(5);
    const report = (serial: number, mm: string) =>
      encodeReport(identity(), {
        ...{ func: '32', serial, sendTimeMs: start + serial * 1_000 },
        groups: [group(start + serial * MINUTE, rain(mm))],
      });
    await station.ask(report(1, '5.0'), 1);
    rig.refuseCommits(1);
    station.send(report(2, '6.0'));
    await until('the refusal', () => (rig.counts().get('fengsui_edge_outbox_refused_total') ?? 0) === 1);
    await station.ask(report(2, '6.0'), 2);
    await station.ask(report(3, '6.0'), 3);
    // A confirmation of the refused one would stand between.
    expect(station.answers()).toEqual(['32 1', '32 2', '32 3']);
    await until('all', () => rig.readings('26').length === 3);
    expect(shown(rig.readings('26'), start + MINUTE)).toEqual([
      [0, 0],
      [1, 1_000],
      [2, 0],
    ]);
  });

  test('a connection of garbage is bounded and harms no other', async () => {
    const { rig, station } = await open(['26']);
    const garbage = await dialIn('127.0.0.1', rig.port());
    cleanups.push(garbage.close);
    for (let round = 0; round < 50; round++)
      garbage.send(Uint8Array.from({ length: 4_000 }, (_, at) => (at % 3 === 0 ? 0x7e : (at * round) & 0xff)));
    const start = minuteBefore(5);
    await station.ask(
      encodeReport(identity(), { func: '32', serial: 4, sendTimeMs: start, groups: [group(start, rain('5.0'))] }),
      1,
    );
    expect(garbage.isCut()).toBe(false);
  });
});
