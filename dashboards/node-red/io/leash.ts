/**
 * Loaded into Node-RED's process before Node-RED: it ends with the process that started it, opens nothing beyond loopback,
 * and leaves the flushing of files to its parent, since Node's permission model forbids it here.
 */
import dgram from 'node:dgram';
import fs from 'node:fs';
import net from 'node:net';
import { bindOnLoopback, listenOnLoopback } from '../settings/loopback.ts';

const END_LIMIT_MS = 5_000;

process.once('disconnect', () => {
  setTimeout(() => process.exit(1), END_LIMIT_MS).unref();
  process.kill(process.pid, 'SIGTERM');
});

type Loose = (this: unknown, ...args: readonly unknown[]) => unknown;
const listen = net.Server.prototype.listen as unknown as Loose;
net.Server.prototype.listen = function (this: unknown, ...args: readonly unknown[]) {
  return listen.apply(this, [...listenOnLoopback(args)]);
} as unknown as typeof net.Server.prototype.listen;

const bind = dgram.Socket.prototype.bind as unknown as Loose;
dgram.Socket.prototype.bind = function (this: unknown, ...args: readonly unknown[]) {
  return bind.apply(this, [...bindOnLoopback(args)]);
} as unknown as typeof dgram.Socket.prototype.bind;

fs.fsync = ((_fd: number, done: (cause: Error | null) => void) => {
  if (process.connected) process.send?.('flush');
  setImmediate(done, null);
}) as typeof fs.fsync;
