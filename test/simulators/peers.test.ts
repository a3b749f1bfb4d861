/** Readers that are not ours (mbpoll on libmodbus, pymodbus) read our slaves over a pseudo-terminal and over TCP. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LineAddress, SimulatorService } from '#simulators/config.ts';
import { readServedLines, summarizeServed } from '#simulators/io/served-log.ts';
import { startSimulators } from '#simulators/main.ts';
import { tempFolder, testContext } from '#test/simulators/support/context.ts';
import { config, line } from '#test/simulators/support/devices.ts';
import { needs } from '#test/support/needs.ts';

const run = promisify(execFile);
const PYTHON = '/usr/bin/python3';
const hasMbpoll = needs('socat', 'mbpoll');
const hasPymodbus = needs('socat', 'python3') && existsSync(PYTHON);

/** One read by mbpoll; its values, or its words of complaint. */
async function mbpoll(address: LineAddress, unit: number, type: string, start: number, count: number): Promise<string> {
  const where =
    address.kind === 'modbus-rtu'
      ? ['-m', 'rtu', '-b', '9600', '-P', 'none', address.path]
      : ['-m', 'tcp', '-p', String(address.port), address.host];
  const options = [
    '-0',
    '-1',
    '-B',
    '-o',
    '0.6',
    '-a',
    String(unit),
    '-t',
    type,
    '-r',
    String(start),
    '-c',
    String(count),
  ];
  const { stdout, stderr } = await run('mbpoll', [...options, ...where], { timeout: 8_000 }).catch(
    (cause: { stdout: string; stderr: string }) => cause,
  );
  const values = [...stdout.matchAll(/^\[\d+\]:\s+(\S+)/gm)].map((match) => match[1]);
  return values.length > 0 ? values.join(' ') : stderr.trim().replace(/\s+/g, ' ');
}

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
for unit, address, count in ((1, 0, 2), (2, 0, 2), (3, 30, 3), (1, 0, 2), (1, 7, 1)):
    reply = client.read_holding_registers(address, count, slave=unit)
    out.append('exception %d' % reply.exception_code if hasattr(reply, 'exception_code') else reply.registers)
client.close()
print(json.dumps(out))
`;
async function pymodbus(address: LineAddress): Promise<unknown> {
  const where = address.kind === 'modbus-rtu' ? address.path : String(address.port);
  const { stdout } = await run(PYTHON, ['-c', PYMODBUS, address.kind, where], { timeout: 15_000 });
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
}

describe.skipIf(!hasMbpoll)('slaves as other programs see them', () => {
  const folder = tempFolder();
  const ctx = testContext();
  let service: SimulatorService;
  const address = (id: string): LineAddress => {
    const found = service.lines.find((candidate) => candidate.id === id);
    if (found === undefined) throw new Error(`no line ${id}`);
    return found;
  };
  beforeAll(async () => {
    service = await startSimulators(
      config(folder.path, [
        line('pty', { kind: 'pty', edgePath: join(folder.path, 'pty.edge'), baudRate: 9600 }),
        line('tcp', { kind: 'modbus-tcp', host: '127.0.0.1', port: 0 }),
        line('rtu', { kind: 'rtu-tcp', host: '127.0.0.1', port: 0 }),
      ]),
      ctx,
    );
  });
  afterAll(async () => {
    await service.stop();
    expect(existsSync(join(folder.path, 'pty.edge'))).toBe(false);
    folder.remove();
  });

  it.each(['pty', 'tcp'])('mbpoll reads three units of one line over %s, and each gives its own values', async (id) => {
    expect(await mbpoll(address(id), 1, '4:int', 0, 1)).toBe('12345');
    expect(await mbpoll(address(id), 2, '4:float', 0, 1)).toBe('12.5');
    expect(await mbpoll(address(id), 3, '4', 30, 3)).toBe('3030 3031 3032');
  });

  it('mbpoll hears exceptions by their names, and nothing from a unit that is not there', async () => {
    expect(await mbpoll(address('pty'), 1, '4', 7, 1)).toMatch(/Illegal data address/i);
    expect(await mbpoll(address('pty'), 1, '0', 0, 1)).toMatch(/Illegal function/i);
    expect(await mbpoll(address('pty'), 9, '4', 0, 1)).toMatch(/timed out/i);
  });

  it('mbpoll refuses what the faults spoil, and reads again afterwards', async () => {
    service.setFault('pty', 1, { kind: 'badCrc' });
    expect(await mbpoll(address('pty'), 1, '4:int', 0, 1)).toMatch(/CRC|timed out/i);
    service.setFault('pty', 1, { kind: 'silent' });
    expect(await mbpoll(address('pty'), 1, '4:int', 0, 1)).toMatch(/timed out/i);
    service.setFault('pty', 1, { kind: 'exception', code: 4 });
    expect(await mbpoll(address('pty'), 1, '4:int', 0, 1)).toMatch(/device.*fail/i);
    expect(await mbpoll(address('pty'), 2, '4:float', 0, 1)).toBe('12.5');
    service.setFault('pty', 1, null);
    expect(await mbpoll(address('pty'), 1, '4:int', 0, 1)).toBe('12345');
  });

  it.skipIf(!hasPymodbus).each(['pty', 'tcp', 'rtu'])(
    'pymodbus reads three units over %s, and the served log holds exactly what it read',
    async (id) => {
      const path = join(folder.path, `served-${id}.jsonl`);
      const before = readServedLines(path).length;
      expect(await pymodbus(address(id))).toEqual([
        [0, 12_345],
        [0x4148, 0],
        [3030, 3031, 3032],
        [0, 12_345],
        'exception 2',
      ]);
      const lines = readServedLines(path).slice(before);
      expect(lines.map(({ unitId, functionCode, address: at, values }) => [unitId, functionCode, at, values])).toEqual([
        [1, 3, 0, [0, 12_345]],
        [2, 3, 0, [0x4148, 0]],
        [3, 3, 30, [3030, 3031, 3032]],
        [1, 3, 0, [0, 12_345]],
      ]);
      const rain = { unitId: 1, functionCode: 3, address: 0, type: 'uint32', order: 'ABCD' } as const;
      expect(summarizeServed(lines, rain)).toMatchObject({ maximum: 12_345, last: { raw: 12_345 } });
    },
  );
});
