/** Questions to a server that is silent, endless, cut short or shut: each ends, within its limit, with the reason. */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ASK_LIMITS } from '#ingest/io/influx-query/ask.ts';
import { openInfluxQuery } from '#ingest/io/influx-query/query.ts';

const PIECE =
  '{"results":[{"statement_id":0,"series":[{"name":"live_rain","columns":["time","value"],"values":[[1,1]],"partial":true}],"partial":true}]}';
let serve: (response: ServerResponse) => void = () => {};
const server = createServer((_request, response) => serve(response));
const LIMITS = { ...ASK_LIMITS, pieceMs: 150, totalMs: 600, chars: 10_000 };

describe('a question that finds no answer', () => {
  beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  const range = async (how: typeof serve): Promise<unknown> => {
    serve = how;
    const { port } = server.address() as AddressInfo;
    const target = { version: 1, url: `http://127.0.0.1:${port}/`, database: 'd' } as const;
    const query = openInfluxQuery(
      target,
      () => undefined,
      () => ({ sensors: new Map(), county: { zone: 'UTC' } }),
      LIMITS,
    );
    const ask = { sensorId: 's', origin: 'live' as const, fromMs: 0, toMs: 10, limit: 10 };
    return await query.range(ask).finally(() => query.close());
  };

  it.each<readonly [string, typeof serve, { readonly kind: string; readonly message: RegExp }]>([
    ['is never answered', () => {}, { kind: 'away', message: /silent for 150 ms/ }],
    [
      'is answered to the half',
      (response) => response.write(`${PIECE}\n`),
      { kind: 'away', message: /silent for 150 ms/ },
    ],
    [
      'is answered for ever',
      (response) => {
        const timer = setInterval(() => response.write(`${PIECE}\n`), 20);
        response.on('close', () => clearInterval(timer));
      },
      { kind: 'away', message: /no whole answer in 600 ms/ },
    ],
    ['is cut off', (response) => response.destroy(), { kind: 'away', message: /does not answer/ }],
    [
      'has a piece without end',
      (response) => response.write('x'.repeat(20_000)),
      { kind: 'tooMuch', message: /10000 characters/ },
    ],
    ['is answered by something else', (response) => response.end('<html>'), { kind: 'refused', message: /no JSON/ }],
    [
      'needs a token',
      (response) => response.writeHead(401).end('{"error":"authorization failed"}'),
      { kind: 'refused', message: /401: authorization failed/ },
    ],
    [
      'meets a server that is busy',
      (response) => response.writeHead(503).end('{"code":"unavailable","message":"busy"}'),
      { kind: 'away', message: /503: busy/ },
    ],
    [
      'fails on the way',
      (response) => response.end(`${PIECE}\n{"error":"engine closed"}\n`),
      { kind: 'refused', message: /engine closed/ },
    ],
  ])('ends when it %s', async (_name, how, { kind, message }) => {
    await expect(range(how)).rejects.toMatchObject({ kind, message: expect.stringMatching(message) });
  });
});
