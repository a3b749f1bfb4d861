/** Every frame that was published with SL 651 or seen in the field decodes as written down, or is refused. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { decodeSl651, sl651Json } from '#edge/sl651/report.ts';
import { beijingDigits } from '#edge/sl651/time.ts';

type Vector = {
  readonly hex: string;
  readonly len: number;
  readonly dir: 'up' | 'down';
  readonly center: number;
  readonly station: string;
  readonly password: string;
  readonly func: string;
  readonly crc_ok: boolean;
  readonly serial?: number;
  readonly sendTime?: string;
  readonly pkg_total?: number;
  readonly pkg_no?: number;
  readonly stationType?: string;
  readonly events?: readonly number[];
  readonly items?: readonly (readonly [string, string | readonly (number | null)[]])[];
};

const shared = process.env['FENGSUI_SHARED'];
const folder =
  shared === undefined
    ? new URL('../../../shared/vectors/sl651/', import.meta.url).pathname
    : join(shared, 'vectors', 'sl651');
const files = ['doc.jsonl', 'yx.jsonl'].map((name) => join(folder, name)).filter((path) => existsSync(path));
const vectors = files.flatMap((path) =>
  readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Vector),
);

/** The items as the vectors write them: one line a stamp or element, F4 and F5 as twelve values. */
function expectedItems(vector: Vector): unknown[] {
  let stamp: string | null = null;
  const out: unknown[] = [];
  for (const [id, value] of vector.items ?? []) {
    if (id === 'OBS') stamp = String(value);
    else if (Array.isArray(value)) {
      for (const [index, one] of value.entries()) out.push([id, one, index]);
    } else {
      const name = id === 'STEP dhm' ? '04' : id;
      const text = String(value).replace('NONBCD:', '');
      const asText = ['04', 'CFG', 'F2', 'F3', '45'].includes(name) || String(value).startsWith('NONBCD');
      out.push([name, asText ? text : Number(text), stamp]);
    }
  }
  return out;
}

describe.skipIf(vectors.length === 0)('the published frames of SL 651', () => {
  test('there are fifty of them', () => expect(vectors.length).toBe(50));

  for (const [index, vector] of vectors.entries()) {
    const name = `frame ${index + 1}: ${vector.dir} ${vector.func} of ${vector.station}`;
    test(`${name} ${vector.crc_ok ? 'decodes as it is written down' : 'is refused for its checksum'}`, () => {
      if (!vector.crc_ok) {
        const refused = decodeSl651(Buffer.from(vector.hex, 'hex'));
        expect(refused).toMatchObject({ ok: false, error: { kind: 'crc', offset: vector.len - 2 } });
        return;
      }
      const decoded = decodeSl651(Buffer.from(vector.hex, 'hex'));
      if (!decoded.ok) throw new Error(`${decoded.error.message} at ${decoded.error.offset}`);
      const { frame, report } = decoded.value;
      expect(frame).toMatchObject({
        ...{ direction: vector.dir, centre: vector.center, station: vector.station },
        ...{ password: vector.password, func: vector.func, length: vector.len },
      });
      expect(report.serial).toBe(vector.serial ?? null);
      if (vector.sendTime !== undefined) expect(beijingDigits(report.sendTimeMs ?? 0)).toBe(vector.sendTime);
      expect(frame.packet?.total).toBe(vector.pkg_total);
      expect(frame.packet?.sequence).toBe(vector.pkg_no);
      if (vector.stationType !== undefined) expect(report.stationClass).toBe(vector.stationType);
      expect(report.events).toEqual(vector.events ?? []);
      const json = sl651Json(frame, report);
      let hour = 0;
      const got = json.items.map(({ id, value, observedAt }) => {
        if (id === 'F4' || id === 'F5') return [id, value, hour++ % 12];
        const stamp = observedAt === null ? null : observedAt.replace(/\D/g, '').slice(2, 12);
        return [id, value, stamp];
      });
      expect(got).toEqual(expectedItems(vector));
    });
  }
});
