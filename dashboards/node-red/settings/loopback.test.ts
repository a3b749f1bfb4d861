import { describe, expect, it } from 'vitest';
import { bindOnLoopback, listenOnLoopback } from './loopback.ts';

const cb = () => {};

describe('where a flow may listen', () => {
  const tcp: readonly [string, readonly unknown[], readonly unknown[]][] = [
    ['a port alone', [9_000], [9_000, '127.0.0.1']],
    ['a port and a callback', [9_000, cb], [9_000, '127.0.0.1', cb]],
    ['a port, no host and a callback', [9_000, undefined, cb], [9_000, '127.0.0.1', cb]],
    ['every address', [9_000, '0.0.0.0', cb], [9_000, '127.0.0.1', cb]],
    ['an address of the network', ['9000', '10.1.2.3'], ['9000', '127.0.0.1']],
    ['a backlog', [9_000, 511, cb], [9_000, '127.0.0.1', 511, cb]],
    ['loopback', [9_000, '::1', cb], [9_000, '::1', cb]],
    ['options', [{ port: 9_000, host: '::' }, cb], [{ port: 9_000, host: '127.0.0.1' }, cb]],
    ['nothing but a callback', [cb], [0, '127.0.0.1', cb]],
    ['a socket in the file system', ['/run/a.sock', cb], ['/run/a.sock', cb]],
  ];
  it.each(tcp)('TCP: %s', (_name, asked, given) => expect(listenOnLoopback(asked)).toEqual(given));

  const udp: readonly [string, readonly unknown[], readonly unknown[]][] = [
    ['a port', [9_000, cb], [9_000, '127.0.0.1', cb]],
    ['every address', [9_000, '0.0.0.0'], [9_000, '127.0.0.1']],
    ['options', [{ port: 9_000, exclusive: true }], [{ port: 9_000, exclusive: true, address: '127.0.0.1' }]],
    ['the port of a sender', [{ port: 0, exclusive: true }, null], [{ port: 0, exclusive: true }, null]],
    ['nothing', [], []],
  ];
  it.each(udp)('UDP: %s', (_name, asked, given) => expect(bindOnLoopback(asked)).toEqual(given));
});
