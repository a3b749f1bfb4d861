/** One stream of bytes from stations (a connection or a serial port): finds frames, joins packets, answers. */
import type { LinkConfig } from '../../model/edge-config.ts';
import type { StageContext } from '../../model/ports.ts';
import { hearSl427, hearSl651, refuseSl651 } from '../link/hear.ts';
import { createSl427Scanner } from '../sl427/scan.ts';
import { encodePacketRequest } from '../sl651/encode.ts';
import type { Sl651Frame } from '../sl651/frame.ts';
import { type Assembly, addPacket, firstMissing } from '../sl651/reassemble.ts';
import { createSl651Scanner } from '../sl651/scan.ts';
import type { Hearing } from './link-hearing.ts';

export type LinkSession = {
  readonly push: (bytes: Uint8Array) => void;
  readonly close: () => void;
};

type Write = (bytes: Uint8Array) => void;

/** A missing packet is asked for after this silence, so often; then the message is given up and the station sends anew. */
const PACKET_SILENCE_MS = 5_000;
const MAX_ASKED = 3;
const MAX_ASSEMBLIES = 16;

export function openLinkSession(link: LinkConfig, ctx: StageContext, hearing: Hearing, write: Write): LinkSession {
  return link.protocol === 'sl651' ? openSl651(link, ctx, hearing, write) : openSl427(link, hearing, write);
}

function reply(hearing: Hearing, heard: Parameters<Hearing['take']>[0], write: Write): void {
  const answer = hearing.take(heard);
  if (answer !== undefined) write(answer);
}

function openSl427(link: LinkConfig, hearing: Hearing, write: Write): LinkSession {
  const scanner = createSl427Scanner();
  return {
    push: (bytes) => {
      const { frames, faults } = scanner.push(bytes);
      for (const fault of faults) hearing.count(fault);
      for (const frame of frames) reply(hearing, hearSl427(link, frame), write);
    },
    close: () => undefined,
  };
}

/** Of a message's first packet; 0 while that one is missing itself. */
function serialOf(head: Sl651Frame): number {
  if (head.packet?.sequence !== 1) return 0;
  const [high = 0, low = 0] = head.body;
  return head.form === 'hex'
    ? high * 256 + low
    : Number.parseInt(String.fromCharCode(...head.body.subarray(0, 4)), 16) || 0;
}

function openSl651(link: LinkConfig, ctx: StageContext, hearing: Hearing, write: Write): LinkSession {
  const scanner = createSl651Scanner();
  const { assemblies } = hearing;
  /** Stations whose packets came here: this session asks for what is missing. */
  const mine = new Set<string>();

  const askAgain = (station: string, assembly: Assembly): void => {
    if (assembly.asked >= MAX_ASKED) {
      assemblies.delete(station);
      hearing.count('packets-given-up');
      return;
    }
    const sequence = firstMissing(assembly);
    const { head, func, total } = assembly;
    const serial = serialOf(head);
    assemblies.set(station, { ...assembly, asked: assembly.asked + 1, lastMs: performance.now() });
    hearing.count('packet-asked');
    write(encodePacketRequest(head, { func, serial, packet: { total, sequence } }, ctx.clock.nowMs()));
  };

  const timer = setInterval(() => {
    for (const station of mine) {
      const assembly = assemblies.get(station);
      if (assembly === undefined) mine.delete(station);
      else if (performance.now() - assembly.lastMs > PACKET_SILENCE_MS) askAgain(station, assembly);
    }
  }, 500);
  timer.unref();

  const takePacket = (frame: Sl651Frame): void => {
    const refusal = refuseSl651(link, frame);
    if ('kind' in refusal) {
      hearing.take(refusal);
      return;
    }
    if (!assemblies.has(frame.station) && assemblies.size >= MAX_ASSEMBLIES) {
      hearing.count('packets-given-up');
      return;
    }
    const before = assemblies.get(frame.station);
    const joined = addPacket(before, frame, performance.now());
    if (joined.kind === 'waiting') {
      assemblies.set(frame.station, joined.assembly);
      mine.add(frame.station);
      hearing.count('packet');
      // The last one is there, or one that was asked for came: the next that is missing is asked for at once.
      const isLast = frame.packet?.sequence === frame.packet?.total;
      if (isLast || (before?.asked ?? 0) > 0) askAgain(frame.station, joined.assembly);
      return;
    }
    assemblies.delete(frame.station);
    if (joined.kind === 'too-large') hearing.count('packets-given-up');
    else reply(hearing, hearSl651(link, joined.frame, joined.body), write);
  };

  return {
    push: (bytes) => {
      const { frames, faults } = scanner.push(bytes);
      for (const fault of faults) hearing.count(fault);
      for (const frame of frames) {
        if (frame.packet !== null && frame.packet.total > 1) takePacket(frame);
        else reply(hearing, hearSl651(link, frame, frame.body), write);
      }
    },
    close: () => {
      clearInterval(timer);
      for (const station of mine) assemblies.delete(station);
    },
  };
}
