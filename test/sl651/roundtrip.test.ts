/** Whatever a station can say in either form is read as it was meant. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeSl651, sl651Json } from '#edge/sl651/report.ts';
import { beijingIso } from '#edge/sl651/time.ts';
import { encodeReport } from '#simulators/sl651/encode.ts';
import { identity, MINUTE } from './support.ts';

const START = Date.UTC(2026, 0, 1);

/** A decimal text of at most six digits, or missing. */
const value = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(fc.integer({ min: -99_999, max: 999_999 }), fc.constantFrom(0, 1, 2, 3)) },
  { weight: 1, arbitrary: fc.constant(null) },
);
const text = (raw: readonly [number, number] | null): string | null => {
  if (raw === null) return null;
  const [digits, decimals] = raw;
  const whole = String(Math.abs(digits)).padStart(decimals + 1, '0');
  const cut = whole.length - decimals;
  return `${digits < 0 ? '-' : ''}${whole.slice(0, cut)}${decimals === 0 ? '' : `.${whole.slice(cut)}`}`;
};

const groups = fc.array(
  fc.record({
    minute: fc.integer({ min: 0, max: 500_000 }),
    elements: fc.array(fc.tuple(fc.constantFrom('20', '26', '39', '3B', '38'), value), { maxLength: 6 }),
    rainHour: fc.option(fc.array(fc.option(fc.integer({ min: 0, max: 254 })), { minLength: 12, maxLength: 12 }), {
      nil: undefined,
    }),
  }),
  { minLength: 1, maxLength: 4 },
);

test.each(['hex', 'ascii'] as const)('reports in %s', (form) => {
  fc.assert(
    fc.property(groups, fc.integer({ min: 1, max: 65_535 }), (drawn, serial) => {
      const frame = encodeReport(identity({ form }), {
        ...{ func: '32', serial, sendTimeMs: START },
        groups: drawn.map(({ minute, elements, rainHour }) => ({
          observedAtMs: START + minute * MINUTE,
          elements: elements.map(([id, raw]) => ({ id, value: text(raw), bytes: 4 })),
          ...(rainHour === undefined ? {} : { rainHour }),
        })),
      });
      const decoded = decodeSl651(frame);
      if (!decoded.ok) throw new Error(`${decoded.error.message} at ${decoded.error.offset}`);
      const json = sl651Json(decoded.value.frame, decoded.value.report);
      expect(json).toMatchObject({ func: '32', station: '0012345678', serial });
      const expected = drawn.flatMap(({ minute, elements, rainHour }) => {
        const at = (slot: number) => beijingIso(START + (minute + slot * 5) * MINUTE);
        const hour = (rainHour ?? []).map((tenths, slot) => ({
          ...{ id: 'F4', value: tenths === null ? null : tenths / 10, observedAt: at(slot) },
        }));
        const rest = elements.map(([id, raw]) => ({
          id,
          value: raw === null ? null : Number(text(raw)),
          observedAt: at(0),
        }));
        return [...hour, ...rest];
      });
      // -0 is a number that a station can write and that nobody means.
      expect(json.items.map((item) => ({ ...item, value: item.value === 0 ? 0 : item.value }))).toEqual(
        expected.map((item) => ({ ...item, value: item.value === 0 ? 0 : item.value })),
      );
    }),
    { numRuns: 300, verbose: 1 },
  );
});
