/** One virtual unit: answers a request PDU as the device profile says, from values that somebody else decides. */
import type { AliveSpec, DeviceProfile, RegisterSpec } from '#model/device-profile.ts';
import { spanOf, wholeBytesOf } from '#model/device-profile.ts';
import { isWriteFunction, judgeWrite, type Writable, writableOf } from '#simulators/device-write.ts';
import { createMemory, type Memory } from '#simulators/memory.ts';
import { type Placed, placeRaw, rawOf } from '#simulators/registers.ts';

/** What was read from a unit or written to it, word by word; bits count as words of 0 and 1. */
export type Served = { readonly functionCode: number; readonly address: number; readonly values: readonly number[] };
export type Answer =
  | {
      readonly kind: 'reply';
      readonly pdu: Uint8Array;
      readonly served: Served | null;
      /** Done by the time of the answer, whatever becomes of the answer. */
      readonly written: Served | null;
    }
  | { readonly kind: 'silent' };

export type Device = {
  readonly unitId: number;
  /** `asOfMs`: the values are those of that instant, for a unit whose block is frozen. */
  readonly answer: (pdu: Uint8Array, nowMs: number, asOfMs?: number) => Answer;
};

/** A value in the quantity's unit, or null when the device has none at `asOfMs`. */
export type ValueSource = (register: RegisterSpec, nowMs: number, asOfMs: number) => number | null;

const EXCEPTION = { illegalFunction: 1, illegalAddress: 2, illegalValue: 3 } as const;
const exception = (functionCode: number, code: number): Answer => ({
  kind: 'reply',
  pdu: Uint8Array.of(functionCode | 0x80, code),
  served: null,
  written: null,
});
const word = (pdu: Uint8Array, at: number): number => ((pdu[at] ?? 0) << 8) | (pdu[at + 1] ?? 0);

type Words =
  | { readonly kind: 'words'; readonly words: readonly number[] }
  | { readonly kind: 'exception'; readonly code: number }
  | { readonly kind: 'silent' };
type Moment = { readonly nowMs: number; readonly asOfMs: number };
type WordSource = (functionCode: number, address: number, count: number, moment: Moment) => Words;

function readReply(functionCode: number, address: number, words: readonly number[]): Answer {
  const served = { functionCode, address, values: words };
  if (functionCode <= 2) {
    const pdu = new Uint8Array(2 + Math.ceil(words.length / 8));
    pdu[0] = functionCode;
    pdu[1] = pdu.length - 2;
    words.forEach((bit, index) => {
      if (bit !== 0) pdu[2 + (index >> 3)] = (pdu[2 + (index >> 3)] ?? 0) | (1 << (index & 7));
    });
    return { kind: 'reply', pdu, served, written: null };
  }
  const pdu = new Uint8Array(2 + words.length * 2);
  pdu[0] = functionCode;
  pdu[1] = words.length * 2;
  words.forEach((value, index) => {
    pdu[2 + index * 2] = value >> 8;
    pdu[3 + index * 2] = value & 0xff;
  });
  return { kind: 'reply', pdu, served, written: null };
}

function answerRead(source: WordSource, pdu: Uint8Array, moment: Moment): Answer {
  const functionCode = pdu[0] ?? 0;
  if (functionCode < 1 || functionCode > 4) return exception(functionCode, EXCEPTION.illegalFunction);
  if (pdu.length !== 5) return exception(functionCode, EXCEPTION.illegalValue);
  const address = word(pdu, 1);
  const count = word(pdu, 3);
  if (count < 1 || count > (functionCode <= 2 ? 2000 : 125)) return exception(functionCode, EXCEPTION.illegalValue);
  if (address + count > 0x1_0000) return exception(functionCode, EXCEPTION.illegalAddress);
  const got = source(functionCode, address, count, moment);
  switch (got.kind) {
    case 'words':
      return readReply(functionCode, address, got.words);
    case 'exception':
      return exception(functionCode, got.code);
    case 'silent':
      return got;
    default:
      return got satisfies never;
  }
}

const isBit = (spec: RegisterSpec): boolean => spec.functionCode <= 2;

function placeValue(spec: RegisterSpec, value: number | null): Placed | undefined {
  if (value === null) {
    const [sentinel] = spec.sentinels;
    return sentinel === undefined ? undefined : placeRaw(spec, sentinel);
  }
  const raw = rawOf(spec, value);
  return isBit(spec) ? { address: spec.address, words: [raw === 0 ? 0 : 1], masks: [1] } : placeRaw(spec, raw);
}

/** What masters have written stands before what the device measures. */
function overlay(words: number[], functionCode: number, address: number, memory: Memory, asOfMs: number): void {
  const table = functionCode === 1 ? 'coil' : functionCode === 3 ? 'register' : undefined;
  if (table === undefined) return;
  for (let at = 0; at < words.length; at++) words[at] = memory.at(table, address + at, asOfMs) ?? words[at] ?? 0;
}

/** The sign of life moves twice within the time that it is allowed to stand still. */
function placeSign(words: number[], address: number, alive: AliveSpec, asOfMs: number): void {
  const count = Math.floor(asOfMs / (alive.withinMs / 2));
  for (let index = 0; index < alive.count; index++) {
    const at = alive.address + index - address;
    if (at >= 0 && at < words.length) words[at] = index === alive.count - 1 ? count & 0xffff : 0;
  }
}

type RegisterMap = { readonly specs: readonly RegisterSpec[]; readonly first: number; readonly end: number };

function mapOf(profile: DeviceProfile, functionCode: number): RegisterMap | undefined {
  const specs = profile.registers.filter((spec) => spec.functionCode === functionCode);
  const isWhole = functionCode <= 2 && profile.wholeBytes === true;
  const alive = profile.alive?.functionCode === functionCode ? [profile.alive] : [];
  const spans = [...specs.map((spec) => (isWhole ? wholeBytesOf(spanOf(spec)) : spanOf(spec))), ...alive];
  if (spans.length === 0) return undefined;
  return {
    specs,
    first: Math.min(...spans.map((span) => span.address)),
    end: Math.max(...spans.map((span) => span.address + span.count)),
  };
}

function profileWords(profile: DeviceProfile, readValue: ValueSource, memory: Memory): WordSource {
  const maps = new Map([1, 2, 3, 4].map((functionCode) => [functionCode, mapOf(profile, functionCode)]));
  return (functionCode, address, count, { nowMs, asOfMs }) => {
    const map = maps.get(functionCode);
    if (map === undefined) return { kind: 'exception', code: EXCEPTION.illegalFunction };
    // Between two registers of its map a device answers 0; outside of the map it refuses.
    if (address < map.first || address + count > map.end) return { kind: 'exception', code: EXCEPTION.illegalAddress };
    const words = new Array<number>(count).fill(0);
    for (const spec of map.specs) {
      const span = spanOf(spec);
      if (span.address + span.count <= address || span.address >= address + count) continue;
      const own = placeValue(spec, readValue(spec, nowMs, asOfMs));
      if (own === undefined) return { kind: 'silent' };
      own.words.forEach((value, index) => {
        const at = own.address + index - address;
        const mask = own.masks[index] ?? 0;
        // A byte or a bit field leaves the rest of its register to others.
        if (at >= 0 && at < count) words[at] = ((words[at] ?? 0) & ~mask) | (value & mask);
      });
    }
    if (profile.alive?.functionCode === functionCode) placeSign(words, address, profile.alive, asOfMs);
    overlay(words, functionCode, address, memory, asOfMs);
    return { kind: 'words', words };
  };
}

function answerWrite(writable: Writable, memory: Memory, pdu: Uint8Array, nowMs: number): Answer {
  const functionCode = pdu[0] ?? 0;
  if (!isWriteFunction(functionCode)) return exception(functionCode, EXCEPTION.illegalFunction);
  const judged = judgeWrite(functionCode, pdu, writable);
  if (judged.kind === 'exception') return exception(functionCode, judged.code);
  const { table, address, values, echo } = judged;
  for (const [index, value] of values.entries()) memory.write(table, address + index, value, nowMs);
  return { kind: 'reply', pdu: echo, served: null, written: { functionCode, address, values } };
}

/**
 * A unit of a real model. A value that is missing is the profile's first sentinel; without one the unit stays silent.
 * What is written to it is forgotten when the simulator ends, as a relay falls off when its supply is gone.
 */
export function createDevice(unitId: number, profile: DeviceProfile, readValue: ValueSource): Device {
  const memory = createMemory();
  const source = profileWords(profile, readValue, memory);
  const writable = writableOf(profile);
  return {
    unitId,
    answer: (pdu, nowMs, asOfMs = nowMs) =>
      isWriteFunction(pdu[0] ?? 0)
        ? answerWrite(writable, memory, pdu, nowMs)
        : answerRead(source, pdu, { nowMs, asOfMs }),
  };
}

/** Every register holds unit × 1000 + address, so a reader that mixes two units or addresses is found out. */
export function createEchoDevice(unitId: number): Device {
  const source: WordSource = (_functionCode, address, count) => ({
    kind: 'words',
    words: Array.from({ length: count }, (_, index) => (unitId * 1000 + address + index) & 0xffff),
  });
  return { unitId, answer: (pdu, nowMs) => answerRead(source, pdu, { nowMs, asOfMs: nowMs }) };
}
