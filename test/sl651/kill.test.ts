/** An edge that is killed while a station reports: what was confirmed is there, what is sent again counts once. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { decodeSl651 } from '#edge/sl651/report.ts';
import { encodeReport } from '#simulators/sl651/encode.ts';
import { dialIn, type SimulatedStation } from '#simulators/sl651/io/station.ts';
import { seeded } from '#test/chaos/random.ts';
import { edgeConfig, freePort, startCentre, startProgram, tempDir, until } from '#test/edge/support.ts';
import { repeated } from '#test/support/repeated.ts';
import { identity, MINUTE, rain, stationConfig } from './support.ts';

const KILLS = repeated(3);
const bin = fileURLToPath(new URL('../../edge/io/bin.ts', import.meta.url));
const HOUR = 60 * MINUTE;

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const run of cleanups.splice(0).reverse()) await run();
});

/** Sends one frame, on a new connection where there is none, until its serial is confirmed or somebody says stop. */
function openReporter(port: number) {
  let station: SimulatedStation | undefined;
  const confirmed = (serial: number): boolean => {
    let bytes = station?.heard() ?? new Uint8Array();
    for (let read = decodeSl651(bytes); read.ok; read = decodeSl651(bytes)) {
      if (read.value.report.serial === serial) return true;
      bytes = bytes.subarray(read.value.frame.length);
    }
    return false;
  };
  const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
  return {
    report: async (frame: Uint8Array, serial: number, isOver: () => boolean): Promise<boolean> => {
      while (!isOver()) {
        if (station === undefined || station.isCut()) station = await dialIn('127.0.0.1', port).catch(() => undefined);
        station?.send(frame);
        for (let tries = 0; tries < 40 && station?.isCut() === false && !isOver(); tries++) {
          if (confirmed(serial)) return true;
          await wait(5);
        }
        await wait(5);
      }
      return false;
    },
    close: async () => station?.close(),
  };
}

test(`killed ${KILLS} times: every report that was confirmed is at the centre, and no rain is there twice`, async () => {
  const seed = Number(process.env['FENGSUI_TEST_SEED'] ?? Math.floor(Math.random() * 1e9));
  console.log(`FENGSUI_TEST_SEED=${seed}`);
  const random = seeded(seed);
  const folder = tempDir();
  cleanups.push(folder.remove);
  const centre = await startCentre();
  cleanups.push(() => centre.stop());
  const port = await freePort();
  const config = {
    ...edgeConfig(folder.path, centre.port, []),
    links: [
      {
        ...{ id: 'hydro', protocol: 'sl651', kind: 'tcp-listen', host: '127.0.0.1', port },
        stations: [stationConfig(['26', 'F4'])],
      },
    ],
  };
  const file = join(folder.path, 'edge.json');
  writeFileSync(file, JSON.stringify(config));

  const start = Math.floor(Date.now() / HOUR - 300) * HOUR;
  const hourOf = (serial: number) => Array.from({ length: 12 }, (_, slot) => (serial + slot) % 3);
  const frameOf = (serial: number) =>
    encodeReport(identity(), {
      ...{ func: '34', serial, sendTimeMs: start + serial * HOUR + 5_000 },
      groups: [
        { observedAtMs: start + (serial - 1) * HOUR + 5 * MINUTE, elements: [], rainHour: hourOf(serial) },
        { observedAtMs: start + serial * HOUR, elements: [rain((serial * 1.2).toFixed(1))] },
      ],
    });

  let serial = 1;
  const reporter = openReporter(port);
  cleanups.push(reporter.close);
  for (let round = 0; round <= KILLS; round++) {
    const edge = await startProgram(process.execPath, [bin, 'run', 'edge', '--config', file], /link is open/);
    cleanups.push(() => edge.stop('SIGKILL'));
    const endMs = performance.now() + 40 + random() * 400;
    const isOver = () => round < KILLS && performance.now() > endMs;
    const first = serial;
    while (!isOver() && (round < KILLS || serial < first + 5))
      if (await reporter.report(frameOf(serial), serial, isOver)) serial++;
    if (round < KILLS) await edge.stop('SIGKILL');
    else {
      // The newest is sent first: the last report's arrival says nothing about those before it.
      const there = () => new Set(centre.readings('s-26').map(({ raw }) => raw));
      await until('every report', () => there().size >= serial - 1, 30_000);
      await until('every slot of rain', () => centre.readings('s-F4').length >= (serial - 1) * 12, 30_000);
    }
  }
  const last = serial - 1;
  const total = (readings: ReturnType<typeof centre.readings>) =>
    readings.reduce((sum, reading) => sum + (reading.quality === 'bad' ? 0 : reading.value), 0);
  expect(last).toBeGreaterThan(KILLS);
  expect(centre.readings('s-26').filter(({ flags }) => flags.includes('first'))).toHaveLength(1);
  expect(total(centre.readings('s-26'))).toBe((last - 1) * 1_200);
  const fallen = Array.from({ length: last }, (_, index) => hourOf(index + 1)).flat();
  expect(total(centre.readings('s-F4'))).toBe(fallen.reduce((sum, tenths) => sum + tenths * 100, 0));
  expect(centre.readings('s-F4')).toHaveLength(last * 12);
}, 90_000);
