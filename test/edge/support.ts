/** What the edge's wire tests share: a context, a scripted unit behind TCP, a broker with a centre that acks, foreign peers. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Aedes, type AuthenticateError } from 'aedes';
import { parseDeviceProfile } from '#cli/load/devices.ts';
import { crc16 } from '#edge/modbus/crc16.ts';
import { type Batch, decodeBatch } from '#model/batch.ts';
import { type BusConfig, type EdgeConfig, NOTHING_LOCAL } from '#model/edge-config.ts';
import { openClock } from '#model/io/clock.ts';
import type { StageContext } from '#model/ports.ts';
import { type EdgeCommand, edgeTopic } from '#model/topics.ts';

export const TOWNSHIP = '451099101';
export const EDGE_ID = 'edge-test';
const PASSWORD = 'correct horse';

export function tempDir(): { readonly path: string; readonly remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'fengsui-edge-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** Shorter limits fail on busy machines only. */
const LEAST_MS = 18_000;

/** Waits for a condition with a limit; the failure says what was waited for. How soon it must be, a test says by itself. */
export async function until(what: string, condition: () => boolean, wantedMs = LEAST_MS): Promise<void> {
  const limitMs = Math.max(wantedMs, LEAST_MS);
  const endMs = performance.now() + limitMs;
  while (!condition()) {
    if (performance.now() > endMs) throw new Error(`not within ${limitMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

export type TestContext = StageContext & {
  readonly counts: ReadonlyMap<string, number>;
  readonly places: string[];
};

export function testContext(clock = openClock({ kind: 'real' })): TestContext {
  const counts = new Map<string, number>();
  const places: string[] = [];
  const key = (name: string, labels: { readonly [label: string]: string } = {}) =>
    [name, ...Object.values(labels)].join(' ');
  return {
    clock,
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
    metrics: {
      count: (name, labels, by = 1) => void counts.set(key(name, labels), (counts.get(key(name, labels)) ?? 0) + by),
      gauge: (name, value, labels) => void counts.set(key(name, labels), value),
    },
    probe: (place) => void places.push(place),
    signal: new AbortController().signal,
    counts,
    places,
  };
}

const devices = new URL('../../devices/', import.meta.url);

export function loadProfiles(): EdgeConfig['profiles'] {
  return Object.fromEntries(
    readdirSync(devices)
      .filter((file) => file.endsWith('.yaml'))
      .map((file) => {
        const parsed = parseDeviceProfile(file, readFileSync(new URL(file, devices), 'utf8'));
        if (!parsed.ok) throw new Error(`${file} does not parse`);
        return [parsed.value.id, parsed.value];
      }),
  );
}

export function edgeConfig(folder: string, mqttPort: number, buses: readonly BusConfig[]): EdgeConfig {
  const credentialFile = join(folder, 'credential');
  writeFileSync(credentialFile, `${PASSWORD}\n`, { mode: 0o600 });
  return {
    edgeId: EDGE_ID,
    township: TOWNSHIP,
    inventoryVersion: 'inventory-1',
    profiles: loadProfiles(),
    buses,
    links: [],
    local: NOTHING_LOCAL,
    mqttUrl: `mqtt://127.0.0.1:${mqttPort}`,
    credentialFile,
    dataDir: join(folder, 'edge'),
  };
}

const portOf = (server: Server): number => {
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the server does not listen');
  return address.port;
};
async function listen(server: Server, port = 0): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return portOf(server);
}

export const withCrc = (body: readonly number[]): Uint8Array => {
  const crc = crc16(Uint8Array.from(body));
  return Uint8Array.of(...body, crc & 0xff, crc >> 8);
};

export type Request = {
  readonly unitId: number;
  readonly functionCode: number;
  readonly address: number;
  readonly count: number;
};
/** Answers one request: bytes after a delay, any number of them. */
export type Script = (request: Request, reply: (bytes: Uint8Array, afterMs?: number) => void) => void;

export const registersReply = ({ unitId, functionCode }: Request, registers: readonly number[]): Uint8Array =>
  withCrc([unitId, functionCode, registers.length * 2, ...registers.flatMap((word) => [word >> 8, word & 0xff])]);

/** A unit that does what its script says, RTU frames over TCP. */
export async function startScriptedUnit(script: Script, port = 0) {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    let received = Buffer.alloc(0);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    socket.on('data', (bytes) => {
      received = Buffer.concat([received, bytes]);
      for (; received.length >= 8; received = received.subarray(8)) {
        const request = {
          unitId: received.readUInt8(0),
          functionCode: received.readUInt8(1),
          address: received.readUInt16BE(2),
          count: received.readUInt16BE(4),
        };
        script(request, (answer, afterMs = 0) => {
          const write = () => void (socket.writable && socket.write(answer));
          if (afterMs === 0) write();
          else setTimeout(write, afterMs);
        });
      }
    });
  });
  const listening = await listen(server, port);
  return {
    port: listening,
    cut: () => {
      for (const socket of sockets) socket.destroy();
    },
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export type Centre = Awaited<ReturnType<typeof startCentre>>;

/** A broker, and a centre that acks what it is told to ack. */
export async function startCentre(port = 0) {
  const broker = await Aedes.createBroker();
  broker.authenticate = (client, username, password, done) => {
    const known = client.id === EDGE_ID && username === EDGE_ID && password?.toString() === PASSWORD;
    done(known ? null : (Object.assign(new Error('no'), { returnCode: 5 }) as AuthenticateError), known);
  };
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    broker.handle(socket);
  });
  const listening = await listen(server, port);
  const batches: Batch[] = [];
  const bodies: string[] = [];
  const statuses: { readonly [key: string]: unknown }[] = [];
  const replies: { readonly [key: string]: unknown }[] = [];
  const state = { acks: true, ackAtMs: undefined as number | undefined };
  const publish = (channel: 'ack' | 'cmd', payload: string) =>
    new Promise<void>((resolve) => {
      broker.publish(
        {
          cmd: 'publish',
          topic: edgeTopic(TOWNSHIP, EDGE_ID, channel),
          payload,
          qos: 1,
          retain: false,
          dup: false,
        },
        () => resolve(),
      );
    });
  const ack = (epoch: string, ranges: readonly (readonly [number, number])[]) =>
    publish('ack', JSON.stringify({ epoch, ranges, atMs: state.ackAtMs ?? Date.now() }));
  broker.on('publish', (packet, client) => {
    if (client === null) return;
    const text = packet.payload.toString();
    if (packet.topic.endsWith('/status')) statuses.push(JSON.parse(text));
    if (packet.topic.endsWith('/reply')) replies.push(JSON.parse(text));
    if (!packet.topic.endsWith('/up')) return;
    const batch = decodeBatch(text);
    if (!batch.ok) throw new Error(`a batch of the edge is not one: ${batch.error.message}`);
    batches.push(batch.value);
    bodies.push(text);
    if (state.acks) void ack(batch.value.epoch, [[batch.value.seq, batch.value.seq]]);
  });
  return {
    port: listening,
    batches,
    bodies,
    statuses,
    replies,
    state,
    ack,
    raw: publish,
    command: (command: EdgeCommand) => publish('cmd', JSON.stringify(command)),
    readings: (sensorId: string) =>
      [...new Map(batches.map((batch) => [`${batch.epoch} ${batch.seq}`, batch])).values()]
        .sort((a, b) => a.seq - b.seq)
        .flatMap((batch) => batch.readings.filter((reading) => reading.sensorId === sensorId)),
    events: () => batches.flatMap((batch) => batch.events),
    stop: async () => {
      const ended = [new Promise<void>((resolve) => broker.close(() => resolve()))];
      ended.push(new Promise((resolve) => server.close(() => resolve())));
      // The broker knows nothing of a caller that has not said who it is yet, and the server would wait for it.
      for (const socket of sockets) socket.destroy();
      await Promise.all(ended);
    },
  };
}

/** Starts a program and waits until its output matches; `stop` ends it and waits. */
export async function startProgram(
  command: string,
  args: readonly string[],
  ready: RegExp,
  env: NodeJS.ProcessEnv = {},
) {
  const child: ChildProcess = spawn(command, args, { stdio: 'pipe', env: { ...process.env, ...env } });
  let output = '';
  child.stdout?.on('data', (text) => {
    output += text;
  });
  child.stderr?.on('data', (text) => {
    output += text;
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const stop = async (signal: NodeJS.Signals = 'SIGTERM') => {
    child.kill(signal);
    const hard = setTimeout(() => child.kill('SIGKILL'), 5_000);
    await ended;
    clearTimeout(hard);
  };
  try {
    await until(`${command} says ${ready}`, () => ready.test(output) || child.exitCode !== null, 60_000);
    if (!ready.test(output)) throw new Error(`${command} ended: ${output}`);
  } catch (cause) {
    await stop('SIGKILL');
    throw new Error(`${String(cause)}; it said: ${output}`);
  }
  return { child, output: () => output, exitCode: () => child.exitCode, stop };
}

const PYMODBUS = `
import asyncio, sys
from pymodbus.datastore import ModbusSequentialDataBlock, ModbusSlaveContext, ModbusServerContext
from pymodbus.server.async_io import ModbusTcpServer, ModbusSerialServer
from pymodbus.transaction import ModbusRtuFramer, ModbusSocketFramer
def unit(holding):
    block = ModbusSequentialDataBlock(0, holding)
    return ModbusSlaveContext(hr=block, ir=block, zero_mode=True)
units = {1: unit([0, 12345, 0, 14420] + [0] * 300), 2: unit([0x4148, 0, 0xFF9C] + [0] * 300)}
context = ModbusServerContext(slaves=units, single=False)
async def main():
    if sys.argv[1] == 'tcp':
        server = ModbusTcpServer(context, framer=ModbusSocketFramer, address=('127.0.0.1', int(sys.argv[2])), ignore_missing_slaves=True)
    else:
        server = ModbusSerialServer(context, framer=ModbusRtuFramer, port=sys.argv[2], baudrate=9600, timeout=0.005, ignore_missing_slaves=True)
        await server.start()
    print('ready', flush=True)
    await server.serve_forever()
asyncio.run(main())
`;

/** Units 1 (rain 12345 at 0, level 14420 at 2) and 2 (12.5 as float at 0, -100 at 2) served by a peer that is not ours. */
export const startPymodbus = (kind: 'tcp' | 'serial', where: string) =>
  startProgram('/usr/bin/python3', ['-c', PYMODBUS, kind, where], /ready/);

export async function freePort(): Promise<number> {
  const server = createTcpServer();
  const port = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Two ends of a serial line. */
export async function startLine(folder: string) {
  const edge = join(folder, 'line.edge');
  const unit = join(folder, 'line.unit');
  const socat = await startProgram(
    'socat',
    ['-d', '-d', `pty,raw,echo=0,link=${edge}`, `pty,raw,echo=0,link=${unit}`],
    /starting data transfer/,
  );
  return { edge, unit, stop: socat.stop };
}
