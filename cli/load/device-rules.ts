/** What a profile's shape cannot say: how the fields of a register go together, and whether its keys are its own. */
import type { ProfileRow, RegisterRow } from '#cli/load/device-schema.ts';
import { REGISTER_TYPES, type RegisterType, spanOf } from '#model/device-profile.ts';
import { QUANTITIES } from '#model/quantity.ts';

export type Path = readonly (string | number)[];
export type Found = { readonly path: Path; readonly kind: string; readonly message: string; readonly mend?: string };

/** Where a plain count of this type wraps at the latest; a type that is not here cannot count. */
const TOPS: { readonly [type in RegisterType]?: number } = {
  uint8High: 2 ** 8,
  uint8Low: 2 ** 8,
  uint16: 2 ** 16,
  bcd16: 10 ** 4,
  uint32: 2 ** 32,
  bcd32: 10 ** 8,
  uint64: Number.MAX_SAFE_INTEGER,
};
const UNSIGNED: readonly RegisterType[] = ['uint8High', 'uint8Low', 'uint16', 'uint32'];

type Add = (key: string, kind: string, message: string, mend: string) => void;

function checkCounter(register: RegisterRow, add: Add): void {
  const { kind } = QUANTITIES[register.quantity];
  const { counter, type, quantity } = register;
  if ((kind === 'increment') !== (counter !== null))
    add(
      counter === null ? 'quantity' : 'counter',
      'counter',
      kind === 'increment' ? `${quantity} is an amount since the previous reading` : `${quantity} is not counted`,
      kind === 'increment' ? 'give the counter with its modulus' : 'leave counter out',
    );
  if (counter === null) return;
  const top = TOPS[type];
  if (top === undefined)
    add('type', 'counter', `a counter cannot be ${type}`, `take one of ${Object.keys(TOPS).join(', ')}`);
  else if (counter.modulus > top)
    add('counter', 'counter', `${type} wraps at ${top} at the latest`, `write modulus: ${top}`);
  for (const key of ['bits', 'codes', 'decimals'] as const)
    if (register[key] !== undefined) add(key, 'counter', `a counter has no ${key}`, `leave ${key} out`);
}

function checkField(register: RegisterRow, add: Add): void {
  const { bits, codes, decimals, type } = register;
  if (bits !== undefined) {
    const width = type === 'uint32' ? 32 : type === 'uint16' ? 16 : 8;
    if (!UNSIGNED.includes(type))
      add('bits', 'bits', `a field of bits cannot be cut from ${type}`, `take one of ${UNSIGNED.join(', ')}`);
    else if (bits.mask >= 2 ** width)
      add('bits', 'bits', `the mask is wider than ${type}`, `keep it below ${2 ** width}`);
    else if (bits.mask >>> bits.shift === 0)
      add('bits', 'bits', 'the shift pushes the whole field out', 'shift by the zeros below the mask');
  }
  if (codes !== undefined && decimals !== undefined)
    add('codes', 'codes', 'a code has no decimals', 'leave one of the two out');
  if (decimals === undefined) return;
  if (register.functionCode <= 2) add('decimals', 'decimals', 'a bit has no decimals', 'leave decimals out');
  const at = decimals.address - register.address;
  if (at >= 0 && at < REGISTER_TYPES[type].words)
    add('decimals', 'decimals', 'the decimals register lies inside the value', 'give its own address');
}

function checkWrite(register: RegisterRow, add: Add): void {
  const { write, functionCode } = register;
  if (write === undefined) return;
  const isCoil = write.functionCode === 5 || write.functionCode === 15;
  if (isCoil !== (functionCode === 1) || functionCode === 2 || functionCode === 4)
    add(
      'write',
      'write',
      `function ${write.functionCode} does not write what function ${functionCode} reads`,
      'coils are read by 1 and written by 5 or 15, registers by 3 and 6 or 16',
    );
  else if (isCoil && (write.on > 1 || write.off > 1)) add('write', 'write', 'a coil is 1 or 0', 'write on: 1, off: 0');
  if (write.on === write.off) add('write', 'write', 'on and off are the same', 'correct one of them');
  if (REGISTER_TYPES[register.type].words > 1)
    add('write', 'write', `an output is one register, not ${register.type}`, 'take uint16');
}

function checkRegister(register: RegisterRow, path: Path, maxPerRead: number): Found[] {
  const found: Found[] = [];
  const add: Add = (key, kind, message, mend) => found.push({ path: [...path, key], kind, message, mend });
  const { type, functionCode, repeat } = register;
  if (functionCode <= 2 && type !== 'uint16')
    add('type', 'bit-type', 'a coil or discrete input is one bit', 'write type: uint16');
  const span = spanOf(register);
  const last = span.address + span.count + (repeat === undefined ? 0 : (repeat.count - 1) * repeat.step);
  if (last > 0x10000)
    add('address', 'address', `${type} at ${register.address} passes register 65535`, 'lower the address');
  if (span.count > maxPerRead)
    add(
      register.decimals === undefined ? 'type' : 'decimals',
      'read-size',
      `${type} needs ${span.count} registers in one read`,
      'raise maxRegistersPerRead',
    );
  if (register.plausible.min > register.plausible.max)
    add('plausible', 'range', 'min is above max', 'exchange min and max');
  const isPattern = `${register.key} ${register.name}`.includes('{n}');
  if (repeat !== undefined && !register.key.includes('{n}'))
    add('key', 'repeat', 'a repeated register needs {n} in its key', 'write for example detector-{n}');
  if (repeat === undefined && isPattern)
    add('key', 'repeat', '{n} stands without "repeat"', 'add repeat, or write the number');
  checkCounter(register, add);
  checkField(register, add);
  checkWrite(register, add);
  return found;
}

/** The keys that a row stands for, in the order of their registers. */
export const keysOf = ({ key, repeat }: Pick<RegisterRow, 'key' | 'repeat'>): readonly string[] =>
  repeat === undefined
    ? [key]
    : Array.from({ length: repeat.count }, (_, index) => key.replaceAll('{n}', String(index + 1)));

export function checkProfile(profile: ProfileRow): readonly Found[] {
  const seen = new Set<string>();
  const found = profile.registers.flatMap((register, index) => {
    const path = ['registers', index];
    const own = checkRegister(register, path, profile.maxRegistersPerRead);
    const twice = keysOf(register).find((key) => seen.has(key));
    for (const key of keysOf(register)) seen.add(key);
    if (twice === undefined) return own;
    const message = `key ${twice} is there twice`;
    return [
      ...own,
      { path: [...path, 'key'], kind: 'duplicate', message, mend: 'give every register a key of its own' },
    ];
  });
  profile.examples.forEach((example, index) => {
    const path = ['examples', index];
    for (const part of ['values', 'writes'] as const)
      for (const key of Object.keys(example[part] ?? {}))
        if (!seen.has(key)) {
          const message = `there is no register ${key}`;
          found.push({ path: [...path, part, key], kind: 'unknown-register', message, mend: 'name one of the keys' });
        }
  });
  if (profile.verified && profile.examples.length === 0)
    found.push({
      path: ['verified'],
      kind: 'unproven',
      message: 'a verified profile has at least one example frame',
      mend: 'add examples, or write verified: false',
    });
  return found;
}
