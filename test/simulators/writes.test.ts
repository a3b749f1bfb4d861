/** Masters that are not ours (mbpoll on libmodbus, pymodbus) switch coils and set registers of our slaves. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LineAddress, LineConfig, LineWire, SimulatorService } from '#simulators/config.ts';
import { createDevice } from '#simulators/device.ts';
import { readServedLines, writesTo } from '#simulators/io/served-log.ts';
import { startSimulators } from '#simulators/main.ts';
import { sealFrame } from '#simulators/modbus/crc16.ts';
import { tempFolder, testContext, until } from '#test/simulators/support/context.ts';
import { config, line, rainGauge, sirenBoard } from '#test/simulators/support/devices.ts';
import { openTalk } from '#test/simulators/support/talk.ts';
import { needs } from '#test/support/needs.ts';

const run = promisify(execFile);
const PYTHON = '/usr/bin/python3';
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex').toUpperCase();

describe('the answers to writes', () => {
  const board = createDevice(4, sirenBoard, () => 0);
  const answer = (...pdu: number[]) => {
    const given = board.answer(Uint8Array.from(pdu), 1);
    return given.kind === 'silent' ? 'silent' : hex(given.pdu);
  };
  it.each<[what: string, pdu: readonly number[], reply: string]>([
    ['05 on', [5, 0, 0, 0xff, 0], '050000FF00'],
    ['01 reads it back', [1, 0, 0, 0, 2], '010101'],
    ['05 with a value that is neither on nor off', [5, 0, 0, 0x12, 0x34], '8503'],
    ['05 off', [5, 0, 0, 0, 0], '0500000000'],
    ['05 at an address without a coil', [5, 0, 7, 0xff, 0], '8502'],
    ['15 for both coils', [15, 0, 0, 0, 2, 1, 3], '0F00000002'],
    ['01 reads both back', [1, 0, 0, 0, 2], '010103'],
    ['15 that reaches beyond the map', [15, 0, 1, 0, 2, 1, 3], '8F02'],
    ['15 whose byte count is wrong', [15, 0, 0, 0, 2, 2, 3, 0], '8F03'],
    ['15 of nothing', [15, 0, 0, 0, 0, 0], '8F03'],
    ['06 for one word', [6, 0, 17, 0, 30], '060011001E'],
    ['03 reads it back', [3, 0, 16, 0, 2], '0304000000' + '1E'],
    ['16 for both words', [16, 0, 16, 0, 2, 4, 0, 1, 0, 2], '1000100002'],
    ['03 reads both back', [3, 0, 16, 0, 2], '030400010002'],
    ['16 whose byte count is wrong', [16, 0, 16, 0, 2, 3, 0, 1, 0], '9003'],
    ['16 beyond the map', [16, 0, 17, 0, 2, 4, 0, 1, 0, 2], '9002'],
    ['06 beyond the map', [6, 0, 9, 0, 1], '8602'],
    ['02 reads the button', [2, 0, 4, 0, 1], '020100'],
    ['22, which no unit has', [22, 0, 4, 0, 1, 0, 0], '9601'],
  ])('%s', (_what, pdu, reply) => expect(answer(...pdu)).toBe(reply));

  it('refuses every write to a unit that has nothing to write, and none of it is done in part', () => {
    const gauge = createDevice(1, rainGauge, () => 0);
    for (const functionCode of [5, 6, 15, 16])
      expect(gauge.answer(Uint8Array.of(functionCode, 0, 0, 0, 1, 2, 0, 0), 1)).toMatchObject({
        pdu: Uint8Array.of(functionCode | 0x80, 1),
        written: null,
      });
    expect(answer(1, 0, 0, 0, 2)).toBe('010103');
  });
});

/** pymodbus 3.0 as Debian has it: one serial line is opened anew by each run. */
const PYMODBUS = `
import sys, json
from pymodbus.client import ModbusSerialClient, ModbusTcpClient
try:
    from pymodbus.framer import ModbusRtuFramer as Rtu
except ImportError:
    from pymodbus.transaction import ModbusRtuFramer as Rtu
kind, where = sys.argv[1], sys.argv[2]
if kind == 'modbus-rtu': client = ModbusSerialClient(where, baudrate=9600, timeout=1)
elif kind == 'modbus-tcp': client = ModbusTcpClient('127.0.0.1', port=int(where), timeout=1)
else: client = ModbusTcpClient('127.0.0.1', port=int(where), framer=Rtu, timeout=1)
client.connect()
out = []
def note(reply, got):
    out.append('exception %d' % reply.exception_code if hasattr(reply, 'exception_code') else got(reply))
client.write_coils(0, [False, False], slave=4)
note(client.write_coil(0, True, slave=4), lambda r: [r.address, r.value])
note(client.read_coils(0, 2, slave=4), lambda r: r.bits[:2])
note(client.write_coils(0, [False, True], slave=4), lambda r: [r.address, r.count])
note(client.read_coils(0, 2, slave=4), lambda r: r.bits[:2])
note(client.write_register(17, 30, slave=4), lambda r: [r.address, r.value])
note(client.write_registers(16, [1, 2], slave=4), lambda r: [r.address, r.count])
note(client.read_holding_registers(16, 2, slave=4), lambda r: r.registers)
note(client.read_discrete_inputs(4, 1, slave=4), lambda r: r.bits[:1])
note(client.write_coil(7, True, slave=4), lambda r: 'done')
note(client.write_register(0, 1, slave=1), lambda r: 'done')
client.close()
print(json.dumps(out))
`;

describe.skipIf(!needs('socat', 'mbpoll'))('other programs as masters', () => {
  const folder = tempFolder();
  let service: SimulatorService;
  const dressed = (id: string, wire: LineWire): LineConfig => ({
    ...line(id, wire),
    units: [
      { unitId: 1, kind: 'profile', profile: rainGauge, registers: [] },
      { unitId: 4, kind: 'profile', profile: sirenBoard, registers: [] },
    ],
  });
  const address = (id: string): LineAddress => {
    const found = service.lines.find((candidate) => candidate.id === id);
    if (found === undefined) throw new Error(`no line ${id}`);
    return found;
  };
  const served = (id: string) => readServedLines(join(folder.path, `served-${id}.jsonl`));
  const writes = (id: string, table: 'coil' | 'register', at: number) =>
    writesTo(served(id), { unitId: 4, table, address: at }).map(({ value }) => value);
  beforeAll(async () => {
    service = await startSimulators(
      config(folder.path, [
        dressed('pty', { kind: 'pty', edgePath: join(folder.path, 'pty.edge'), baudRate: 9600 }),
        dressed('tcp', { kind: 'modbus-tcp', host: '127.0.0.1', port: 0 }),
        dressed('rtu', { kind: 'rtu-tcp', host: '127.0.0.1', port: 0 }),
      ]),
      testContext(),
    );
  });
  afterAll(async () => {
    await service.stop();
    folder.remove();
  });

  it.each(['pty', 'tcp'])('mbpoll switches and sets over %s, and the served log has when', async (id) => {
    const where = address(id);
    const line_ =
      where.kind === 'modbus-rtu'
        ? ['-m', 'rtu', '-b', '9600', '-P', 'none', where.path]
        : ['-m', 'tcp', '-p', String(where.port), where.host];
    const mbpoll = async (type: string, at: number, ...values: number[]) => {
      const options = ['-0', '-1', '-o', '1', '-a', '4', '-t', type, '-r', String(at)];
      const { stdout, stderr } = await run('mbpoll', [...options, ...line_, ...values.map(String)], {
        timeout: 8_000,
      }).catch((cause: { stdout: string; stderr: string }) => cause);
      return `${stdout}${stderr}`;
    };
    const beforeMs = Date.now();
    expect(await mbpoll('0', 0, 1)).toMatch(/Written 1 references/);
    expect(await mbpoll('0', 0, 0, 1)).toMatch(/Written 2 references/);
    expect(await mbpoll('4', 17, 25)).toMatch(/Written 1 references/);
    expect(await mbpoll('4', 16, 3, 4)).toMatch(/Written 2 references/);
    expect(await mbpoll('0', 9, 1)).toMatch(/Illegal data address/i);
    expect(await mbpoll('1', 4)).toMatch(/\[4\]:\s+0/);
    service.force({ lineId: id, unitId: 4, register: 'button' }, 1, null);
    expect(await mbpoll('1', 4)).toMatch(/\[4\]:\s+1/);
    service.heal(id, null);
    const lines = served(id);
    expect(writes(id, 'coil', 0)).toEqual([1, 0]);
    expect(writes(id, 'coil', 1)).toEqual([1]);
    expect(writes(id, 'register', 17)).toEqual([25, 4]);
    const [first] = writesTo(lines, { unitId: 4, table: 'coil', address: 0 });
    expect(first?.atMs).toBeGreaterThanOrEqual(beforeMs);
    expect(first?.atMs).toBeLessThanOrEqual(Date.now());
  });

  it.skipIf(!needs('python3') || !existsSync(PYTHON)).each(['pty', 'tcp', 'rtu'])(
    'pymodbus switches, sets and reads back over %s',
    async (id) => {
      const where = address(id);
      const path = where.kind === 'modbus-rtu' ? where.path : String(where.port);
      const { stdout } = await run(PYTHON, ['-c', PYMODBUS, where.kind, path], { timeout: 15_000 });
      expect(JSON.parse(stdout.trim().split('\n').at(-1) ?? '')).toEqual([
        [0, true],
        [true, false],
        [0, 2],
        [false, true],
        [17, 30],
        [16, 2],
        [1, 2],
        [false],
        'exception 2',
        'exception 1',
      ]);
    },
  );

  it('a broadcast is done by every unit and answered by none', async () => {
    const where = address('rtu');
    const talk = await openTalk(where.kind === 'modbus-rtu' ? 0 : where.port);
    const before = writes('rtu', 'coil', 0).length;
    talk.socket.write(sealFrame(0, Uint8Array.of(5, 0, 0, 0xff, 0)));
    await until('the write', () => writes('rtu', 'coil', 0).length > before);
    talk.socket.write(sealFrame(4, Uint8Array.of(1, 0, 0, 0, 1)));
    await until('an answer', () => talk.got().length === 6);
    expect(hex(talk.got())).toBe(hex(sealFrame(4, Uint8Array.of(1, 1, 1))));
    talk.socket.destroy();
  });

  it('a write whose answer is spoilt is done and logged; a silent or busy unit does nothing', async () => {
    const where = address('rtu');
    const talk = await openTalk(where.kind === 'modbus-rtu' ? 0 : where.port);
    const before = writes('rtu', 'coil', 1);
    const on = sealFrame(4, Uint8Array.of(15, 0, 1, 0, 1, 1, 1));
    service.setFault('rtu', 4, { kind: 'busy' });
    talk.socket.write(on);
    await until('the exception', () => talk.got().length === 5);
    expect(writes('rtu', 'coil', 1)).toEqual(before);
    talk.clear();
    service.setFault('rtu', 4, { kind: 'truncated' });
    talk.socket.write(on);
    await until('a part of the answer', () => talk.got().length === 5);
    expect(writes('rtu', 'coil', 1)).toEqual([...before, 1]);
    service.setFault('rtu', 4, null);
    talk.socket.destroy();
  });
});
