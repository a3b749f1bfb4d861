/** What the example flows speak to, over real wires: a gateway, a group robot, a camera and an LED board that decodes its frames. */
import { createServer as createHttpServer, type IncomingHttpHeaders } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net';

export type Asked = { readonly path: string; readonly headers: IncomingHttpHeaders; readonly body: string };
export type Answer = { readonly status: number; readonly body?: string | Uint8Array };

const portOf = (server: Server): number => (server.address() as AddressInfo).port;
const listen = (server: Server): Promise<void> => new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));

/** Notes every request; `answers` are given one after the other, then `usual`. */
export async function openHttp(usual: Answer) {
  const asked: Asked[] = [];
  const answers: Answer[] = [];
  const server = createHttpServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      asked.push({ path: request.url ?? '', headers: request.headers, body: Buffer.concat(pieces).toString() });
      const { status, body = '' } = answers.shift() ?? usual;
      response.writeHead(status).end(body);
    });
  });
  await listen(server);
  return {
    url: `http://127.0.0.1:${portOf(server)}`,
    asked,
    answers,
    stop: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

function crc16(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = ((crc & 0x8000) !== 0 ? (crc << 1) ^ 0x1021 : crc << 1) & 0xffff;
  }
  return crc;
}
const AFTER_ESCAPE = new Map([
  [0xe7, 0x02],
  [0xe8, 0x03],
  [0x00, 0x1b],
]);

/** The board's side of the frame, from its description alone; a frame that is not whole or not right throws. */
export function readFrame(frame: Uint8Array): {
  readonly address: string;
  readonly type: string;
  readonly text: string;
} {
  if (frame[0] !== 0x02 || frame.at(-1) !== 0x03) throw new Error('no frame');
  const plain: number[] = [];
  const inside = frame.subarray(1, -1);
  for (let at = 0; at < inside.length; at++) {
    const byte = inside[at] ?? 0;
    if (byte === 0x02 || byte === 0x03) throw new Error('a frame inside a frame');
    if (byte !== 0x1b) plain.push(byte);
    else {
      const real = AFTER_ESCAPE.get(inside[++at] ?? -1);
      if (real === undefined) throw new Error('an escape of nothing');
      plain.push(real);
    }
  }
  const body = Uint8Array.from(plain.slice(0, -2));
  if (crc16(body) !== ((plain.at(-2) ?? 0) << 8) + (plain.at(-1) ?? 0)) throw new Error('the sum is wrong');
  const ascii = (from: number, to: number) => String.fromCharCode(...body.subarray(from, to));
  return {
    address: ascii(0, 2),
    type: ascii(2, 4),
    text: new TextDecoder('gbk', { fatal: true }).decode(body.subarray(4)),
  };
}

function answerFrame(text: string): Uint8Array {
  const body = Buffer.from(text);
  const crc = crc16(body);
  const inside = [...body, crc >> 8, crc & 0xff].flatMap((byte) =>
    byte === 0x02 ? [0x1b, 0xe7] : byte === 0x03 ? [0x1b, 0xe8] : byte === 0x1b ? [0x1b, 0x00] : [byte],
  );
  return Uint8Array.of(0x02, ...inside, 0x03);
}

/** Shows what its frames say; `silent` times it says nothing, and shows nothing. */
export async function openBoard(address: string) {
  const shown: string[] = [];
  const wrong: string[] = [];
  const state = { silent: 0 };
  const server = createTcpServer((socket) => {
    let rest = Buffer.alloc(0);
    socket.on('error', () => {});
    socket.on('data', (data) => {
      rest = Buffer.concat([rest, data]);
      for (let end = rest.indexOf(0x03); end >= 0; end = rest.indexOf(0x03)) {
        const frame = rest.subarray(0, end + 1);
        rest = rest.subarray(end + 1);
        if (state.silent > 0) {
          state.silent--;
          continue;
        }
        try {
          const read = readFrame(frame);
          if (read.address !== address) throw new Error(`address ${read.address}`);
          shown.push(`${read.type} ${read.text}`);
          socket.write(answerFrame(`${address}0`));
        } catch (cause) {
          wrong.push(String(cause));
          socket.write(answerFrame(`${address}1`));
        }
      }
    });
  });
  await listen(server);
  return {
    port: portOf(server),
    shown,
    wrong,
    state,
    stop: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}
