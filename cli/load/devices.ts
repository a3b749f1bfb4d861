/** Reads a device profile: a YAML file under devices/ becomes a `DeviceProfile`, or a list of findings with their places. */
import { isMap, isPair, isScalar, LineCounter, type Node, parseDocument } from 'yaml';
import { z } from 'zod';
import { type DeviceProfile, REGISTER_TYPES, type RegisterSpec, type RegisterType } from '#model/device-profile.ts';
import { isQuantityCode, QUANTITIES, type QuantityCode } from '#model/quantity.ts';
import { err, type Lint, ok, type Result } from '#model/result.ts';

/** Modbus application protocol 1.1b3, 6.1–6.4: registers and bits that one reply can carry. */
const MAX_REGISTERS = 125;
const KEY = /^[A-Za-z0-9_-]{1,64}$/;
const TYPES = Object.keys(REGISTER_TYPES) as [RegisterType, ...RegisterType[]];
const KINDS = Object.keys(QUANTITIES) as [QuantityCode, ...QuantityCode[]];

const registerSchema = z.strictObject({
  name: z.string().min(1),
  key: z.string().regex(KEY, 'must be a token of 1 to 64 of A-Z a-z 0-9 _ -'),
  quantity: z.string().refine(isQuantityCode, { error: `must be one of ${KINDS.join(', ')}` }),
  functionCode: z.union([z.literal(1), z.literal(2), z.literal(3), z.literal(4)]),
  address: z.int().min(0).max(0xffff),
  type: z.enum(TYPES).default('uint16'),
  order: z.enum(['ABCD', 'CDAB', 'BADC', 'DCBA']).default('ABCD'),
  scale: z
    .number()
    .refine((scale) => scale !== 0, 'must not be 0')
    .default(1),
  offset: z.number().default(0),
  sentinels: z.array(z.number()).default([]),
  counter: z
    .strictObject({
      modulus: z
        .int()
        .min(2)
        .max(2 ** 32),
    })
    .nullable()
    .default(null),
  plausible: z.strictObject({
    min: z.number(),
    max: z.number(),
    maxPerMinute: z.number().positive().nullable().default(null),
  }),
});

const profileSchema = z.strictObject({
  maker: z.string().min(1),
  model: z.string().min(1),
  name: z.strictObject({ zh: z.string().min(1), en: z.string().min(1) }),
  source: z.string().min(1),
  baudRate: z.int().min(300).max(4_000_000).default(9600),
  parity: z.enum(['none', 'even', 'odd']).default('none'),
  maxRegistersPerRead: z.int().min(1).max(MAX_REGISTERS).default(MAX_REGISTERS),
  timeoutMs: z.int().min(10).max(60_000).default(500),
  gapMs: z.int().min(0).max(10_000).default(0),
  registers: z.array(registerSchema).min(1),
});

type Path = readonly (string | number)[];
type Found = { readonly path: Path; readonly kind: string; readonly message: string; readonly mend?: string };

/** What the schema cannot say: how a register's fields go together. */
function checkRegister(register: z.infer<typeof registerSchema>, path: Path, maxPerRead: number): Found[] {
  const found: Found[] = [];
  const add = (key: string, kind: string, message: string, mend: string) =>
    found.push({ path: [...path, key], kind, message, mend });
  const { words } = REGISTER_TYPES[register.type];
  if (register.functionCode <= 2 && register.type !== 'uint16')
    add('type', 'bit-type', 'a coil or discrete input is one bit', 'write type: uint16');
  if (register.address + words > 0x10000)
    add('address', 'address', `${register.type} at ${register.address} passes register 65535`, 'lower the address');
  if (words > maxPerRead)
    add('type', 'read-size', `${register.type} needs ${words} registers in one read`, 'raise maxRegistersPerRead');
  if (register.plausible.min > register.plausible.max)
    add('plausible', 'range', 'min is above max', 'exchange min and max');
  const kind = QUANTITIES[register.quantity as QuantityCode].kind;
  if ((kind === 'increment') !== (register.counter !== null))
    add(
      register.counter === null ? 'quantity' : 'counter',
      'counter',
      kind === 'increment'
        ? `${register.quantity} is an amount since the previous reading`
        : `${register.quantity} is not counted`,
      kind === 'increment' ? 'give the counter with its modulus' : 'leave counter out',
    );
  if (register.counter !== null && (register.type === 'float32' || register.type.startsWith('int')))
    add('type', 'counter', `a counter cannot be ${register.type}`, 'take uint16, uint32 or bcd32');
  const top = register.type === 'uint16' ? 2 ** 16 : register.type === 'bcd32' ? 10 ** 8 : 2 ** 32;
  if (register.counter !== null && register.counter.modulus > top)
    add('counter', 'counter', `${register.type} wraps at ${top} at the latest`, `write modulus: ${top}`);
  return found;
}

function checkTogether(profile: z.infer<typeof profileSchema>): Found[] {
  const seen = new Set<string>();
  return profile.registers.flatMap((register, index) => {
    const found = checkRegister(register, ['registers', index], profile.maxRegistersPerRead);
    if (seen.has(register.key))
      found.push({
        path: ['registers', index, 'key'],
        kind: 'duplicate',
        message: `key ${register.key} is there twice`,
        mend: 'give every register a key of its own',
      });
    seen.add(register.key);
    return found;
  });
}

/** Line and column of the deepest part of the path that is there; of an unknown key, the key itself. */
function locator(text: string) {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (path: Path): { line: number; column: number } => {
    for (let length = path.length; length >= 0; length--) {
      const parent = document.getIn(path.slice(0, Math.max(0, length - 1)), true) as Node | undefined;
      const last = path[length - 1];
      const pair = isMap(parent)
        ? parent.items.find((item) => isPair(item) && isScalar(item.key) && item.key.value === last)
        : undefined;
      const key = pair?.key as Node | undefined;
      const node = key ?? (document.getIn(path.slice(0, length), true) as Node | undefined);
      if (length === 0 && document.contents === null) break;
      if (node?.range == null) continue;
      const { line, col } = lines.linePos(node.range[0]);
      return { line, column: col };
    }
    return { line: 1, column: 1 };
  };
  return { document, lines, at };
}

const pathText = (path: Path): string =>
  path.map((part, index) => (typeof part === 'number' ? `[${part}]` : index === 0 ? part : `.${part}`)).join('');

const profileId = (file: string): string => file.replace(/^.*[/\\]/, '').replace(/\.ya?ml$/, '');

/** Parses one profile; `file` names it (`devices/sl651-rain-gauge.yaml`) and stands in every finding. */
export function parseDeviceProfile(file: string, text: string): Result<DeviceProfile, readonly Lint[]> {
  const { document, lines, at } = locator(text);
  const lint = (found: Found, place = at(found.path)): Lint => ({
    file,
    ...place,
    path: pathText(found.path),
    kind: found.kind,
    message: found.message,
    ...(found.mend === undefined ? {} : { mend: found.mend }),
    severity: 'error',
  });
  if (document.errors.length > 0)
    return err(
      document.errors.map((error) => {
        const { line, col } = lines.linePos(error.pos[0]);
        return lint({ path: [], kind: 'yaml', message: error.message }, { line, column: col });
      }),
    );
  const id = profileId(file);
  const lints: Lint[] = [];
  if (!KEY.test(id))
    lints.push(lint({ path: [], kind: 'id', message: `the file name ${id} is no token`, mend: 'use A-Z a-z 0-9 _ -' }));
  const parsed = profileSchema.safeParse(document.toJS());
  if (!parsed.success) {
    for (const issue of parsed.error.issues) {
      const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));
      const keys = issue.code === 'unrecognized_keys' ? issue.keys : [undefined];
      for (const key of keys)
        lints.push(
          lint(
            key === undefined
              ? { path, kind: issue.code, message: issue.message }
              : { path: [...path, key], kind: 'unknown-key', message: `unknown key ${key}`, mend: 'remove it' },
          ),
        );
    }
    return err(lints);
  }
  lints.push(...checkTogether(parsed.data).map((found) => lint(found)));
  if (lints.length > 0) return err(lints);
  return ok({ ...parsed.data, id, registers: parsed.data.registers as readonly RegisterSpec[] });
}
