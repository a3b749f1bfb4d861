import { createServer } from 'node:net';
import { Duplex } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import { openSerialLine } from '#edge/io/serial-line.ts';
import { needs } from '#test/support/needs.ts';
import {
  describedReply,
  describedUnit,
  type FrameScript,
  selfDescribing,
  serveFrames,
  startBusRig,
} from './bus-rig.ts';
import { startLine, tempDir, until } from './support.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const run of cleanups.splice(0).reverse()) await run();
});

/** Units at the far end of a pseudo-terminal. */
async function serveSerial(path: string, script: FrameScript): Promise<() => Promise<void>> {
  const line = await openSerialLine({ path, baudRate: 19_200, parity: 'none' });
  if (!line.ok) throw new Error(line.error);
  const { write, onBytes, close } = line.value;
  const stream = new Duplex({
    read: () => undefined,
    write: (chunk: Uint8Array, _, done) => void write(chunk).then(() => done(), done),
  });
  onBytes((bytes) => void stream.push(bytes));
  serveFrames(stream, script);
  return close;
}

const ADDRESSES = [20, 30, 40];

describe('a serial line', () => {
  it.skipIf(!needs('socat'))(
    'late answers and a line that goes away and comes back put no value elsewhere',
    async () => {
      const folder = tempDir();
      cleanups.push(folder.remove);
      const unitIds = [1, 2, 3];
      let asked = 0;
      const script: FrameScript = (frame, reply) => {
        asked++;
        // Beyond the profile's 60 ms, so that it comes in the turn of another unit or after the line was cut.
        reply(describedReply(frame), asked % 5 === 0 ? 65 + (asked % 7) * 7 : 0);
      };
      let line = await startLine(folder.path);
      cleanups.push(() => line.stop());
      let close = await serveSerial(line.unit, script);
      cleanups.push(() => close());
      const units = unitIds.map((unitId) => describedUnit(unitId, ADDRESSES));
      const bus = {
        id: 'a',
        kind: 'modbus-rtu',
        path: line.edge,
        baudRate: 19_200,
        parity: 'none',
        pollMs: 5,
      } as const;
      const rig = startBusRig({ ...bus, units }, selfDescribing(ADDRESSES, { timeoutMs: 60 }));
      cleanups.push(() => rig.poller.stop());
      await until('it is read', () => rig.values('3-40').length >= 4, 15_000);
      await close();
      await line.stop();
      line = await startLine(folder.path);
      close = await serveSerial(line.unit, script);
      const before = rig.values('3-40').length;
      await until('it is read again', () => rig.values('3-40').length >= before + 8, 18_000);
      for (const unitId of unitIds)
        for (const address of ADDRESSES)
          for (const value of rig.values(`${unitId}-${address}`)) expect(value).toBe(unitId * 1_000 + address);
      expect(rig.count('fengsui_edge_frames_bad_total a late')).toBeGreaterThan(0);
    },
  );
});

describe('Modbus TCP', () => {
  it('an output does not wait for a unit that does not answer, whose late answer is nobody else’s', async () => {
    let sentMs = 0;
    let writtenMs = 0;
    let answerLate: () => void = () => undefined;
    const server = createServer((socket) => {
      cleanups.push(() => socket.destroy());
      socket.on('error', () => undefined);
      socket.on('data', (bytes) => {
        // MBAP: transaction, protocol, length, unit; then function, address, count or value.
        for (let rest = bytes; rest.length >= 12; rest = rest.subarray(12)) {
          const [unitId, functionCode, address] = [rest[6], rest[7], rest.readUInt16BE(8)];
          const value = (unitId ?? 0) * 1_000 + address;
          const read = Buffer.from([...rest.subarray(0, 4), 0, 5, unitId ?? 0, 3, 2, value >> 8, value & 0xff]);
          if (functionCode === 5) {
            writtenMs = performance.now();
            socket.write(rest.subarray(0, 12));
            answerLate();
          } else if (unitId === 2 && writtenMs === 0) {
            sentMs ||= performance.now();
            answerLate = () => void socket.write(read);
          } else socket.write(read);
        }
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    cleanups.push(() => server.close());
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const units = [1, 2].map((unitId) => describedUnit(unitId, [20]));
    const rig = startBusRig(
      { id: 'a', kind: 'modbus-tcp', host: '127.0.0.1', port, pollMs: 20, units },
      selfDescribing([20], { timeoutMs: 20_000 }),
    );
    cleanups.push(() => rig.poller.stop());
    await until('the slow unit is asked', () => sentMs > 0);
    expect(await rig.poller.write(1, 'out5', true)).toEqual({ ok: true, value: undefined });
    // Had it waited for the unit, which answers after the write only, it would have waited for all of its time.
    expect(writtenMs - sentMs).toBeLessThan(10_000);
    await until('the slow unit is read', () => rig.values('2-20').length >= 2, 15_000);
    expect(new Set(rig.values('1-20'))).toEqual(new Set([1_020]));
    expect(new Set(rig.values('2-20'))).toEqual(new Set([2_020]));
  });
});
