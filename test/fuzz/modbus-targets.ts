/** Modbus replies by RTU and TCP, and who a DTU says it is. */
import { whoDials } from '#edge/io/dtu-listener.ts';
import { type Request, scanReply } from '#edge/modbus/frame.ts';
import { scanBody, takeReply } from '#edge/modbus/mbap.ts';
import { findReply } from '#edge/modbus/received.ts';
import { crc16Slow } from '#test/fuzz/checksums.ts';
import type { FuzzTarget, Verdict } from '#test/fuzz/targets.ts';

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replace(/\s/g, ''), 'hex'));

const REQUESTS: readonly Request[] = [
  { unitId: 1, functionCode: 3, address: 0, count: 2 },
  { unitId: 2, functionCode: 3, address: 2, count: 2 },
  { unitId: 1, functionCode: 3, address: 4, count: 1 },
  { unitId: 0xc0, functionCode: 4, address: 8, count: 2 },
];

const hasCrc = (bytes: Uint8Array, length: number): boolean =>
  crc16Slow(bytes.subarray(0, length - 2)) === ((bytes[length - 2] as number) | ((bytes[length - 1] as number) << 8));

function run(bytes: Uint8Array): Verdict {
  let accepted = false;
  for (const request of REQUESTS) {
    const scan = scanReply(request, bytes);
    if (scan.kind === 'reply' || scan.kind === 'exception') {
      accepted = true;
      if (!hasCrc(bytes, scan.length)) return { accepted, finding: 'a reply with a wrong checksum was taken' };
    }
    const owed = new Map(REQUESTS.map((other) => [other.unitId, other]));
    const how = { request, echoes: true, echoSeen: false, owed, idlePackets: [hex('FE')] };
    const found = findReply(bytes, how);
    if (found.rest.length > bytes.length) return { accepted, finding: 'more bytes are left than came' };
  }
  return { accepted };
}

function repair(bytes: Uint8Array): Uint8Array {
  const end = Math.min(bytes.length, 3 + (bytes[2] ?? 0));
  const crc = crc16Slow(bytes.subarray(0, end));
  return Uint8Array.of(...bytes.subarray(0, end), crc & 0xff, crc >> 8);
}

const AWAITED = 0x1501;

/** What is taken begins with the header that was awaited, and with the unit and the function that were asked. */
function runTcp(bytes: Uint8Array): Verdict {
  const taken = takeReply(bytes, (transaction) => transaction === AWAITED);
  if (taken.kind !== 'adu') return { accepted: false };
  if (taken.length > bytes.length) return { accepted: true, finding: 'a frame is longer than what came' };
  let accepted = false;
  for (const request of REQUESTS) {
    const scan = scanBody(request, taken.body);
    if (scan.kind !== 'reply' && scan.kind !== 'exception') continue;
    accepted = true;
    const head = [...bytes.subarray(0, 4), bytes[6], (bytes[7] ?? 0) & 0x7f];
    const asked = [AWAITED >> 8, AWAITED & 0xff, 0, 0, request.unitId, request.functionCode];
    if (head.some((byte, at) => byte !== asked[at])) return { accepted, finding: 'a foreign frame was taken' };
    if (scan.length !== taken.body.length + 2) return { accepted, finding: 'a frame of another length was taken' };
  }
  return { accepted };
}

const KNOWN = [
  { registration: hex('4454553031'), heartbeat: hex('FE') },
  { registration: hex('383634303034'), heartbeat: undefined },
];

export const modbusTargets: readonly FuzzTarget[] = [
  {
    name: 'modbus-rtu',
    seeds: [
      '01 03 04 00 00 30 39 2E 21',
      '02 03 04 00 00 38 54 DB 0C',
      '01 83 02 C0 F1',
      '01 03 02 FF CE 78 20',
      'C0 04 04 23 45 00 01 F0 D9',
    ].map(hex),
    run,
    repair,
  },
  {
    name: 'modbus-tcp',
    seeds: [
      '1501 0000 0007 01 03 04 0000 3039',
      '1501 0000 0007 02 03 04 0000 3854',
      '1501 0000 0003 01 83 02',
      '1501 0000 0005 01 03 02 FFCE',
      '1501 0000 0007 C0 04 04 2345 0001',
    ].map(hex),
    run: runTcp,
  },
  {
    name: 'dtu-registration',
    seeds: ['4454553031', 'FEFE4454553031010304', '383634303034FE'].map(hex),
    run: (bytes) => {
      const who = whoDials(bytes, KNOWN);
      const registration = who === undefined ? undefined : KNOWN[who.index]?.registration;
      if (who === undefined || registration === undefined) return { accepted: who !== undefined };
      const isThere = Buffer.from(bytes).includes(Buffer.from(registration));
      return isThere ? { accepted: true } : { accepted: true, finding: 'a DTU was known that did not register' };
    },
  },
];
