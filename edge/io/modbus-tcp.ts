/** Modbus TCP through the library, which matches transaction, function and length; unit and count are checked again here. */
import { connect } from 'node:net';
import modbus from 'modbus-serial';
import { err, ok, type Result } from '../../model/result.ts';
import type { ReadRequest } from '../modbus/frame.ts';
import type { ReadFault, Timing, Transport } from './transport.ts';

const CONNECT_TIMEOUT_MS = 5_000;
/** That many reads in a row without an answer, of whatever unit: the connection itself is taken for dead. */
const TIMEOUTS_TO_RECONNECT = 3;

type Client = InstanceType<typeof modbus.default>;
type Answer = { readonly data: readonly (number | boolean)[] };

function send(client: Client, request: ReadRequest): Promise<Answer> {
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

function wordsOf(request: ReadRequest, answer: Answer): Result<readonly number[], ReadFault> {
  // Bits come in whole bytes, registers exactly.
  const whole = request.functionCode <= 2 ? Math.ceil(request.count / 8) * 8 : request.count;
  if (answer.data.length !== whole) return err({ reason: 'frame', kind: 'length' });
  return ok(answer.data.slice(0, request.count).map(Number));
}

export function openModbusTcp(host: string, port: number): Promise<Result<Transport, string>> {
  const client = new modbus.default();
  const socket = connect({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: 10_000 });
  const closers: ((detail: string) => void)[] = [];
  let detail = 'connection closed';
  let open = true;
  let timeouts = 0;
  let fail: ((fault: ReadFault) => void) | undefined;
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

  const read = async (request: ReadRequest, { timeoutMs }: Timing) => {
    if (!open) return err<ReadFault>({ reason: 'link', kind: 'closed' });
    client.setID(request.unitId);
    client.setTimeout(timeoutMs);
    const lost = new Promise<Result<readonly number[], ReadFault>>((resolve) => {
      fail = (fault) => resolve(err(fault));
    });
    const result = await Promise.race([
      lost,
      send(client, request).then(
        (answer) => wordsOf(request, answer),
        (cause: unknown) => err(faultOf(cause)),
      ),
    ]);
    fail = undefined;
    timeouts = !result.ok && result.error.reason === 'timeout' ? timeouts + 1 : 0;
    // After a broken frame the stream's framing cannot be trusted: a new connection begins a new one.
    if (timeouts >= TIMEOUTS_TO_RECONNECT || (!result.ok && result.error.reason === 'frame')) {
      detail = result.ok ? detail : `gave up the connection: ${result.error.kind}`;
      socket.destroy();
    }
    return result;
  };
  const transport: Transport = {
    read,
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
    const settle = (result: Result<Transport, string>) => {
      clearTimeout(timer);
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
