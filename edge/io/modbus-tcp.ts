/** Modbus TCP through the library, which matches transaction, function and length; unit and count are checked again here. */
import { connect } from 'node:net';
import modbus from 'modbus-serial';
import { err, ok, type Result } from '../../model/result.ts';
import { isRead, type ReadRequest, type Request, type WriteRequest } from '../modbus/frame.ts';
import type { Answer, ReadFault, Timing, Transport } from './transport.ts';

const CONNECT_TIMEOUT_MS = 5_000;
/** That many reads in a row without an answer, of whatever unit: the connection itself is taken for dead. */
const TIMEOUTS_TO_RECONNECT = 3;
/** Time for an answer that is waited for although an output is to be switched. */
const HURRIED_MS = 40;

type Client = InstanceType<typeof modbus.default>;
type Reply = { readonly data: readonly (number | boolean)[] };
type Wrote = { readonly address: number; readonly state?: boolean; readonly value?: number; readonly length?: number };

function sendRead(client: Client, request: ReadRequest): Promise<Reply> {
  const { address, count } = request;
  switch (request.functionCode) {
    case 1:
      return client.readCoils(address, count);
    case 2:
      return client.readDiscreteInputs(address, count);
    case 3:
      return client.readHoldingRegisters(address, count);
    case 4:
      return client.readInputRegisters(address, count);
    default:
      return request.functionCode satisfies never;
  }
}

function sendWrite(client: Client, request: WriteRequest): Promise<Wrote> {
  const { address, value } = request;
  switch (request.functionCode) {
    case 5:
      return client.writeCoil(address, value !== 0);
    case 6:
      return client.writeRegister(address, value);
    case 15:
      return client.writeCoils(address, [(value & 1) === 1]);
    case 16:
      return client.writeRegisters(address, [value]);
    default:
      return request.functionCode satisfies never;
  }
}

/** The answer to a write repeats what was asked. */
function isEchoOf(request: WriteRequest, wrote: Wrote): boolean {
  if (wrote.address !== request.address) return false;
  if (request.functionCode === 5) return wrote.state === (request.value !== 0);
  if (request.functionCode === 6) return wrote.value === request.value;
  return wrote.length === 1;
}

async function send(client: Client, request: Request): Promise<Result<readonly number[], ReadFault>> {
  if (isRead(request)) return wordsOf(request, await sendRead(client, request));
  return isEchoOf(request, await sendWrite(client, request)) ? ok([]) : err({ reason: 'frame', kind: 'echo' });
}

function faultOf(cause: unknown): ReadFault {
  const { modbusCode, errno, message } = cause as {
    readonly modbusCode?: number;
    readonly errno?: string;
    readonly message?: string;
  };
  if (modbusCode !== undefined) return { reason: 'exception', kind: `exception-${modbusCode}` };
  if (errno === 'ETIMEDOUT') return { reason: 'timeout', kind: 'timeout' };
  if (errno === 'ECONNREFUSED') return { reason: 'link', kind: 'closed' };
  if (/address/.test(message ?? '')) return { reason: 'frame', kind: 'unit' };
  if (/code/.test(message ?? '')) return { reason: 'frame', kind: 'function' };
  return { reason: 'frame', kind: 'length' };
}

function wordsOf(request: ReadRequest, answer: Reply): Result<readonly number[], ReadFault> {
  // Bits come in whole bytes, registers exactly.
  const whole = request.functionCode <= 2 ? Math.ceil(request.count / 8) * 8 : request.count;
  if (answer.data.length !== whole) return err({ reason: 'frame', kind: 'length' });
  return ok(answer.data.slice(0, request.count).map(Number));
}

export function openModbusTcp(host: string, port: number, signal: AbortSignal): Promise<Result<Transport, string>> {
  const client = new modbus.default();
  const socket = connect({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: 10_000 });
  const closers: ((detail: string) => void)[] = [];
  let detail = 'connection closed';
  let open = true;
  let timeouts = 0;
  let fail: ((fault: ReadFault) => void) | undefined;
  let sentMs = 0;
  socket.on('error', (cause) => {
    detail = cause.message;
  });
  socket.on('close', () => {
    open = false;
    fail?.({ reason: 'link', kind: 'closed' });
    for (const run of closers.splice(0)) run(detail);
  });
  client.on('error', (cause: unknown) => {
    detail = String(cause);
    socket.destroy();
  });

  const exchange = async (request: Request, { timeoutMs, ceilingMs }: Timing): Promise<Result<Answer, ReadFault>> => {
    if (!open) return err<ReadFault>({ reason: 'link', kind: 'closed' });
    client.setID(request.unitId);
    client.setTimeout(timeoutMs);
    const lost = new Promise<Result<readonly number[], ReadFault>>((resolve) => {
      fail = (fault) => resolve(err(fault));
    });
    sentMs = performance.now();
    const result = await Promise.race([lost, send(client, request).catch((cause: unknown) => err(faultOf(cause)))]);
    fail = undefined;
    // A unit that was given up early says nothing about the connection.
    if (result.ok || result.error.reason !== 'timeout') timeouts = 0;
    else if (timeoutMs >= ceilingMs && result.error.kind !== 'hurried') timeouts++;
    // After a broken frame the stream's framing cannot be trusted: a new connection begins a new one.
    if (timeouts >= TIMEOUTS_TO_RECONNECT || (!result.ok && result.error.reason === 'frame')) {
      detail = result.ok ? detail : `gave up the connection: ${result.error.kind}`;
      socket.destroy();
    }
    return result.ok ? ok({ words: result.value, tookMs: performance.now() - sentMs }) : result;
  };
  const transport: Transport = {
    read: exchange,
    write: exchange,
    // The answer that comes later bears its own transaction number, which nobody waits for any more.
    hurry: () => {
      const giveUp = fail;
      const leftMs = Math.max(0, sentMs + HURRIED_MS - performance.now());
      setTimeout(() => fail === giveUp && giveUp?.({ reason: 'timeout', kind: 'hurried' }), leftMs);
    },
    onClose: (run) => closers.push(run),
    close: () =>
      new Promise((resolve) => {
        if (socket.closed) return resolve();
        socket.once('close', () => resolve());
        socket.destroy();
      }),
  };
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      detail = `no connection within ${CONNECT_TIMEOUT_MS} ms`;
      socket.destroy();
    }, CONNECT_TIMEOUT_MS);
    const stop = () => socket.destroy();
    signal.addEventListener('abort', stop, { once: true });
    const settle = (result: Result<Transport, string>) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      resolve(result);
    };
    socket.once('close', () => settle(err(detail)));
    socket.once('connect', () => {
      client.linkTCP(socket, { port }).then(
        () => settle(ok(transport)),
        (cause: unknown) => {
          detail = String(cause);
          socket.destroy();
        },
      );
    });
  });
}
