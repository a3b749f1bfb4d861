/**
 * Sends each write at once. With Nagle's algorithm a second small packet waits for the peer's delayed acknowledgement
 * of the first, some 40 ms: an ack of ours behind a PUBACK would. MQTT libraries leave it on.
 */
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

export function sendAtOnce(stream: Duplex): void {
  if (stream instanceof Socket) stream.setNoDelay(true);
}
