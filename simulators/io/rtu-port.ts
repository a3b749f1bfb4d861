/** Serves RTU frames over any stream of bytes: a pseudo-terminal, a serial port, a TCP socket. */
import type { LineConfig } from '#simulators/config.ts';
import type { Responder } from '#simulators/io/responder.ts';
import { sealFrame } from '#simulators/modbus/crc16.ts';
import { piecesOf } from '#simulators/reply-fault.ts';
import { emptyFramer, type Framed, lineMs, silenceMs, takeBytes, takeSilence } from '#simulators/rtu-slave.ts';

export type RtuPort = { readonly take: (chunk: Uint8Array) => void; readonly close: () => void };

export type RtuPortParts = {
  readonly responder: Responder;
  readonly write: (bytes: Uint8Array) => void;
  /** Shortest silence that ends a frame; a TCP stream may pause where a line would not. */
  readonly silenceMs: number;
  readonly pace: LineConfig['pace'];
};

/** Answers that are on their way; a master that asks more without waiting is not served. */
const MAX_PENDING = 16;

/** Silence of a line, but never shorter than a scheduler's pause between two chunks of one frame. */
export const lineSilenceMs = (baudRate: number): number => Math.max(silenceMs(baudRate), 4);

export function openRtuPort(parts: RtuPortParts): RtuPort {
  const { responder, write, pace } = parts;
  let framer = emptyFramer;
  let silence: NodeJS.Timeout | undefined;
  let open = true;
  const pending = new Set<NodeJS.Timeout>();

  const sendLater = (bytes: Uint8Array, delayMs: number) => {
    if (delayMs <= 0) return write(bytes);
    const dueMs = performance.now() + delayMs;
    const send = () => {
      if (!open) return;
      // Timers count whole milliseconds, a line does not: the last part of one is waited out turn by turn.
      if (pace !== null && performance.now() < dueMs) return void setImmediate(send);
      write(bytes);
    };
    const timer = setTimeout(
      () => {
        pending.delete(timer);
        send();
      },
      pace === null ? delayMs : Math.max(0, Math.floor(delayMs) - 1),
    );
    pending.add(timer);
  };
  const paceMs = (requestBytes: number, replyBytes: number) =>
    pace === null ? 0 : lineMs(pace.baudRate, requestBytes + replyBytes) + silenceMs(pace.baudRate) + pace.turnaroundMs;
  const act = (framed: Framed) => {
    framer = framed.framer;
    for (const why of framed.dropped) responder.dropped(why);
    for (const request of framed.requests) {
      if (pending.size >= MAX_PENDING) {
        responder.dropped('too-many');
        continue;
      }
      const sending = responder.respond(request.unitId, request.pdu);
      if (sending === null) continue;
      const sealed = sealFrame(sending.unitId, sending.pdu);
      let sent = 0;
      for (const { bytes, afterMs } of piecesOf(sealed, sealed.length - 1, sending)) {
        sent += bytes.length;
        sendLater(bytes, sending.delayMs + afterMs + paceMs(request.pdu.length + 3, sent));
      }
    }
  };
  let chunks = 0;
  const waitForSilence = () => {
    clearTimeout(silence);
    silence = setTimeout(() => {
      // Bytes that came while this process was busy are read first: they are no silence.
      const before = chunks;
      setImmediate(() => {
        if (open && chunks === before) act(takeSilence(framer));
      });
    }, parts.silenceMs);
  };
  return {
    take: (chunk) => {
      if (!open) return;
      chunks++;
      // A two-wire line gives back what is sent, as it is sent, before anybody answers.
      if (responder.echoes()) write(chunk);
      act(takeBytes(framer, chunk));
      if (framer.deaf || framer.bytes.length > 0) waitForSilence();
      else clearTimeout(silence);
    },
    close: () => {
      open = false;
      clearTimeout(silence);
      for (const timer of pending) clearTimeout(timer);
    },
  };
}
