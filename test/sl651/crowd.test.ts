/** All places of a link's port are held by callers who say nothing. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import type { Hearing } from '#edge/io/link-hearing.ts';
import { listenForStations } from '#edge/io/link-tcp.ts';
import type { LinkConfig } from '#model/edge-config.ts';
import { encodeReport } from '#simulators/sl651/encode.ts';
import { testContext, until } from '#test/edge/support.ts';
import { group, identity, level, stationConfig } from './support.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const run of cleanups.splice(0).reverse()) await run();
});

test('a station that dials in gets a place, and the longest of the silent loses it; one that is answered keeps its own', async () => {
  const link: LinkConfig & { kind: 'tcp-listen' } = {
    ...{ id: 'hydro', protocol: 'sl651', kind: 'tcp-listen', host: '127.0.0.1', port: 0 },
    stations: [stationConfig(['39'])],
  };
  const counts = new Map<string, number>();
  const hearing: Hearing = {
    assemblies: new Map(),
    take: () => Uint8Array.of(6),
    count: (result) => counts.set(result, (counts.get(result) ?? 0) + 1),
  };
  const ends = { opened: () => undefined, closed: () => undefined };
  const server = listenForStations(link, testContext(), hearing, ends, 3);
  cleanups.push(() => server.stop());
  await server.firstTry;
  const port = Number(server.address()?.split(':').at(-1));
  const dial = async () => {
    const socket = connect(port, '127.0.0.1');
    cleanups.push(() => socket.destroy());
    socket.on('error', () => undefined);
    const seen = { answers: 0, isGone: false };
    socket.on('data', (bytes) => {
      seen.answers += bytes.length;
    });
    socket.on('close', () => {
      seen.isGone = true;
    });
    await once(socket, 'connect');
    const atMs = Date.UTC(2026, 5, 1);
    const report = (serial: number) =>
      encodeReport(identity(), { func: '32', serial, sendTimeMs: atMs, groups: [group(atMs, level('14.420'))] });
    return { seen, report: (serial: number) => socket.write(report(serial)) };
  };
  const known = await dial();
  known.report(1);
  await until('the first is answered', () => known.seen.answers === 1);
  const silent = [await dial(), await dial()];
  const late = await dial();
  late.report(1);
  await until('the late one is answered', () => late.seen.answers === 1);
  await until('the first of the silent is gone', () => silent[0]?.seen.isGone === true);
  expect([known.seen.isGone, silent[1]?.seen.isGone]).toEqual([false, false]);
  known.report(2);
  await until('the first is answered again', () => known.seen.answers === 2);
  expect(counts.get('too-many-connections')).toBe(1);
});
