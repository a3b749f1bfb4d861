/** Units that this project did not write: pymodbus serves holding and input registers on one end of a pseudo-terminal. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '#test/support/until.ts';

export const PYTHON = '/usr/bin/python3';

const SERVER = `
import asyncio, json, sys
from pymodbus.datastore import ModbusSequentialDataBlock, ModbusSlaveContext, ModbusServerContext
from pymodbus.server import StartAsyncSerialServer, StartAsyncTcpServer
try:
    from pymodbus.framer import ModbusSocketFramer as Socket
except ImportError:
    from pymodbus.transaction import ModbusSocketFramer as Socket
try:
    from pymodbus.framer import ModbusRtuFramer as Rtu
except ImportError:
    from pymodbus.transaction import ModbusRtuFramer as Rtu
units = json.loads(sys.argv[2])
def block(values, size=300):
    words = [0] * size
    for address, value in values.items(): words[int(address)] = value
    return ModbusSequentialDataBlock(0, words)
slaves = {int(unit): ModbusSlaveContext(hr=block(tables.get('3', {})), ir=block(tables.get('4', {})),
    di=block(tables.get('2', {})), co=block(tables.get('1', {})), zero_mode=True) for unit, tables in units.items()}
async def main():
    context = ModbusServerContext(slaves=slaves, single=False)
    kind, _, port = sys.argv[1].partition(':')
    if kind in ('tcp', 'rtu-tcp'):
        framer = Socket if kind == 'tcp' else Rtu
        serving = StartAsyncTcpServer(context, framer=framer, address=('127.0.0.1', int(port)), ignore_missing_slaves=True)
    else:
        serving = StartAsyncSerialServer(context, framer=Rtu, port=sys.argv[1], baudrate=9600, ignore_missing_slaves=True)
    task = asyncio.ensure_future(serving)
    await asyncio.sleep(0.3)
    print('ready', flush=True)
    await task
asyncio.run(main())
`;

/** By unit, then by function code, then by address. */
export type Units = {
  readonly [unit: number]: { readonly [functionCode: number]: { readonly [address: number]: number } };
};
export type PeerLine = { readonly path: string; readonly folder: string; readonly stop: () => Promise<void> };

const ended = (child: ChildProcess): Promise<void> =>
  child.exitCode !== null || child.signalCode !== null
    ? Promise.resolve()
    : new Promise((resolve) => child.once('exit', () => resolve()));

async function startServer(where: string, units: Units): Promise<ChildProcess> {
  const server = spawn(PYTHON, ['-c', SERVER, where, JSON.stringify(units)], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [server.stdout, server.stderr])
    stream.on('data', (data: Buffer) => {
      said += data.toString();
    });
  await until('pymodbus', 10_000, () => said.includes('ready') || server.exitCode !== null);
  if (server.exitCode !== null) throw new Error(`pymodbus ended: ${said}`);
  return server;
}

const stopAll = async (children: readonly ChildProcess[]): Promise<void> => {
  for (const child of children) child.kill('SIGKILL');
  await Promise.all(children.map(ended));
};

export const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });

/** The same units behind a socket: Modbus TCP, or RTU frames as a serial server passes them. */
export async function openPeerSocket(kind: 'tcp' | 'rtu-tcp', units: Units) {
  const port = await freePort();
  const server = await startServer(`${kind}:${port}`, units);
  return { address: `127.0.0.1:${port}`, stop: () => stopAll([server]) };
}

/** A pseudo-terminal with these units behind it; without units nobody is there. */
export async function openPeerLine(units: Units | undefined): Promise<PeerLine> {
  const folder = mkdtempSync(join(tmpdir(), 'fengsui-peers-'));
  const [path, far] = [join(folder, 'near'), join(folder, 'far')];
  const children: ChildProcess[] = [
    spawn('socat', [`pty,raw,echo=0,link=${path}`, `pty,raw,echo=0,link=${far}`], { stdio: 'ignore' }),
  ];
  await until('the pseudo-terminal', 5_000, () => existsSync(path) && existsSync(far));
  if (units !== undefined) children.push(await startServer(far, units));
  return {
    path,
    folder,
    stop: async () => {
      await stopAll(children);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
