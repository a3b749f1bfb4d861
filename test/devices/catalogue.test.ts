/** Every profile against the bytes of its source: decoded as the edge does, and encoded back as the simulator does. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { profileJsonSchema, profileSchema } from '#cli/load/device-schema.ts';
import type { DeviceFile } from '#cli/load/devices.ts';
import { decodeRegister } from '#edge/modbus/decode.ts';
import { buildRequest, type ReadRequest, scanReply } from '#edge/modbus/frame.ts';
import { planReads } from '#edge/modbus/plan.ts';
import { type RegisterSpec, spanOf } from '#model/device-profile.ts';
import { placeRaw, rawOf } from '#simulators/registers.ts';
import { bytesOf, catalogue, covers, parseRequest, replyOf } from '#test/devices/support.ts';

const files = catalogue();
const isReal = ({ verified }: DeviceFile): boolean => verified;
type Example = DeviceFile['examples'][number];

/** The numbers of two floats agree to their 24 bits. */
const isSame = (a: number, b: number): boolean => Math.abs(a - b) <= Math.abs(a) * 2e-5 + 1e-9;

function wordsOfReply(request: ReadRequest, example: Example): readonly number[] {
  const scan = scanReply(request, bytesOf(example.reply));
  if (scan.kind !== 'reply') throw new Error(`${example.reply} is no reply to ${example.request}: ${scan.kind}`);
  expect(scan.length).toBe(bytesOf(example.reply).length);
  return scan.words;
}

/** What the simulator puts on the wire for the decoded values; words of no register stay as the source has them. */
function encodeBack(
  request: ReadRequest,
  words: readonly number[],
  read: readonly {
    readonly spec: RegisterSpec;
    readonly value: number | null;
    readonly decimals: number | undefined;
  }[],
): Uint8Array {
  const out = [...words];
  for (const { spec, value, decimals } of read) {
    const raw = value === null ? spec.sentinels[0] : rawOf(spec, value, decimals);
    // A NaN has no sentinel to be written from.
    if (raw === undefined) continue;
    const placed =
      request.functionCode <= 2 ? { address: spec.address, words: [raw], masks: [1] } : placeRaw(spec, raw, decimals);
    placed.words.forEach((word, index) => {
      const at = placed.address + index - request.address;
      const mask = placed.masks[index] ?? 0;
      out[at] = ((out[at] ?? 0) & ~mask) | (word & mask);
    });
  }
  return replyOf(request, out);
}

function checkRead(file: DeviceFile, example: Example, request: ReadRequest): number {
  const words = wordsOfReply(request, example);
  const inside = file.profile.registers.filter((spec) => covers(request, spec, spanOf(spec)));
  expect(Object.keys(example.values ?? {}).sort()).toEqual(inside.map(({ key }) => key).sort());
  const read = inside.map((spec) => {
    const span = spanOf(spec);
    const own = words.slice(span.address - request.address, span.address - request.address + span.count);
    const decoded = decodeRegister(spec, own);
    const value = decoded.ok ? decoded.value.number * spec.scale + spec.offset : null;
    const wanted = example.values?.[spec.key] ?? null;
    if (wanted === null || value === null) expect([spec.key, value]).toEqual([spec.key, wanted]);
    else if (!isSame(wanted, value)) expect([spec.key, value]).toEqual([spec.key, wanted]);
    const decimals = spec.decimals === undefined ? undefined : own[spec.decimals.address - span.address];
    return { spec, value, decimals };
  });
  expect(Buffer.from(encodeBack(request, words, read)).toString('hex')).toBe(
    Buffer.from(bytesOf(example.reply)).toString('hex'),
  );
  return inside.length;
}

function checkWrite(file: DeviceFile, example: Example): number {
  const writes = Object.entries(example.writes ?? {});
  for (const [key, state] of writes) {
    const spec = file.profile.registers.find((candidate) => candidate.key === key);
    const write = spec?.write;
    if (spec === undefined || write === undefined) throw new Error(`${key} is no output`);
    const value = write[state];
    const unitId = bytesOf(example.request)[0] ?? 0;
    const wire = write.functionCode === 5 ? value * 0xff00 : value;
    const request = { unitId, functionCode: write.functionCode, address: spec.address, value: wire };
    expect(Buffer.from(buildRequest(request)).toString('hex')).toBe(
      Buffer.from(bytesOf(example.request)).toString('hex'),
    );
    expect(scanReply(request, bytesOf(example.reply)).kind).toBe('reply');
  }
  return writes.length;
}

describe('the device catalogue', () => {
  const examples = files.flatMap((file) =>
    file.examples.map((example, index) => [`${file.profile.id} example ${index + 1}`, file, example] as const),
  );

  it.each(examples)('%s is decoded, and encoded back into the same bytes', (_, file, example) => {
    const request = parseRequest(bytesOf(example.request));
    if (typeof request === 'string') throw new Error(`${example.request}: ${request}`);
    const looked = 'count' in request ? checkRead(file, example, request) : checkWrite(file, example);
    expect(looked).toBeGreaterThan(0);
  });

  it('covers every kind of device, in enough real models, orders, types and functions', () => {
    const registers = files.flatMap(({ profile }) => profile.registers);
    const printed = examples.filter(([, , { built }]) => !built).length;
    const real = files.filter(isReal);
    // Two profiles of one board are one model.
    const models = new Set(
      real
        .filter((file) => file.examples.some(({ built }) => !built))
        .map(({ profile: { maker, model } }) => `${maker} ${model}`),
    );
    console.log(
      `looked at ${files.length} device profiles (${real.length} read in a named source, ${files.length - real.length} to be confirmed at the unit) ` +
        `with ${registers.length} registers and ${examples.length} example frames (${printed} as printed or recorded, ${examples.length - printed} built from a printed map); ` +
        `${models.size} models have request and reply as their source prints or records them`,
    );
    expect(models.size).toBeGreaterThanOrEqual(12);
    expect(real.length).toBeGreaterThanOrEqual(26);
    expect(registers.length).toBeGreaterThanOrEqual(160);
    expect(examples.length).toBeGreaterThanOrEqual(48);
    expect(printed).toBeGreaterThanOrEqual(19);
    const kinds = new Set(real.map(({ category }) => category));
    for (const kind of [
      'rain',
      'displacement',
      'tilt',
      'level',
      'pressure',
      'smoke',
      'fire-panel',
      'fence',
      'siren',
      'relay',
      'soil',
    ])
      expect([...kinds]).toContain(kind);
    // Ways to measure that a category does not tell apart: a float beside radar and pressure, a wire beside a laser.
    expect(real.map(({ profile }) => profile.id)).toEqual(
      expect.arrayContaining(['pokcenser-pwl-m200', 'briter-brt38-3m', 'freesun-pull-wire']),
    );
    const forms = new Set(
      real.map(({ profile }) =>
        [...new Set(profile.registers.map(({ functionCode, type, order }) => `${functionCode} ${type} ${order}`))]
          .sort()
          .join(),
      ),
    );
    console.log(`they differ in ${forms.size} combinations of function code, type and byte order`);
    expect(forms.size).toBeGreaterThanOrEqual(6);
  });

  it('proves every real profile by at least one example, and says what is open in the others', () => {
    const { length } = files.filter(isReal);
    for (const { profile, examples: frames } of files.filter(isReal))
      expect([profile.id, frames.length > 0]).toEqual([profile.id, true]);
    const open = files.filter((file) => !isReal(file));
    for (const { profile } of open) expect(profile.source).toMatch(/[Cc]onfirm/);
    expect(length + open.length).toBe(files.length);
  });

  it('is planned into reads that respect each model, and can be asked for in one cycle', () => {
    let requests = 0;
    for (const { profile, unitId } of files) {
      const sensors = profile.registers.map(({ key }) => ({ sensorId: key, register: key }));
      const reads = planReads({ unitId, profile: profile.id, sensors }, profile);
      expect(reads.flatMap(({ sensors: planned }) => planned)).toHaveLength(profile.registers.length);
      for (const { request } of reads)
        if (request.functionCode >= 3) expect(request.count).toBeLessThanOrEqual(profile.maxRegistersPerRead);
      requests += reads.length;
    }
    console.log(`${files.length} profiles are read by ${requests} requests`);
    expect(requests).toBeGreaterThanOrEqual(files.length);
  });

  it('asks a board that knows whole bytes only as its maker prints it', () => {
    const file = files.find(({ profile }) => profile.id === 'novabo-modbusrtu-sqr-2');
    if (file === undefined) throw new Error('no such profile');
    const sensors = [{ sensorId: 'sump', register: 'alarm' }];
    const [read] = planReads({ unitId: 255, profile: file.profile.id, sensors }, file.profile);
    if (read === undefined) throw new Error('nothing planned');
    expect(Buffer.from(buildRequest(read.request))).toEqual(Buffer.from(bytesOf(file.examples[0]?.request ?? '')));
    // A bit further up keeps its place in the answer.
    const far = { ...file.profile, registers: file.profile.registers.map((spec) => ({ ...spec, address: 13 })) };
    const [second] = planReads({ unitId: 255, profile: far.id, sensors }, far);
    expect([second?.request.address, second?.request.count, second?.sensors[0]?.at]).toEqual([8, 8, 5]);
  });

  it('holds ranges in which its own examples are believed, or is told why not', () => {
    let looked = 0;
    for (const { profile, examples: frames } of files)
      for (const { values = {} } of frames)
        for (const [key, value] of Object.entries(values)) {
          const spec = profile.registers.find((candidate) => candidate.key === key);
          // The range of a counter is that of its increments.
          if (spec === undefined || value === null || spec.counter !== null) continue;
          expect([profile.id, key, value >= spec.plausible.min && value <= spec.plausible.max]).toEqual([
            profile.id,
            key,
            true,
          ]);
          looked++;
        }
    expect(looked).toBeGreaterThanOrEqual(30);
  });
});

describe('the JSON Schema for editors', () => {
  const read = (name: string) => readFileSync(new URL(`../../devices/${name}`, import.meta.url), 'utf8');

  it('is committed as the command prints it, names every field, and refuses what it does not know', () => {
    expect(read('profile.schema.json')).toBe(profileJsonSchema());
    const schema = JSON.parse(profileJsonSchema());
    expect(schema.$schema).toContain('draft-07');
    expect(Object.keys(schema.properties).sort()).toEqual(Object.keys(profileSchema.shape).sort());
    expect(schema.additionalProperties).toBe(false);
    expect(schema.properties.registers.items.additionalProperties).toBe(false);
  });

  it('is named in the first line of every profile', () => {
    for (const { profile } of files)
      expect([profile.id, read(`${profile.id}.yaml`).split('\n')[0]]).toEqual([
        profile.id,
        '# yaml-language-server: $schema=./profile.schema.json',
      ]);
  });
});
