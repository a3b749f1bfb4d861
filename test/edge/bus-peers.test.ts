import { spawnSync } from 'node:child_process';
import { afterEach, describe, expect, it } from 'vitest';
import { openSerialLine } from '#edge/io/serial-line.ts';
import type { BusConfig } from '#model/edge-config.ts';
import { needs } from '#test/support/needs.ts';
import { describedUnit, selfDescribing, startBusRig } from './bus-rig.ts';
import { freePort, startLine, startProgram, tempDir, until } from './support.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const run of cleanups.splice(0).reverse()) await run();
});

const hasPymodbus = (): boolean =>
  needs('python3') && spawnSync('/usr/bin/python3', ['-c', 'import pymodbus, serial_asyncio']).status === 0;
const isOnSerial = needs('socat') && hasPymodbus();

/** Units 1 and 2 whose holding registers are unit × 1000 + address, with coils that can be switched. */
const UNITS = `
import asyncio, sys
from pymodbus.datastore import ModbusSequentialDataBlock, ModbusSlaveContext, ModbusServerContext
from pymodbus.server.async_io import ModbusTcpServer, ModbusSerialServer
from pymodbus.transaction import ModbusRtuFramer, ModbusSocketFramer
def unit(number):
    return ModbusSlaveContext(hr=ModbusSequentialDataBlock(0, [number * 1000 + a for a in range(400)]),
        co=ModbusSequentialDataBlock(0, [False] * 400), zero_mode=True)
context = ModbusServerContext(slaves={1: unit(1), 2: unit(2)}, single=False)
async def main():
    kind, where = sys.argv[1:3]
    if kind == 'serial':
        server = ModbusSerialServer(context, framer=ModbusRtuFramer, port=where, baudrate=19200, timeout=0.005, ignore_missing_slaves=True)
        await server.start()
    else:
        framer = ModbusSocketFramer if kind == 'tcp' else ModbusRtuFramer
        server = ModbusTcpServer(context, framer=framer, address=('127.0.0.1', int(where)), ignore_missing_slaves=True)
    print('ready', flush=True)
    await server.serve_forever()
asyncio.run(main())
`;
const startPeer = (kind: 'serial' | 'tcp' | 'rtu-tcp', where: string) =>
  startProgram('/usr/bin/python3', ['-c', UNITS, kind, where], /ready/);

const ADDRESSES = [20, 21, 30, 206, 216];
const BUS = { id: 'a', pollMs: 50, units: [1, 2].map((unitId) => describedUnit(unitId, ADDRESSES)) };

/** Reads both units, switches an output by each function, and sees the registers among them changed. */
async function readAndSwitch(bus: BusConfig): Promise<void> {
  const rig = startBusRig(bus, selfDescribing(ADDRESSES));
  cleanups.push(() => rig.poller.stop());
  await until('both units are read', () => rig.values('2-216').length >= 2, 15_000);
  for (const unitId of [1, 2])
    for (const address of ADDRESSES) expect(rig.values(`${unitId}-${address}`)[0]).toBe(unitId * 1_000 + address);
  for (const output of ['out5', 'out6', 'out15', 'out16'])
    expect(await rig.poller.write(2, output, true)).toEqual({ ok: true, value: undefined });
  const changed = () => [206, 216].every((address) => rig.values(`2-${address}`).at(-1) === 0x0102);
  await until('the registers have changed', changed, 10_000);
  expect(rig.values('1-206').at(-1)).toBe(1_206);
}

describe('units that are not ours are read, and their outputs switched', () => {
  it.skipIf(!isOnSerial)('RTU on a serial line', async () => {
    const folder = tempDir();
    cleanups.push(folder.remove);
    const line = await startLine(folder.path);
    cleanups.push(() => line.stop());
    const peer = await startPeer('serial', line.unit);
    cleanups.push(() => peer.stop());
    await readAndSwitch({ ...BUS, kind: 'modbus-rtu', path: line.edge, baudRate: 19_200, parity: 'none' });
  });
  it.skipIf(!hasPymodbus())('RTU over TCP', async () => {
    const port = await freePort();
    const peer = await startPeer('rtu-tcp', String(port));
    cleanups.push(() => peer.stop());
    await readAndSwitch({ ...BUS, kind: 'modbus-rtu-tcp', host: '127.0.0.1', port });
  });
  it.skipIf(!hasPymodbus())('Modbus TCP', async () => {
    const port = await freePort();
    const peer = await startPeer('tcp', String(port));
    cleanups.push(() => peer.stop());
    await readAndSwitch({ ...BUS, kind: 'modbus-tcp', host: '127.0.0.1', port });
  });
});

describe('a serial port has one owner', () => {
  it.skipIf(!needs('socat'))('a second one is told so, and what to do', async () => {
    const folder = tempDir();
    cleanups.push(folder.remove);
    const line = await startLine(folder.path);
    cleanups.push(() => line.stop());
    const settings = { path: line.edge, baudRate: 9_600, parity: 'none' } as const;
    const first = await openSerialLine(settings);
    if (!first.ok) throw new Error(first.error);
    const second = await openSerialLine(settings);
    expect(second.ok ? '' : second.error).toContain('another program has');
    await first.value.close();
    const third = await openSerialLine(settings);
    expect(third.ok).toBe(true);
    if (third.ok) await third.value.close();
  });
  it('a port that is not there is said to be missing', async () => {
    const opened = await openSerialLine({ path: '/dev/no-such-port', baudRate: 9_600, parity: 'none' });
    expect(opened.ok ? '' : opened.error).toMatch(/no such file/i);
  });
});
