/**
 * One write to the system a turn of the event loop and socket, whoever writes however often: MQTT libraries uncork
 * after every packet, which costs more than the packet.
 */
import type { Socket } from 'node:net';

export function coalesceWrites(socket: Pick<Socket, 'cork' | 'uncork'>): void {
  const cork = socket.cork.bind(socket);
  const uncork = socket.uncork.bind(socket);
  let isHeld = false;
  const release = (): void => {
    isHeld = false;
    uncork();
  };
  socket.cork = () => {
    if (isHeld) return;
    isHeld = true;
    cork();
    setImmediate(release);
  };
  socket.uncork = () => undefined;
}
