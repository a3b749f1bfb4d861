/** The shape of a device profile's file: what editors are given as JSON Schema, and what a profile is parsed by. */
import { z } from 'zod';
import { REGISTER_TYPES, type RegisterType } from '#model/device-profile.ts';
import { QUANTITIES, type QuantityCode } from '#model/quantity.ts';

/** Modbus application protocol 1.1b3, 6.1–6.4: registers and bits that one reply can carry. */
const MAX_REGISTERS = 125;
export const KEY = /^[A-Za-z0-9_-]{1,64}$/;
/** A key of a repeated register holds `{n}`, the number of the repetition. */
const KEY_PATTERN = /^(?=.{1,64}$)[A-Za-z0-9_-]*(\{n\})?[A-Za-z0-9_-]*$/;
const TYPES = Object.keys(REGISTER_TYPES) as [RegisterType, ...RegisterType[]];
const KINDS = Object.keys(QUANTITIES) as [QuantityCode, ...QuantityCode[]];

export const CATEGORIES = [
  'rain',
  'displacement',
  'tilt',
  'gnss',
  'level',
  'pressure',
  'smoke',
  'fire-panel',
  'fence',
  'siren',
  'relay',
  'weather',
  'soil',
] as const;

const about = <T extends z.ZodType>(schema: T, description: string): T => schema.describe(description);
const word = z.int().min(0).max(0xffff);
const functionCode = z.union([z.literal(1), z.literal(2), z.literal(3), z.literal(4)]);
const codeKey = z.string().regex(/^-?\d+$/, 'must be a whole number');

export const registerSchema = z.strictObject({
  name: about(z.string().min(1), "The name in the maker's manual; {n} is the number of a repetition"),
  key: about(z.string().regex(KEY_PATTERN, 'must be a token of 1 to 64 of A-Z a-z 0-9 _ -'), 'What a sensor names'),
  quantity: z.enum(KINDS, { error: `must be one of ${KINDS.join(', ')}` }),
  functionCode: about(functionCode, '1 coil, 2 discrete input, 3 holding register, 4 input register'),
  address: about(word, 'Zero-based, as it stands on the wire'),
  type: z.enum(TYPES).default('uint16'),
  order: about(
    z.enum(['ABCD', 'CDAB', 'BADC', 'DCBA']).default('ABCD'),
    'Bytes of the value as they stand on the wire; ABCD is big-endian, CDAB has the low word first',
  ),
  scale: about(
    z
      .number()
      .refine((scale) => scale !== 0, 'must not be 0')
      .default(1),
    "Value in the quantity's unit = raw × scale + offset",
  ),
  offset: z.number().default(0),
  bits: about(
    z.strictObject({ mask: z.int().min(1).max(0xffff_ffff), shift: z.int().min(0).max(31) }).optional(),
    'A field of an unsigned register: (register & mask) >>> shift',
  ),
  codes: about(
    z.record(codeKey, z.number()).optional(),
    'Code of the device → what it stands for; a code that is not listed is no value',
  ),
  decimals: about(
    z.strictObject({ address: word, usual: z.int().min(0).max(9) }).optional(),
    'The register that says by which power of ten the value is divided, and what it holds from the works',
  ),
  sentinels: about(z.array(z.number()).default([]), 'Raw numbers that mean "no value"'),
  counter: about(
    z
      .strictObject({
        modulus: z.int().min(2).max(Number.MAX_SAFE_INTEGER),
        reset: z.enum(['zero', 'never']).optional(),
      })
      .nullable()
      .default(null),
    'A counter: the reading is the increment. modulus: where the count wraps; reset: what a fall is that is no wrap',
  ),
  write: about(
    z
      .strictObject({
        functionCode: z.union([z.literal(5), z.literal(6), z.literal(15), z.literal(16)]),
        on: word,
        off: word,
      })
      .optional(),
    'An output. on and off: 1 and 0 for a coil, what is written for a register',
  ),
  plausible: z.strictObject({
    min: z.number(),
    max: z.number(),
    maxPerMinute: z.number().positive().nullable().default(null),
  }),
  flatAfterMs: about(z.int().min(1_000).optional(), 'A value that does not move at all for so long is doubted'),
  spike: about(z.number().positive().optional(), 'The largest step that is believed before it is confirmed'),
  repeat: about(
    z.strictObject({ count: z.int().min(2).max(1_000), step: z.int().min(1).max(1_000).default(1) }).optional(),
    'The register stands count times, every step registers; {n} in name and key counts from 1',
  ),
});

const hex = z.string().regex(/^([0-9A-Fa-f]{2} ?){4,}$/, 'must be bytes in hexadecimal');
const exampleSchema = z.strictObject({
  request: hex,
  reply: hex,
  values: about(
    z.record(z.string(), z.number().nullable()).optional(),
    "Every register that the request covers, in its quantity's unit; null where the device says that it has none",
  ),
  writes: about(z.record(z.string(), z.enum(['on', 'off'])).optional(), 'The output that the request switches'),
  from: about(z.string().min(10), 'Where the frame is printed; or what it was built from, and that it was built'),
  built: about(z.boolean().default(false), 'True when the source gives values or a map and not the whole frame'),
});

export const profileSchema = z.strictObject({
  maker: z.string().min(1),
  model: z.string().min(1),
  name: z.strictObject({ zh: z.string().min(1), en: z.string().min(1) }),
  category: z.enum(CATEGORIES),
  verified: about(
    z.boolean(),
    'True when the map was read in the named source; what remains open there says "(confirm at the unit)"',
  ),
  source: about(z.string().min(1), 'Manual, standard or public driver, with page, section or path and commit'),
  unitId: about(z.int().min(1).max(255).default(1), 'From the works'),
  baudRate: z.int().min(300).max(4_000_000).default(9600),
  parity: z.enum(['none', 'even', 'odd']).default('none'),
  maxRegistersPerRead: z.int().min(1).max(MAX_REGISTERS).default(MAX_REGISTERS),
  wholeBytes: about(z.boolean().optional(), 'The unit answers to coils and inputs by whole bytes only'),
  alive: about(
    z
      .strictObject({
        functionCode: z.union([z.literal(3), z.literal(4)]),
        address: word,
        count: z.int().min(1).max(8).default(1),
        withinMs: z.int().min(1_000).max(86_400_000),
      })
      .optional(),
    'Registers that move while the device measures; values are not taken when they have stood still for longer',
  ),
  timeoutMs: z.int().min(10).max(60_000).default(500),
  gapMs: z.int().min(0).max(10_000).default(0),
  identity: about(
    z.array(z.strictObject({ functionCode, address: word, words: z.array(word).min(1).max(16) })).default([]),
    'What only this model holds: a scan recognises it by that',
  ),
  registers: z.array(registerSchema).min(1),
  examples: z.array(exampleSchema).default([]),
});

export type ProfileRow = z.infer<typeof profileSchema>;
export type RegisterRow = z.infer<typeof registerSchema>;
export type ExampleRow = z.infer<typeof exampleSchema>;

const LINE_WIDTH = 120;

/** Short lists on one line, as the formatter of this repository writes them. */
const collapseLists = (json: string): string =>
  json.replace(
    /^( *(?:"[^"]*": )?)\[\n([^[\]{}]*?)\n *\](,?)$/gm,
    (whole, start: string, inner: string, comma: string) => {
      const line = `${start}[${inner
        .split('\n')
        .map((part) => part.trim())
        .join(' ')}]${comma}`;
      return line.length <= LINE_WIDTH ? line : whole;
    },
  );

/** Draft-07, which editors' YAML servers understand; committed as `devices/profile.schema.json`. */
export function profileJsonSchema(): string {
  const schema = z.toJSONSchema(profileSchema, { target: 'draft-7', io: 'input' });
  return `${collapseLists(JSON.stringify({ ...schema, title: 'Fengsui device profile' }, null, 2))}\n`;
}
