/** Decides what a unit does with functions 05, 06, 15 and 16 (Modbus application protocol 6.5, 6.6, 6.11, 6.12). */
import { type DeviceProfile, REGISTER_TYPES } from '#model/device-profile.ts';
import type { Table } from '#simulators/memory.ts';

export type WriteFunction = 5 | 6 | 15 | 16;
/** Where a unit takes writes, by table. */
export type Writable = { readonly [table in Table]: ReadonlySet<number> };
export type JudgedWrite =
  | {
      readonly kind: 'write';
      readonly table: Table;
      readonly address: number;
      readonly values: readonly number[];
      /** What the unit answers when it has done it. */
      readonly echo: Uint8Array;
    }
  | { readonly kind: 'exception'; readonly code: 1 | 2 | 3 };

const ILLEGAL_FUNCTION = 1;
const ILLEGAL_ADDRESS = 2;
const ILLEGAL_VALUE = 3;
const MAX_BITS = 1968;
const MAX_WORDS = 123;
const COIL_ON = 0xff00;

export const isWriteFunction = (functionCode: number): functionCode is WriteFunction =>
  functionCode === 5 || functionCode === 6 || functionCode === 15 || functionCode === 16;

/** The addresses that the profile says can be written. */
export function writableOf(profile: DeviceProfile): Writable {
  const coil = new Set<number>();
  const register = new Set<number>();
  for (const { write, address, type } of profile.registers) {
    if (write === undefined) continue;
    if (write.functionCode === 5 || write.functionCode === 15) coil.add(address);
    else for (let word = 0; word < REGISTER_TYPES[type].words; word++) register.add(address + word);
  }
  return { coil, register };
}

const wordAt = (pdu: Uint8Array, at: number): number => ((pdu[at] ?? 0) << 8) | (pdu[at + 1] ?? 0);

function valuesOf(functionCode: WriteFunction, pdu: Uint8Array): readonly number[] | undefined {
  if (functionCode === 5 || functionCode === 6) {
    const value = wordAt(pdu, 3);
    if (pdu.length !== 5) return undefined;
    if (functionCode === 6) return [value];
    return value === COIL_ON ? [1] : value === 0 ? [0] : undefined;
  }
  const count = wordAt(pdu, 3);
  const byteCount = functionCode === 15 ? Math.ceil(count / 8) : count * 2;
  const most = functionCode === 15 ? MAX_BITS : MAX_WORDS;
  if (count < 1 || count > most || pdu[5] !== byteCount || pdu.length !== 6 + byteCount) return undefined;
  return Array.from({ length: count }, (_, index) =>
    functionCode === 15 ? ((pdu[6 + (index >> 3)] ?? 0) >> (index & 7)) & 1 : wordAt(pdu, 6 + index * 2),
  );
}

/** All of a write is done or none of it. */
export function judgeWrite(functionCode: WriteFunction, pdu: Uint8Array, writable: Writable): JudgedWrite {
  const table: Table = functionCode === 5 || functionCode === 15 ? 'coil' : 'register';
  if (writable[table].size === 0) return { kind: 'exception', code: ILLEGAL_FUNCTION };
  const values = valuesOf(functionCode, pdu);
  if (values === undefined) return { kind: 'exception', code: ILLEGAL_VALUE };
  const address = wordAt(pdu, 1);
  if (values.some((_, index) => !writable[table].has(address + index)))
    return { kind: 'exception', code: ILLEGAL_ADDRESS };
  return { kind: 'write', table, address, values, echo: pdu.slice(0, 5) };
}
