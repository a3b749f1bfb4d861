/** SL 651 in both forms and SL/T 427: frame, stream, and what a report becomes. */
import { judgeOutcome } from '#edge/acquire/judge.ts';
import { hearSl427, hearSl651 } from '#edge/link/hear.ts';
import { type LinkItem, takeReport } from '#edge/link/take-report.ts';
import { readSl427Frame } from '#edge/sl427/frame.ts';
import { decodeSl427, sl427Json } from '#edge/sl427/report.ts';
import { createSl427Scanner } from '#edge/sl427/scan.ts';
import { SL651_ELEMENTS } from '#edge/sl651/elements.ts';
import { addPacket } from '#edge/sl651/reassemble.ts';
import { decodeSl651, sl651Json } from '#edge/sl651/report.ts';
import { createSl651Scanner } from '#edge/sl651/scan.ts';
import type { LinkConfig, StationConfig } from '#model/edge-config.ts';
import { encodePicture, encodeReport, type StationIdentity } from '#simulators/sl651/encode.ts';
import { countFrames, crc8Slow, crc16Slow, sl427Length, sl651Length } from '#test/fuzz/checksums.ts';
import type { FuzzTarget, Verdict } from '#test/fuzz/targets.ts';

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'));
const NOW = Date.UTC(2026, 5, 1, 4);

function linkOf(protocol: LinkConfig['protocol'], station: string, elements: readonly string[]): LinkConfig {
  const sensors = elements.map((element) => ({ sensorId: element, element }));
  const one: StationConfig = { station, centre: 1, password: '1234', reportMs: 3_600_000, sensors };
  return { id: 'l', protocol, kind: 'tcp-listen', host: '127.0.0.1', port: 1, stations: [one] };
}
const HYDRO = linkOf('sl651', '0012345678', [...SL651_ELEMENTS.keys(), '45-0', '45-7', '45-10']);
const WATER = linkOf('sl427', '0102030405', ['rain-total', 'level-1', 'level-2', 'flow-1', 'velocity-1', 'voltage']);

/** Every outcome judged: a reading has a whole number or a reason. */
function taken(link: LinkConfig, items: readonly LinkItem[], sendTimeMs: number | null): string | undefined {
  const [station] = link.stations;
  if (station === undefined) return 'no station';
  const context = { receivedAtMs: NOW, ownClockSure: true, sendTimeMs, note: () => undefined };
  const { outcomes } = takeReport(link.protocol, 'p', station, items, context);
  for (const outcome of outcomes) {
    const { reading } = judgeOutcome(outcome, {}, 'synced');
    if (!Number.isSafeInteger(reading.measuredAtMs)) return 'a reading without an instant';
    if (reading.quality !== 'bad' && !Number.isInteger(reading.value)) return 'a value that is no whole number';
    if (reading.measuredAtMs > NOW + 600_000) return 'a reading of the future';
  }
  return undefined;
}

/** A stream never gives more frames than there are right checksums in it, however it is cut. */
function streamed(bytes: Uint8Array): string | undefined {
  const scanner = createSl651Scanner();
  const middle = bytes.length >> 1;
  const frames = [bytes.subarray(0, middle), bytes.subarray(middle)].flatMap((part) => scanner.push(part).frames);
  if (frames.length > 0 && frames.length > countFrames(bytes, sl651Length)) return 'a stream gave a frame that is none';
  let assembly: Parameters<typeof addPacket>[0];
  for (const frame of frames) {
    if (frame.packet === null) continue;
    const joined = addPacket(assembly, frame, 0);
    assembly = joined.kind === 'waiting' ? joined.assembly : undefined;
  }
  return undefined;
}

function runSl651(bytes: Uint8Array): Verdict {
  const stream = streamed(bytes);
  if (stream !== undefined) return { accepted: true, finding: stream };
  const decoded = decodeSl651(bytes);
  if (!decoded.ok) {
    const { offset } = decoded.error;
    return offset >= 0 && offset <= bytes.length
      ? { accepted: false }
      : { accepted: false, finding: `offset ${offset} of ${bytes.length}` };
  }
  const { frame, report } = decoded.value;
  if (sl651Length(bytes) !== frame.length)
    return { accepted: true, finding: 'a frame with a wrong checksum was taken' };
  JSON.stringify(sl651Json(frame, report));
  const heard = hearSl651(HYDRO, frame, frame.body);
  if (heard.kind === 'heard') heard.reply?.(NOW);
  const finding = taken(HYDRO, report.items, report.sendTimeMs);
  return finding === undefined ? { accepted: true } : { accepted: true, finding };
}

function runSl427(bytes: Uint8Array): Verdict {
  const scanner = createSl427Scanner();
  const { frames } = scanner.push(bytes);
  if (frames.length > 0 && frames.length > countFrames(bytes, sl427Length))
    return { accepted: true, finding: 'a stream gave a frame that is none' };
  const frame = readSl427Frame(bytes);
  if (!frame.ok) return { accepted: false };
  if (sl427Length(bytes) !== frame.value.length)
    return { accepted: true, finding: 'a frame with a wrong checksum was taken' };
  hearSl427(WATER, frame.value);
  const decoded = decodeSl427(bytes);
  if (!decoded.ok) return { accepted: true };
  JSON.stringify(sl427Json(decoded.value.frame, decoded.value.report));
  const finding = taken(WATER, decoded.value.report.items, decoded.value.report.observedAtMs);
  return finding === undefined ? { accepted: true } : { accepted: true, finding };
}

/** The declared length is kept, and bytes are put there that agree with it. */
function repairHex(bytes: Uint8Array): Uint8Array {
  const end = Math.min(bytes.length, 14 + ((((bytes[11] ?? 0) & 0xf) << 8) | (bytes[12] ?? 0)));
  const open = Uint8Array.of(...bytes.subarray(0, end), 3);
  if (open.length >= 15) {
    open[11] = ((open[11] as number) & 0xf0) | ((end - 14) >> 8);
    open[12] = (end - 14) & 0xff;
  }
  const crc = crc16Slow(open);
  return Uint8Array.of(...open, crc >> 8, crc & 0xff);
}
function repairAscii(bytes: Uint8Array): Uint8Array {
  const end = Math.max(24, bytes.length - 5);
  const open = Uint8Array.of(...bytes.subarray(0, end), 3);
  if (bytes.length < 24) return open;
  open.set(
    Buffer.from(
      Math.min(4_095, end - 24)
        .toString(16)
        .padStart(3, '0'),
    ),
    20,
  );
  return Uint8Array.of(...open, ...Buffer.from(crc16Slow(open).toString(16).toUpperCase().padStart(4, '0')));
}
function repairSl427(bytes: Uint8Array): Uint8Array {
  const inner = bytes.subarray(3, Math.max(3, Math.min(258, bytes.length - 2)));
  return Uint8Array.of(0x68, inner.length, 0x68, ...inner, crc8Slow(inner), 0x16);
}

const who = (form: StationIdentity['form']): StationIdentity => ({
  ...{ station: '0012345678', centre: 1, password: '1234', stationClass: 'H', form },
});
const report = (form: StationIdentity['form'], func: string): Uint8Array =>
  encodeReport(who(form), {
    ...{ func, serial: 7, sendTimeMs: NOW },
    groups: [
      { observedAtMs: NOW - 3_300_000, elements: [], rainHour: [5, 0, null, 1, 2, 3, 4, 5, 6, 7, 8, 9] },
      {
        observedAtMs: NOW,
        elements: [
          { id: '26', value: '1314.3', bytes: 3 },
          { id: '39', value: '-14.420', bytes: 4 },
          { id: '38', value: null, bytes: 2 },
          { id: '45', value: '00000481', bytes: 4 },
        ],
      },
    ],
  });

const PUBLISHED = [
  '7E7E020012345678000A2F000802000C14120509435703FB2D',
  '7E7E02001234567804D232002B020012141205110002F1F1001234567848F0F014120511002019000100261900010039230001442038121220039FE1',
  '7E7E05001122334403E8340068020033170718110014F1F1001122334448F0F01707181005F4600500000014FFFFFFFFFF0000F0F017071811002619000040F0F01707181005F5C0000C000C001C00310031FFFFFFFFFFFFFFFFFFFF00310031F0F0170718110039230001049020190000403812109903F502',
  '7E7E05001122334403E838002A020035170718110128F1F1001122334448F0F017071810050418000005F4600500000014FFFFFFFFFF000003E8AB',
  '7E7E0010000000060000460015020150221206133007F1F11000000006452000000481031603',
];

export const linkTargets: readonly FuzzTarget[] = [
  {
    name: 'sl651-hex',
    seeds: [
      ...PUBLISHED.map(hex),
      ...['32', '34', '30', '37'].map((func) => report('hex', func)),
      ...encodePicture(who('hex'), { serial: 5, sendTimeMs: NOW, observedAtMs: NOW, jpeg: new Uint8Array(200) }, 90),
    ],
    run: runSl651,
    repair: repairHex,
  },
  {
    name: 'sl651-ascii',
    seeds: ['32', '34', '2F'].map((func) => report('ascii', func)),
    run: runSl651,
    repair: repairAscii,
  },
  {
    name: 'sl427',
    seeds: [
      '681568B40102030405C05545040020700030151412052600AD16',
      '680868800102030405020000000000F216',
      '681668B20102030405C02044010015000 0F0'.replace(/\s/g, ''),
    ]
      .map(hex)
      .map((bytes, index) => (index === 0 ? bytes : repairSl427(bytes))),
    run: runSl427,
    repair: repairSl427,
  },
];
